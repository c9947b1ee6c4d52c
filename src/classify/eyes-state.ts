/**
 * From probabilities to words: the state of an eye, and that of both eyes of a face.
 */
import type { EyesState, EyeState } from '../core/eye.js';
import type { EyeThresholds } from './thresholds.js';

/** What is known of an eye: its state and, where it is seen, the probability that it is open, 0 to 1. */
export interface SeenEye {
  readonly state: EyeState;
  readonly open?: number | undefined;
}

/** State of an eye from its probability of being open, 0 to 1. */
export function eyeState(open: number, thresholds: EyeThresholds): EyeState {
  if (open < thresholds.closed_below) return 'closed';
  if (open > thresholds.open_above) return 'open';
  return 'unsure';
}

/**
 * State of a face's eyes. The worse eye decides (ISO/IEC 29794-5 judges faces so); an eye that cannot be seen leaves
 * the decision to the other. Beside a closed eye, one that is `unsure` counts as what it is more likely to be.
 */
export function eyesState(left: SeenEye, right: SeenEye): EyesState {
  const seen = [left, right].filter(({ state }) => state !== 'unknown');
  if (seen.length === 0) return 'unknown';
  if (seen.some(({ state }) => state === 'closed')) {
    return seen.some(({ state, open = 0 }) => state !== 'closed' && open >= 0.5) ? 'one_closed' : 'closed';
  }
  return seen.some(({ state }) => state === 'unsure') ? 'unsure' : 'open';
}
