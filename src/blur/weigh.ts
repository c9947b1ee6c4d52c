/**
 * What soft faces make of a photo: one soft head in a row of twenty-four is a reason to look, not to throw it away.
 */
import { strictest, type Strictness, type Verdict } from '../core/verdict.js';
import type { BlurScore } from './measurement.js';

/** The softness of a photo, 0 to 1, from which it is rejected, and above which someone has to look. */
const limits: Readonly<Record<Exclude<Strictness, 'strict'>, { readonly reject: number; readonly review: number }>> = {
  normal: { reject: 0.5, review: 0 },
  lenient: { reject: 0.75, review: 0.2 },
};
/** What a face that is unsure adds to the softness. */
const unsureSoftness = 0.25;

/**
 * The verdict of a photo by the sharpness of the faces that count.
 *
 * `strict`: the worst of them decides. Else the photo's softness does, the mean over its faces of 0 for a sharp one, 1/4 for
 * one that is unsure, 1/2 for one that is just soft, up to 1 for mush. `normal` rejects from 1/2 on (a single soft face, half
 * of a group as mush, or all of it soft) and asks for a look where any face is not sharp. `lenient` rejects from 3/4 on and
 * keeps a photo up to a softness of 1/5.
 */
export function weighBlur(faces: readonly BlurScore[], strictness: Strictness): Verdict {
  if (strictness === 'strict') return strictest(faces.map(alone));
  const softness = faces.reduce((sum, face) => sum + softnessOf(face), 0) / Math.max(1, faces.length);
  const { reject, review } = limits[strictness];
  if (softness >= reject) return 'reject';
  return softness > review ? 'review' : 'keep';
}

function alone({ verdict }: BlurScore): Verdict {
  return ({ sharp: 'keep', unsure: 'review', blurred: 'reject' } as const)[verdict];
}

function softnessOf({ verdict, sharpness }: BlurScore): number {
  if (verdict === 'blurred') return 1 - Math.min(50, sharpness) / 100;
  return verdict === 'unsure' ? unsureSoftness : 0;
}
