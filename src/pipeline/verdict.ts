/**
 * The rules that turn measurements into words: eye probabilities into states, faces into a photo's verdict.
 */
import type { BlurScore } from '../blur/types.js';
import type { EyesState, EyeState } from '../core/eye.js';
import type { FaceResult, Verdict } from '../core/result.js';

/** The band of probabilities between which an eye is `unsure`. */
export interface EyeThresholds {
  readonly closed_below: number;
  readonly open_above: number;
}

/** What is known of an eye: its state and, where it is seen, the probability that it is open. */
export interface JudgedEye {
  readonly state: EyeState;
  readonly open: number | undefined;
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
export function eyesState(left: JudgedEye, right: JudgedEye): EyesState {
  const seen = [left, right].filter(({ state }) => state !== 'unknown');
  if (seen.length === 0) return 'unknown';
  if (seen.some(({ state }) => state === 'closed')) {
    return seen.some(({ state, open = 0 }) => state !== 'closed' && open >= 0.5) ? 'one_closed' : 'closed';
  }
  return seen.some(({ state }) => state === 'unsure') ? 'unsure' : 'open';
}

/** What speaks against a face, worst first, in a photographer's words. Empty: nothing does. */
export function faceReasons(eyes: EyesState, blur: BlurScore, unknownReason: string | undefined): string[] {
  const reasons: string[] = [];
  if (eyes === 'closed') reasons.push('eyes closed');
  if (blur.verdict === 'blurred') reasons.push('face blurred');
  if (eyes === 'one_closed') reasons.push('one eye closed');
  if (eyes === 'unsure') reasons.push('eyes may be closed');
  if (eyes === 'unknown') reasons.push(unknownReason === undefined ? 'eyes not visible' : `eyes not visible: ${unknownReason}`);
  if (blur.verdict === 'unsure') reasons.push(`sharpness unsure${blur.doubt === undefined ? '' : `: ${blur.doubt}`}`);
  return reasons;
}

/** A photo's verdict and what led to it. */
export interface PhotoVerdict {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
}

/**
 * Verdict of a photo: that of its worst face, bystanders apart. Without a face, someone has to look.
 * @param faces largest first
 */
export function photoVerdict(faces: readonly FaceResult[]): PhotoVerdict {
  if (faces.length === 0) return { verdict: 'review', reasons: ['no face found'] };
  const deciding = faces.filter((face) => !face.bystander);
  const verdicts = deciding.map(faceVerdict);
  const verdict = verdicts.includes('reject') ? 'reject' : verdicts.includes('review') ? 'review' : 'keep';
  return { verdict, reasons: numberedReasons(faces) };
}

/** The verdict of a photo of which a part is not what the camera saw: someone has to look, whatever the rest of it shows. */
export function withDamage(judged: PhotoVerdict, damage: string | undefined): PhotoVerdict {
  return damage === undefined ? judged : { verdict: 'review', reasons: ['photo damaged', ...judged.reasons] };
}

function faceVerdict(face: FaceResult): Verdict {
  if (face.eyes === 'closed' || face.blur.verdict === 'blurred') return 'reject';
  return face.reasons.length > 0 ? 'review' : 'keep';
}

/** The deciding faces' reasons; which face is said only where there are several. */
function numberedReasons(faces: readonly FaceResult[]): string[] {
  const single = faces.length === 1;
  return faces.flatMap((face, index) =>
    face.bystander ? [] : face.reasons.map((reason) => (single ? reason : `face ${index + 1}: ${reason}`)));
}

/**
 * Whether a face is too small beside the photo's largest to decide about it.
 * @param area px^2 of the face
 * @param largest px^2 of the photo's largest face
 * @param minRelativeArea share of the largest face's area, 0 to 1, from which a face counts
 */
export function isBystander(area: number, largest: number, minRelativeArea: number): boolean {
  return area < largest * minRelativeArea;
}
