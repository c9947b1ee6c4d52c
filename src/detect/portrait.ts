/**
 * The `portrait` detector: the net that `pipeline train` makes of photos with boxes, models/portrait.onnx.
 */
import { join } from 'node:path';
import { packageFolder } from '../files/package.js';
import type { EngineOptions } from './engine.js';
import type { BoxFit, FaceNet } from './face-net.js';
import { POINTS } from './portrait-cells.js';
import { loadPortraitModel, type PortraitFace } from './portrait-model.js';
import type { Detection } from './types.js';

/** The net takes any size; of a whole photo this much is enough to see faces of a fiftieth of its longer side. */
export const PORTRAIT_SIZE = 640;

/** The net that comes with the tool. */
export const portraitPath = join(packageFolder, 'models', 'portrait.onnx');

/** From the net's boxes, which people drew, to those of `Detection`. */
export const PORTRAIT_FIT: BoxFit = { side: 0.96, down: 0.085 };

const right = POINTS.indexOf('right.center');
const left = POINTS.indexOf('left.center');

/**
 * @param path the net's file
 * @param minScore faces below it are left out, 0 to 1
 */
export async function createPortrait(path: string, minScore: number, options: EngineOptions): Promise<FaceNet> {
  if (options.engine === 'tfjs') throw new Error('The portrait detector runs on the onnx engine only. Set detect.engine to onnx.');
  const model = await loadPortraitModel(path, minScore, options);
  return {
    name: 'portrait',
    inputSize: PORTRAIT_SIZE,
    smallestFace: 16,
    overlap: 0.45,
    run: async (pixels, count) =>
      (await model.run(pixels, count, PORTRAIT_SIZE, PORTRAIT_SIZE)).map((faces) => faces.map(detectionOf)),
    fit: PORTRAIT_FIT,
    release: () => model.release(),
  };
}

/** A face as the net sees it, px of its input. */
export function detectionOf({ box, score, points, open, visible }: PortraitFace): Detection {
  const eyes = { right: points[right], left: points[left] };
  const detected = { left: { open: open.left, visible: visible.left }, right: { open: open.right, visible: visible.right } };
  return eyes.right === undefined || eyes.left === undefined
    ? { box, score, detected } : { box, score, detected, eyes: { right: eyes.right, left: eyes.left } };
}
