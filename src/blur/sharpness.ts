/**
 * Whether a face is sharp: a Laplacian variance that measures focus and little else.
 */
import type { Box, Raster } from '../core/raster.js';
import { blurKind } from './blur-kind.js';
import { calibrations, type Calibration } from './calibration.js';
import { measureFocus, type FocusMeasure } from './focus.js';
import type { BlurScore } from './measurement.js';
import type { BlurSettings } from './settings.js';

/** Mean squared gradient, in squared gray levels, below which a crop counts as flat. */
const flatGradient = 0.15;
/** Share of clipped pixels from which nothing is said about a face. */
const mostlyClipped = 0.7;
/** Share of noise in the Laplacian's variance from which nothing is said about a face. */
const mostlyNoise = 0.95;
/** Face side in px below which nothing is said about a face. */
const smallestFace = 24;

/**
 * Scores the sharpness of one face.
 *
 * `sharpness = 100 / (1 + exp(-(focus - middle) / spread))`, with `focus` from `measureFocus`, and `middle` and `spread`
 * fitted for the region; a face with fewer px than `settings.face_size` has a higher middle, since shrinking sharpens, and
 * a wider spread, since it shows less.
 *
 * @param image the upright photo, or the photo shrunk by a whole factor; RGB or luminance
 * @param face the detector's face box (brows or forehead to chin), px of `image`; may reach beyond it
 * @param settings the `blur` section of the configuration
 * @param eyes boxes of the eyes in px of `image`, where they are known; used by the regions with eyes
 */
export function scoreBlur(image: Raster, face: Box, settings: BlurSettings, eyes?: readonly Box[]): BlurScore {
  const measure = measureFocus(image, face, settings.region, settings.face_size, eyes);
  if (measure === undefined) {
    const doubt = 'too few pixels to tell';
    return { sharpness: 50, verdict: 'unsure', kind: 'none', laplacianVariance: 0, doubt };
  }
  const sharpness = toSharpness(measure, calibrations[settings.region]);
  const doubt = blindDoubt(measure) ?? middleDoubt(measure, sharpness, settings);
  return {
    sharpness,
    verdict: doubt !== undefined ? 'unsure' : sharpness < settings.blurred_below ? 'blurred' : 'sharp',
    kind: sharpness > settings.sharp_above || blindDoubt(measure) !== undefined ? 'none' : blurKind(measure.energy),
    laplacianVariance: measure.energy.plainLaplacian,
    ...(doubt === undefined ? {} : { doubt }),
  };
}

function toSharpness({ focus, size }: FocusMeasure, calibration: Calibration): number {
  const halvings = Math.log2(Math.max(1, calibration.size / size));
  const middle = calibration.middle + calibration.middleAtHalf * halvings ** 0.75;
  const spread = calibration.spread * (1 + calibration.spreadPerHalving * halvings);
  return 100 / (1 + Math.exp(-(focus - middle) / spread));
}

/** Why the pixels cannot tell, whatever the score. */
function blindDoubt({ size, clipped, energy }: FocusMeasure): string | undefined {
  if (size < smallestFace) return `only ${Math.round(size)} px wide`;
  if (clipped > mostlyClipped) return 'black or burnt out, no detail is left to judge';
  if (energy.noiseShare > mostlyNoise) return 'the noise is stronger than the detail of the face';
  if (energy.gradient < flatGradient) return 'no detail to judge';
  return undefined;
}

function middleDoubt({ size }: FocusMeasure, sharpness: number, settings: BlurSettings): string | undefined {
  if (sharpness < settings.blurred_below || sharpness > settings.sharp_above) return undefined;
  if (size < settings.face_size / 2) return `with ${Math.round(size)} px too small to tell`;
  return 'neither clearly sharp nor clearly blurred';
}
