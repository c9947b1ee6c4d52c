/**
 * Where on the scale of the focus measure people begin to call a face blurred. Fitted by bench/blur-calibrate.js.
 */
import type { BlurRegion } from './types.js';

export interface Calibration {
  /** Side in px of the faces that `middle` and `spread` hold for. */
  readonly size: number;
  /** The focus at sharpness 50. */
  readonly middle: number;
  /** Added to `middle` for each halving of the size, below `size`. */
  readonly middlePerHalving: number;
  /** The change of focus over which the odds of "sharp" grow by e. */
  readonly spread: number;
  /** Part of itself that is added to `spread` for each halving of the size, below `size`. */
  readonly spreadPerHalving: number;
}

const face: Calibration = { size: 112, middle: -1.3, middlePerHalving: 0.5, spread: 0.12, spreadPerHalving: 0.5 };

export const calibrations: Readonly<Record<BlurRegion, Calibration>> = {
  face,
  eyes: face,
  'face+eyes': face,
  image: face,
  body: face,
};
