/**
 * Where on the scale of the focus measure people begin to call a face blurred. Fitted by bench/blur-calibrate.js.
 */
import type { BlurRegion } from './settings.js';

export interface Calibration {
  /** Side in px of the faces that `middle` and `spread` hold for. */
  readonly size: number;
  /** The focus at sharpness 50. */
  readonly middle: number;
  /** The change of focus over which the odds of "sharp" grow by e. */
  readonly spread: number;
  /** Added to `middle` for a face of half the size; for h halvings, h^0.75 times as much. */
  readonly middleAtHalf: number;
  /** Part of itself that is added to `spread` for each halving of the size. */
  readonly spreadPerHalving: number;
}

const sizes = { size: 112, middleAtHalf: 0.6, spreadPerHalving: 0.4 } as const;

export const calibrations: Readonly<Record<BlurRegion, Calibration>> = {
  face: { ...sizes, middle: -1.38, spread: 0.13 },
  eyes: { ...sizes, middle: -1.52, spread: 0.19 },
  'face+eyes': { ...sizes, middle: -1.45, spread: 0.15 },
  body: { ...sizes, middle: -1.36, spread: 0.1 },
  image: { ...sizes, middle: -1.36, spread: 0.1 },
};
