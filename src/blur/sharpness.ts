/**
 * Whether a face is sharp: how its detail compares with what is asked for.
 */
import type { FaceView } from '../core/face.js';
import type { Box } from '../core/raster.js';
import { blurKind } from './blur-kind.js';
import { calibration } from './calibration.js';
import { measureDetail, type DetailMeasure } from './detail.js';
import { focusPlace } from './focus-place.js';
import type { BlurScore } from './measurement.js';
import { plainVariance } from './plain-variance.js';
import { bodyBox, eyeBoxes, faceSquare, faceWidth } from './region.js';
import type { BlurPurpose, BlurRegion, BlurSettings } from './settings.js';

/** Weighted mean squared gradient, in squared gray levels, below which a face counts as flat. */
const flatGradient = 0.3;
/** Share of clipped pixels from which nothing is said about a face. */
const mostlyClipped = 0.7;
/** Share of noise in the Laplacian's energy from which nothing is said about a face. */
const mostlyNoise = 0.95;
/** px across a face below which nothing is said about it. */
const smallestFace = 24;

/** What a purpose asks for, px of detail across the face; `full` asks for all the px that the face has. */
const asked: Readonly<Record<Exclude<BlurPurpose, 'full'>, number>> = { screen: 160, print: 400 };
/** All of it is asked of a face with this many times as many px: a small picture made twice as large is no blur yet. */
const roomy = 1.5;
/** Of a face with fewer px, less is asked: this power of the share. */
const leniency = 1.5;

/**
 * Scores the sharpness of one face.
 *
 * `sharpness = 100 / (1 + exp(-ln(detail / needed) / spread))`, with `detail` from `measureDetail` and `needed` from
 * `neededDetail`: at 50 half of the people would call the face blurred.
 */
export function scoreBlur(face: FaceView, settings: BlurSettings): BlurScore {
  const measure = measureRegion(face, settings.region);
  const laplacianVariance = plainVariance(face.raster, face.box);
  if (measure === undefined) {
    return { sharpness: 50, verdict: 'unsure', kind: 'none', detail: 0, needed: 0, laplacianVariance, doubt: 'too few pixels to tell' };
  }
  const needed = neededDetail(measure.width, settings.for);
  const sharpness = 100 / (1 + Math.exp(-Math.log(measure.detail / needed) / calibration.spread));
  const blind = blindDoubt(measure);
  const doubt = blind ?? middleDoubt(sharpness, settings);
  const verdict = doubt !== undefined ? 'unsure' : sharpness < settings.blurred_below ? 'blurred' : 'sharp';
  const kind = sharpness > settings.sharp_above || blind !== undefined ? 'none' : blurKind(measure.energy);
  // A face that moved is soft in its middle too, and leaves sharp edges along its way.
  const focusAt = verdict === 'blurred' && kind === 'defocus' ? focusPlace(face, measure.detail, needed) : undefined;
  return {
    sharpness,
    verdict,
    kind,
    ...(focusAt === undefined ? {} : { focusAt }),
    detail: Math.min(measure.detail, measure.width),
    needed,
    laplacianVariance,
    ...(doubt === undefined ? {} : { doubt }),
  };
}

function measureRegion(face: FaceView, region: BlurRegion): DetailMeasure | undefined {
  const found = detailOf(face, region);
  return found === undefined ? undefined : { ...found, detail: found.detail / calibration.regions[region] };
}

/**
 * What a region of a face shows, as it is measured. Of the eyes, the sharper one counts; `face+eyes` is the mean of both.
 * @param justSharp the focus below which a face no longer looks sharp
 * @returns undefined where no pixels are left to measure
 */
export function detailOf(face: FaceView, region: BlurRegion, justSharp?: number): DetailMeasure | undefined {
  const { raster } = face;
  const width = faceWidth(face);
  const measure = (box: Box): DetailMeasure | undefined => measureDetail(raster, box, width, justSharp);
  switch (region) {
    case 'face': return measure(faceSquare(face));
    case 'eyes': return sharpest(eyeBoxes(face).map(measure));
    case 'face+eyes': {
      const whole = measure(faceSquare(face));
      const eye = sharpest(eyeBoxes(face).map(measure));
      return whole === undefined || eye === undefined ? whole ?? eye : { ...whole, detail: Math.sqrt(whole.detail * eye.detail) };
    }
    case 'body': return measure(bodyBox(face));
    case 'image': return measure({ x: 0, y: 0, width: raster.width, height: raster.height });
  }
}

function sharpest(measures: readonly (DetailMeasure | undefined)[]): DetailMeasure | undefined {
  return measures.flatMap((measure) => measure ?? []).sort((a, b) => b.detail - a.detail)[0];
}

/** px across a face that are enough to ask all of it that a purpose asks for. */
export function amplePixels(purpose: BlurPurpose): number {
  return purpose === 'full' ? Infinity : roomy * asked[purpose];
}

/**
 * px of detail across the face from which half of the people call it sharp.
 *
 * A small face is judged by the px it has, as people judge it (fitted); a large one by what the photo is for. Between the
 * two, less is asked than there are px, so that a face is not called blurred for having been enlarged a little.
 *
 * @param width px across the face
 */
export function neededDetail(width: number, purpose: BlurPurpose): number {
  const people = readCurve(calibration.needed, width);
  if (purpose === 'full') return Math.max(people, width);
  const most = asked[purpose];
  return Math.min(most, Math.max(people, most * Math.min(1, width / (roomy * most)) ** leniency));
}

/** The curve through the points, straight between them where both axes are logarithmic; level beyond the last. */
function readCurve(points: readonly (readonly [number, number])[], at: number): number {
  let [[fromX, fromY] = [1, 1]] = points;
  if (at <= fromX) return fromY * at / fromX;
  for (const [x, y] of points.slice(1)) {
    if (at <= x) return fromY * (y / fromY) ** (Math.log(at / fromX) / Math.log(x / fromX));
    [fromX, fromY] = [x, y];
  }
  return fromY;
}

/** Why the pixels cannot tell, whatever the score. */
function blindDoubt({ width, clipped, energy }: DetailMeasure): string | undefined {
  if (width < smallestFace) return `only ${String(Math.round(width))} px wide`;
  if (clipped > mostlyClipped) return 'black or burnt out, no detail is left to judge';
  if (energy.noiseShare > mostlyNoise) return 'the noise is stronger than the detail of the face';
  if (energy.gradient < flatGradient) return 'no detail to judge';
  return undefined;
}

function middleDoubt(sharpness: number, settings: BlurSettings): string | undefined {
  if (sharpness < settings.blurred_below || sharpness > settings.sharp_above) return undefined;
  return 'neither clearly sharp nor clearly blurred';
}
