/**
 * A second opinion on small faces: where the detector is unsure, and the portrait net by itself as well, both together
 * are right far more often.
 */
import type { Raster } from '../core/raster.js';
import type { EngineOptions } from './engine.js';
import { toImage } from './face-net.js';
import { suppressOverlaps } from './non-max-suppression.js';
import { MULTIPLE } from './portrait-cells.js';
import { loadPortraitModel } from './portrait-model.js';
import { detectionOf, PORTRAIT_FIT } from './portrait.js';
import { sampleSquare } from './sample.js';
import type { Detection } from './types.js';

/** Looks at whole photos with little shrinking. One instance serves one caller at a time. */
export interface SecondOpinion {
  /** What may be a face, px of `image`, best first. Most of what scores low is none. */
  look(image: Raster): Promise<Detection[]>;
  release(): Promise<void>;
}

/** What scores less is not worth another net's time, 0 to 1. */
const LEAST = 0.2;
/** Larger photos are shrunk to this, px of the longer side: the time that a look takes goes with its square. */
const LARGEST = 1280;
/** Intersection over union above which two boxes are the same face. */
const OVERLAP = 0.45;

/**
 * @param path the portrait net
 * @throws UsageError if there is no such file; an error if it is damaged
 */
export async function createSecondOpinion(path: string, options: EngineOptions = {}): Promise<SecondOpinion> {
  const model = await loadPortraitModel(path, LEAST, options);
  return {
    look: async (image) => {
      const { pixels, width, height, side, scale } = netInput(image);
      const [faces = []] = await model.run(pixels, 1, width, height);
      const square = { center: { x: (side * scale) / 2, y: (side * scale) / 2 }, side: side * scale, angle: 0 };
      return suppressOverlaps(
        faces.map((face) => toImage({ inputSize: side, fit: PORTRAIT_FIT }, detectionOf(face), square)), OVERLAP);
    },
    release: () => model.release(),
  };
}

/** What the net is shown. */
interface NetInput {
  /** RGB bytes; what is not the photo is black. */
  readonly pixels: Uint8Array;
  /** px, multiples of 32 */
  readonly width: number;
  readonly height: number;
  /** The larger of both. */
  readonly side: number;
  /** px of the image a px of the input. */
  readonly scale: number;
}

/** The image in the upper left corner of as few px as the net takes. */
function netInput(image: Raster): NetInput {
  const longest = Math.max(image.width, image.height);
  const scale = Math.max(1, longest / LARGEST);
  const whole = (length: number): number => Math.ceil(length / scale / MULTIPLE) * MULTIPLE;
  const [width, height] = [whole(image.width), whole(image.height)];
  const side = Math.max(width, height);
  const square = new Uint8Array(side * side * 3);
  sampleSquare(image, { center: { x: (side * scale) / 2, y: (side * scale) / 2 }, side: side * scale, angle: 0 }, side, square);
  return { pixels: cropRows(square, side, width, height), width, height, side, scale };
}

/** The upper left part of a square of RGB bytes. */
function cropRows(square: Uint8Array, side: number, width: number, height: number): Uint8Array {
  if (width === side) return square.subarray(0, width * height * 3);
  const part = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row += 1) part.set(square.subarray(row * side * 3, (row * side + width) * 3), row * width * 3);
  return part;
}
