/**
 * The focus measure of a face: one number from the region that the settings name.
 */
import type { Box, Raster } from '../core/raster.js';
import { focusEnergy, type FocusEnergy } from './focus-energy.js';
import { luminanceGrid } from './luminance-grid.js';
import { bodyBox, eyeBoxes } from './region.js';
import type { BlurRegion } from './settings.js';

/** What the pixels of a face show. */
export interface FocusMeasure {
  /** See `measureFocus`; about 0 for a crisp face, -4 for mush. */
  readonly focus: number;
  /** Side in px of the face as it was measured: the wanted size or, if the face has fewer px, what it has. */
  readonly size: number;
  /** Energies of the region's main part. */
  readonly energy: FocusEnergy;
  /** Share of its pixels that are black or white to the stop, 0-1. */
  readonly clipped: number;
}

/** Value of a region without any detail. */
const lowestFocus = -9;
/** How much the most blurred direction counts; the rest is the mean over all directions. */
const worstWeight = 2 / 3;

/**
 * Shrinks the face to `faceSize` (never enlarges it) and measures
 *
 * `focus = 1/3 ln(Var(L * S * I) / E |grad(S * I)|^2) + 2/3 ln(min over d of E[(d^2 S*I)^2] / E[(d S*I)^2])`
 *
 * with the noise taken off all four (see `focusEnergy`). The first term is the Laplacian variance over the gradient
 * energy: the mean squared spatial frequency of the detail, in radians^2 per px^2, in which contrast cancels. The second
 * is the same for the direction d in which it is lowest, since motion leaves all the detail across it. `focus` does not
 * change when a constant is added to the image or its contrast is scaled.
 *
 * @param image the upright photo, or the photo shrunk by a whole factor; RGB or luminance
 * @param face the detector's face box (brows or forehead to chin), px of `image`; may reach beyond it
 * @param region the eyes count by the sharper one; `face+eyes` is the mean of both
 * @param faceSize px
 * @param eyes boxes of the eyes in px of `image`, where they are known
 * @returns undefined where no pixels are left to measure
 */
export function measureFocus(
  image: Raster, face: Box, region: BlurRegion, faceSize: number, eyes?: readonly Box[],
): FocusMeasure | undefined {
  const side = Math.sqrt(Math.max(0, face.width) * Math.max(0, face.height));
  // Less than 1 % is not worth the blur of resampling.
  const scale = side > 1.01 * faceSize ? side / faceSize : 1;
  const size = side / scale;
  switch (region) {
    case 'face': return measureBox(image, face, scale, size, true);
    case 'eyes': return sharperEye(image, face, scale, size, eyes);
    case 'face+eyes': return mean(measureBox(image, face, scale, size, true), sharperEye(image, face, scale, size, eyes));
    case 'body': return measureBox(image, bodyBox(face), scale, size, false);
    case 'image': return measureBox(image, { x: 0, y: 0, width: image.width, height: image.height }, scale, size, false);
  }
}

function measureBox(image: Raster, box: Box, scale: number, size: number, oval: boolean): FocusMeasure | undefined {
  const grid = luminanceGrid(image, box, scale);
  if (grid === undefined) return undefined;
  const energy = focusEnergy(grid, oval ? grid.box : undefined);
  if (energy.count === 0) return undefined;
  return { focus: focusOf(energy), size, energy, clipped: grid.clipped };
}

function sharperEye(
  image: Raster, face: Box, scale: number, size: number, eyes: readonly Box[] | undefined,
): FocusMeasure | undefined {
  let best: FocusMeasure | undefined;
  for (const box of eyeBoxes(face, eyes)) {
    const eye = measureBox(image, box, scale, size, false);
    if (best === undefined || (eye !== undefined && eye.focus > best.focus)) best = eye;
  }
  return best;
}

function mean(face: FocusMeasure | undefined, eye: FocusMeasure | undefined): FocusMeasure | undefined {
  if (face === undefined || eye === undefined) return face ?? eye;
  return { ...face, focus: (face.focus + eye.focus) / 2 };
}

function focusOf({ laplacian, gradient, lowest }: FocusEnergy): number {
  if (!(laplacian > 0 && gradient > 0 && lowest > 0)) return lowestFocus;
  const all = Math.log(laplacian / gradient);
  return Math.max(lowestFocus, all + worstWeight * (Math.log(lowest) - all));
}
