/**
 * A hint at what blurred a face. Never part of the score.
 */
import type { FocusEnergy } from './focus-energy.js';
import type { BlurKind } from './measurement.js';

/** Ratio between the directions from which motion is named. */
const motionRatio = 3;

/**
 * Motion takes the finest detail along its direction and leaves it across; defocus takes it all round. A face has more
 * horizontal than vertical edges, so each direction's second derivative is seen relative to the first, as the structure
 * tensor gives it.
 */
export function blurKind({ lowest, highest }: FocusEnergy): BlurKind {
  return highest > motionRatio * lowest ? 'motion' : 'defocus';
}
