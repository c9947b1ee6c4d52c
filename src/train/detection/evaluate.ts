/**
 * What the `portrait` net finds on packed photos.
 */
import type { Raster } from '../../core/raster.js';
import { MULTIPLE } from '../../detect/portrait-cells.js';
import { openPortraitModel, type PortraitFace } from '../../detect/portrait-model.js';
import { decodePhoto, openBytes, type DecodeLimits } from '../../image/decode.js';
import { detectionFigures, type DetectionFigures, type ScoredPhoto } from '../metrics/detection-metrics.js';
import type { PackedPhoto } from './packed-photos.js';

/** Finds below this score are not looked at; so low that the curves are whole where they matter. */
const LEAST_SCORE = 0.1;
/** False faces a photo at which recall is told. */
const FALSE_PER_PHOTO = 0.1;

export interface DetectionEvaluation {
  readonly figures: DetectionFigures;
  /** Median distance of the eye centres from the known ones, in widths of the eye; NaN where none is known. */
  readonly eyeError: number;
}

/** Runs a model on each photo in its packed size. */
export async function evaluatePortrait(
  model: Uint8Array, photos: readonly PackedPhoto[], limits: DecodeLimits, threads: number,
): Promise<DetectionEvaluation> {
  const net = await openPortraitModel(model, 'the net in training', LEAST_SCORE, { threads });
  const scored: ScoredPhoto[] = [];
  const errors: number[] = [];
  try {
    for (const photo of photos) {
      const { raster } = await decodePhoto(await openBytes(Buffer.from(photo.bytes), limits), 1);
      const { pixels, width, height } = padded(raster);
      const [found = []] = await net.run(pixels, 1, width, height);
      scored.push({ faces: photo.faces, found });
      errors.push(...eyeErrors(photo, found));
    }
  } finally {
    await net.release();
  }
  errors.sort((a, b) => a - b);
  return { figures: detectionFigures(scored, FALSE_PER_PHOTO), eyeError: errors[errors.length >> 1] ?? NaN };
}

/** RGB, black below and on the right up to a size that the net takes. */
function padded({ data, width, height, channels }: Raster): { pixels: Uint8Array; width: number; height: number } {
  const up = (length: number): number => Math.ceil(length / MULTIPLE) * MULTIPLE;
  const [wide, high] = [up(width), up(height)];
  const pixels = new Uint8Array(wide * high * 3);
  for (let row = 0; row < height; row += 1) {
    const line = data.subarray(row * width * channels, (row + 1) * width * channels);
    if (channels === 3) pixels.set(line, row * wide * 3);
    else line.forEach((value, column) => { pixels.fill(value, (row * wide + column) * 3, (row * wide + column) * 3 + 3); });
  }
  return { pixels, width: wide, height: high };
}

function eyeErrors({ faces }: PackedPhoto, found: readonly PortraitFace[]): number[] {
  return faces.flatMap((face) => {
    const { points } = face;
    if (points === undefined) return [];
    const middle = { x: face.x + face.width / 2, y: face.y + face.height / 2 };
    const match = found.find(({ box }) => Math.abs(box.x + box.width / 2 - middle.x) < face.width / 4
      && Math.abs(box.y + box.height / 2 - middle.y) < face.height / 4);
    if (match === undefined) return [];
    // Outer corner, inner corner and centre of the right eye, then of the left one.
    return [0, 3].map((eye) => {
      const at = (index: number): { x: number; y: number } => ({ x: points[2 * (eye + index)] ?? 0, y: points[2 * (eye + index) + 1] ?? 0 });
      const [outer, inner, center] = [at(0), at(1), at(2)];
      const own = match.points[eye + 2] ?? { x: NaN, y: NaN };
      return Math.hypot(own.x - center.x, own.y - center.y) / Math.max(1, Math.hypot(outer.x - inner.x, outer.y - inner.y));
    });
  });
}
