/**
 * Where on the scale of the focus measure people begin to call a face blurred. Fitted by bench/blur.js.
 */
import type { BlurRegion } from './types.js';

export interface Calibration {
  /** Side in px of the faces that `middle` was fitted on. */
  readonly size: number;
  /** The value of ln(Laplacian variance / gradient energy) at sharpness 50. */
  readonly middle: number;
  /** Added to `middle` for each halving of the size, below `size`. */
  readonly middlePerHalving: number;
  /** The change of that value over which the odds of "sharp" grow by e. */
  readonly spread: number;
}

const face: Calibration = { size: 112, middle: -1.1, middlePerHalving: 0.65, spread: 0.13 };

export const calibrations: Readonly<Record<BlurRegion, Calibration>> = {
  face,
  eyes: face,
  'face+eyes': face,
  image: face,
  body: face,
};
