/**
 * The `portrait` net as a file: photos of any size in, faces with eyes out.
 */
import { floatAt } from '../core/typed-array.js';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { UsageError } from '../core/usage-error.js';
import { fileProblem } from '../files/problem.js';
import type { Box, Point } from '../core/raster.js';
import { readMetadata } from '../onnx/model-file.js';
import { byteTensor, createSession, floatsOf, type SessionOptions } from '../onnx/session.js';
import { suppressOverlaps } from './non-max-suppression.js';
import { MULTIPLE, POINTS, STRIDES, VALUES, VALUES_PER_CELL } from './portrait-cells.js';

/** Marks a model file as one of ours and gives the layout of its inputs and outputs. */
export const PORTRAIT_FORMAT = 'portrait-pipeline/portrait/1';
/** Name of a model's input: RGB bytes [batch, height, width, 3]; height and width are multiples of 32. */
export const PHOTOS_INPUT = 'photos';

/** Name of a model's output: float32 [batch, VALUES_PER_CELL, height / stride, width / stride]. */
export function cellsOutput(stride: number): string {
  return `cells${String(stride)}`;
}

/** A face as the net sees it, px of its input. Left and right are the person's own. */
export interface PortraitFace {
  readonly score: number;
  /** From the forehead to the chin, not square. */
  readonly box: Box;
  /** In the order of `POINTS`. */
  readonly points: readonly Point[];
  /** How probable it is that the eye can be judged, 0 to 1. */
  readonly visible: { readonly right: number; readonly left: number };
  /** How probable it is that the eye is open, 0 to 1. */
  readonly open: { readonly right: number; readonly left: number };
}

export interface PortraitModel {
  /**
   * Faces of each image, best first, without duplicates.
   * @param pixels `count` images, RGB bytes, NHWC
   * @param width px, a multiple of 32
   * @param height px, a multiple of 32
   */
  run(pixels: Uint8Array, count: number, width: number, height: number): Promise<PortraitFace[][]>;
  release(): Promise<void>;
}

/** Intersection over union above which two boxes are the same face. */
const OVERLAP = 0.45;

/** Comparing boxes takes the square of their number: a net at the beginning of its training sees faces everywhere. */
const MOST_CANDIDATES = 2000;

const metadataSchema = z.object({ format: z.literal(PORTRAIT_FORMAT) });

/**
 * Loads the net.
 * @param model the bytes of an .onnx that `pipeline train` wrote
 * @param name what error messages call it
 * @param minScore faces below it are left out, 0 to 1
 * @throws if it is damaged, or another kind of model
 */
export async function openPortraitModel(
  model: Uint8Array, name: string, minScore: number, options: SessionOptions = {},
): Promise<PortraitModel> {
  if (!isPortraitModel(model)) throw new Error(`${name} is not a face detector that "pipeline train" wrote, or it is damaged.`);
  const session = await createSession(model, options);
  return {
    run: async (pixels, count, width, height) => {
      if (width % MULTIPLE !== 0 || height % MULTIPLE !== 0) {
        throw new Error(`the portrait net takes multiples of ${String(MULTIPLE)} px, not ${String(width)}x${String(height)}`);
      }
      const outputs = await session.run({ [PHOTOS_INPUT]: byteTensor(pixels, [count, height, width, 3]) });
      return Array.from({ length: count }, (_, image) => suppressOverlaps(mostLikely(STRIDES.flatMap((stride) =>
        decodeCells(floatsOf(outputs, cellsOutput(stride)), image, stride, width / stride, height / stride, minScore))), OVERLAP));
    },
    release: () => session.release(),
  };
}

/** As `openPortraitModel`, from a file. @throws UsageError if it cannot be read */
export async function loadPortraitModel(path: string, minScore: number, options: SessionOptions = {}): Promise<PortraitModel> {
  const model = await readFile(path).catch((error: unknown) => {
    throw new UsageError(`Cannot read the portrait net ${path} (detect.portrait_model): ${fileProblem(error, 'read')}`);
  });
  return openPortraitModel(model, path, minScore, options);
}

function isPortraitModel(model: Uint8Array): boolean {
  try {
    return metadataSchema.safeParse(readMetadata(model)).success;
  } catch {
    return false;
  }
}

function mostLikely(faces: PortraitFace[]): PortraitFace[] {
  return faces.length <= MOST_CANDIDATES ? faces : faces.sort((a, b) => b.score - a.score).slice(0, MOST_CANDIDATES);
}

/** The faces that the cells of one grid see. */
function decodeCells(
  outputs: Float32Array, image: number, stride: number, columns: number, rows: number, minScore: number,
): PortraitFace[] {
  const cells = columns * rows;
  const values = outputs.subarray(image * VALUES_PER_CELL * cells, (image + 1) * VALUES_PER_CELL * cells);
  const minLogit = Math.log(minScore / (1 - minScore));
  const faces: PortraitFace[] = [];
  // Hot loop: some ten thousand cells a photo, nearly all of them without a face.
  for (let cell = 0; cell < cells; cell += 1) {
    if ((values[VALUES.score * cells + cell] ?? -Infinity) < minLogit) continue;
    faces.push(faceAt(values, cell, cells, stride, columns));
  }
  return faces;
}

function faceAt(values: Float32Array, cell: number, cells: number, stride: number, columns: number): PortraitFace {
  const at = (value: number): number => floatAt(values, value * cells + cell);
  const x = ((cell % columns) + 0.5) * stride;
  const y = (Math.floor(cell / columns) + 0.5) * stride;
  const [width, height] = [stride * Math.exp(at(VALUES.size)), stride * Math.exp(at(VALUES.size + 1))];
  return {
    score: sigmoid(at(VALUES.score)),
    box: {
      x: x + stride * at(VALUES.center) - width / 2, y: y + stride * at(VALUES.center + 1) - height / 2, width, height,
    },
    points: POINTS.map((_, index) => ({
      x: x + stride * at(VALUES.points + 2 * index), y: y + stride * at(VALUES.points + 2 * index + 1),
    })),
    visible: { right: sigmoid(at(VALUES.visible)), left: sigmoid(at(VALUES.visible + 1)) },
    open: { right: sigmoid(at(VALUES.open)), left: sigmoid(at(VALUES.open + 1)) },
  };
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
