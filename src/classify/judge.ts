/**
 * From a net's answers to words: each eye, both eyes of a face, and what they mean for a photo.
 */
import type { EyeAnswer, EyesState, EyeState } from '../core/eye.js';
import type { PerEye } from '../core/face.js';
import type { Strictness, Verdict } from '../core/verdict.js';
import { eyeChances, faceChances, type Calibration, type EyeSize } from './calibration.js';
import type { EyeMeasurement, EyesMeasurement } from './measurement.js';
import type { EyeThresholds } from './thresholds.js';

/** An eye of which it is less likely than this that it can be seen is `unknown`. */
const visibleFrom = 0.5;

/** A face that winks more likely than not has one eye closed, however doubtful it is which of the two words each eye deserves. */
const winkFrom = 0.5;

/** From this turn on (`headTurn`) the tip of the nose is level with the outer corner of the far eye: a profile. */
const profileFrom = 1;

/** State of an eye from its chance of being open, 0 to 1. */
export function eyeState(open: number, thresholds: EyeThresholds): EyeState {
  if (open < thresholds.closed_below) return 'closed';
  if (open > thresholds.open_above) return 'open';
  return 'unsure';
}

/**
 * State of a face's eyes. The worse eye decides (ISO/IEC 29794-5 judges faces so); an eye that cannot be seen leaves
 * the decision to the other. Beside a closed eye, one that is `unsure` counts as what it is more likely to be.
 */
export function eyesState(left: EyeMeasurement, right: EyeMeasurement): EyesState {
  const seen = [left, right].filter(({ state }) => state !== 'unknown');
  if (seen.length === 0) return 'unknown';
  if (seen.some(({ state }) => state === 'closed')) {
    return seen.some(({ state, open = 0 }) => state !== 'closed' && open >= 0.5) ? 'one_closed' : 'closed';
  }
  return seen.some(({ state }) => state === 'unsure') ? 'unsure' : 'open';
}

/**
 * The eyes of a face.
 * @param eyes each by itself, as `eyeChances` gives it; one that was not looked at is left out
 * @param turn how far the head is turned, 0 frontal to 1
 * @param reasons why an eye was not looked at
 */
export function judgeEyes(
  pair: Calibration['pair'], eyes: PerEye<EyeAnswer>, thresholds: EyeThresholds, turn: number, reasons: PerEye<string> = {},
): EyesMeasurement {
  const chances = faceChances(pair, eyes);
  const judge = (side: 'left' | 'right'): EyeMeasurement => {
    const [open, visible, reason] = [chances.open[side], chances.visible[side], reasons[side]];
    if (open === undefined || visible === undefined) return { state: 'unknown', ...(reason === undefined ? {} : { reason }) };
    if (visible < visibleFrom) return { state: 'unknown', visible };
    return { state: eyeState(open, thresholds), open, visible };
  };
  const [left, right] = [judge('left'), judge('right')];
  const winks = chances.wink > winkFrom && left.open !== undefined && right.open !== undefined;
  return {
    state: winks ? 'one_closed' : eyesState(left, right), closed: chances.closed * chances.seen, profile: turn >= profileFrom, left, right,
  };
}

/**
 * A face or a photo that was looked at as a whole: its eyes are not told apart.
 * @param answer the net's; absent where nothing was looked at
 * @param size how wide an eye would be whose crop is as wide, and how far the head is turned
 */
export function judgeWhole(
  calibration: Calibration, answer: EyeAnswer | undefined, size: EyeSize, thresholds: EyeThresholds,
): EyesMeasurement {
  const eyes = answer === undefined ? {} : { left: eyeChances(calibration, answer, size) };
  const { profile, left: { state, open, visible = 0 } } = judgeEyes(calibration.pair, eyes, thresholds, size.turn);
  return { state, closed: open === undefined ? 0 : (1 - open) * visible, profile, left: { state: 'unknown' }, right: { state: 'unknown' } };
}

/**
 * From which chance on that a face which counts has its lids down a photo is to be reviewed, and rejected: chosen on the group photos
 * of wider_val (docs/eyes.md), of which faces that nobody could judge take part in the chance.
 */
const photoLimits: Readonly<Record<Strictness, { readonly review: number; readonly reject: number }>> = {
  lenient: { review: 0.6, reject: 0.98 },
  normal: { review: 0.45, reject: 0.95 },
  strict: { review: 0.2, reject: 0.8 },
};

/**
 * What a photo's eyes make of it: its chance that somebody who counts has the lids down, as if faces were independent. A wink
 * may be meant: it is never rejected, only looked at. Eyes that nobody can see, and a person in profile, do not speak against a photo.
 * @param faces those that count
 */
export function weighEyes(faces: readonly EyesMeasurement[], strictness: Strictness): Verdict {
  const facing = faces.filter(({ profile }) => !profile);
  const nobody = facing.reduce((chance, { closed }) => chance * (1 - closed), 1);
  const { review, reject } = photoLimits[strictness];
  if (1 - nobody >= reject) return 'reject';
  const winks = strictness !== 'lenient' && facing.some(({ state }) => state === 'one_closed');
  return 1 - nobody >= review || winks ? 'review' : 'keep';
}
