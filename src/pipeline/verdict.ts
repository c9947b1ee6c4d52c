/**
 * The verdict of a photo, from what the stages say of its faces.
 */
import { numberedReasons } from '../core/face-reason.js';
import type { FaceResult } from '../core/result.js';
import type { Measurements } from '../core/measurements.js';
import { strictest, type Reason, type Strictness, type Verdict } from '../core/verdict.js';
import { faceStages } from './face-stages.js';

/** What is said about a face, worst first; of what is equally bad, in the order of the stages. */
export function faceReasons(measured: Measurements): Reason[] {
  const rank = ({ verdict }: Reason): number => ['reject', 'review', 'keep'].indexOf(verdict);
  return faceStages.flatMap((stage) => stage.reasons(measured)).sort((a, b) => rank(a) - rank(b));
}

/** A photo's verdict and what led to it. */
export interface PhotoVerdict {
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
}

/**
 * Verdict of a photo: the strictest of what each stage makes of the faces that count. Without a face, someone has to look.
 * @param faces largest first
 */
export function photoVerdict(faces: readonly FaceResult[], strictness: Strictness): PhotoVerdict {
  if (faces.length === 0) return { verdict: 'review', reasons: ['no face found'] };
  const deciding = faces.filter((face) => !face.bystander);
  return { verdict: strictest(faceStages.map((stage) => stage.weigh(deciding, strictness))), reasons: numberedReasons(faces.map(saidOf)) };
}

/** The verdict of a photo of which a part is not what the camera saw: someone has to look, whatever the rest of it shows. */
export function withDamage(judged: PhotoVerdict, damage: string | undefined): PhotoVerdict {
  return damage === undefined ? judged : { verdict: 'review', reasons: ['photo damaged', ...judged.reasons] };
}

/**
 * A photo on which there may be more people than were found says down to which size faces were looked for: one with a face less
 * than twice as large. The verdict stays, for it is about who was found.
 * @param limit px of the full-size photo, width of a face's box
 */
export function withLimit(judged: PhotoVerdict, faces: readonly FaceResult[], limit: number): PhotoVerdict {
  if (!faces.some(({ box }) => box.width < 2 * limit)) return judged;
  return { ...judged, reasons: [...judged.reasons, `faces below ${String(Math.round(limit))} px not looked for`] };
}

/** What is said of a face that decides. */
function saidOf({ bystander, reasons }: FaceResult): string[] {
  return bystander ? [] : reasons.map(({ text }) => text);
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
