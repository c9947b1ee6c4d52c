/**
 * Whether a face is sharp: a Laplacian variance that measures focus and little else.
 */
import type { Box, Raster } from '../image/raster.js';
import { blurKind } from './blur-kind.js';
import { calibrations, type Calibration } from './calibration.js';
import { focusEnergy, type FocusEnergy } from './focus-energy.js';
import { luminanceGrid } from './luminance-grid.js';
import { bodyBox, eyeBoxes } from './region.js';
import type { BlurRegion, BlurScore, BlurSettings } from './types.js';

/** Mean squared gradient, in squared gray levels, below which a crop counts as flat. */
const flatGradient = 0.15;
/** Share of clipped pixels from which nothing is said about a face. */
const clippedShare = 0.7;
/** Share of noise in the Laplacian's variance from which nothing is said about a face. */
const tooNoisy = 0.9;
/** Face side in px below which nothing is said about a face. */
const smallestFace = 24;

/**
 * Scores the sharpness of one face.
 *
 * The face is shrunk to `settings.face_size` (never enlarged), then
 * `focus = ln(Var(L * S * I) / E |grad(S * I)|^2)`, both less the share of the noise (see `focusEnergy`), and
 * `sharpness = 100 / (1 + exp(-(focus - middle) / spread))`, where `middle` and `spread` depend on the region and on the
 * size of the face after shrinking. Adding a constant to the image or multiplying its contrast leaves it as it is.
 *
 * @param image the upright photo, or the photo shrunk by a whole factor; RGB or luminance
 * @param face the detector's face box (forehead or brows to chin), in px of `image`; may reach beyond it
 * @param settings the `blur` section of the configuration
 * @param eyes boxes of the eyes in px of `image`, where they are known; used by the regions with eyes
 */
export function scoreBlur(image: Raster, face: Box, settings: BlurSettings, eyes?: readonly Box[]): BlurScore {
  const faceSide = Math.sqrt(Math.max(0, face.width) * Math.max(0, face.height));
  const scale = Math.max(1, faceSide / settings.face_size);
  const size = faceSide / scale;
  const parts = regionEnergies(image, face, settings.region, scale, eyes);
  if (parts.length === 0) return unmeasured('The face has too few pixels to tell.');
  const first = parts.reduce((best, part) => (focus(part.energy) > focus(best.energy) ? part : best));
  const sharpness = toSharpness(focus(first.energy), size, calibrations[settings.region]);
  const doubt = doubtOf(first, size, sharpness, settings);
  return {
    sharpness,
    verdict: doubt !== undefined ? 'unsure' : sharpness < settings.blurred_below ? 'blurred' : 'sharp',
    kind: sharpness > settings.sharp_above ? 'none' : blurKind(first.energy),
    laplacianVariance: first.energy.plainLaplacian,
    ...(doubt === undefined ? {} : { doubt }),
  };
}

interface Part {
  readonly energy: FocusEnergy;
  readonly clipped: number;
}

function regionEnergies(
  image: Raster, face: Box, region: BlurRegion, scale: number, eyes: readonly Box[] | undefined,
): readonly Part[] {
  switch (region) {
    case 'face': return measured(image, [face], scale, true);
    case 'eyes': return measured(image, eyeBoxes(face, eyes), scale, false);
    case 'face+eyes': return [
      ...measured(image, [face], scale, true), ...measured(image, eyeBoxes(face, eyes), scale, false)];
    case 'body': return measured(image, [bodyBox(face)], scale, false);
    case 'image': return measured(image, [{ x: 0, y: 0, width: image.width, height: image.height }], scale, false);
  }
}

function measured(image: Raster, boxes: readonly Box[], scale: number, oval: boolean): readonly Part[] {
  const parts: Part[] = [];
  for (const box of boxes) {
    const grid = luminanceGrid(image, box, scale);
    if (grid === undefined) continue;
    const energy = focusEnergy(grid, oval ? grid.box : undefined);
    if (energy.count > 0) parts.push({ energy, clipped: grid.clipped });
  }
  return parts;
}

/** ln of Laplacian variance over gradient energy: the mean squared spatial frequency of the detail, per px^2. */
export function focus(energy: FocusEnergy): number {
  if (energy.gradient <= flatGradient / 100) return lowestFocus;
  const mean = Math.log(Math.max(1e-9, energy.laplacian) / energy.gradient);
  const worst = Math.log(Math.max(1e-9, energy.lowest));
  return Math.max(lowestFocus, mean + worstWeight * (worst - mean));
}

const lowestFocus = -9;
/** How much the most blurred direction counts, beside the mean over all directions. */
const worstWeight = 2 / 3;

function toSharpness(value: number, size: number, calibration: Calibration): number {
  const missing = Math.log2(Math.max(1, calibration.size / Math.max(1, size)));
  const middle = calibration.middle + calibration.middlePerHalving * missing;
  return 100 / (1 + Math.exp(-(value - middle) / calibration.spread));
}

function doubtOf(part: Part, size: number, sharpness: number, settings: BlurSettings): string | undefined {
  if (size < smallestFace) return `The face is only ${Math.round(size)} px: too small to tell.`;
  if (part.clipped > clippedShare) return 'The face is black or burnt out: no detail is left to judge.';
  if (part.energy.gradient < flatGradient) return 'The face shows no detail to judge.';
  if (part.energy.noiseShare > tooNoisy) return 'The noise is stronger than the detail of the face.';
  if (sharpness < settings.blurred_below || sharpness > settings.sharp_above) return undefined;
  return 'The face is neither clearly sharp nor clearly blurred.';
}

function unmeasured(doubt: string): BlurScore {
  return { sharpness: 50, verdict: 'unsure', kind: 'none', laplacianVariance: 0, doubt };
}
