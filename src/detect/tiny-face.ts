/**
 * face-api's tiny face detector: a small YOLO v2 (Redmon and Farhadi, 2016, https://arxiv.org/abs/1612.08242) of separable
 * convolutions, 416 px, 13 x 13 cells.
 */
import type { Box } from '../core/raster.js';
import { byteTensor, floatsOf } from '../onnx/session.js';
import { openNet, type EngineOptions } from './engine.js';
import type { FaceNet } from './face-net.js';
import { suppressOverlaps } from './non-max-suppression.js';
import type { Detection } from './types.js';

const inputSize = 416;
const overlap = 0.4;
const cells = 13;
/** Centre (2), size (2) and score of a box. */
const valuesPerBox = 5;
/** Width and height of each anchor, in cells. */
const anchors = [
  [1.603231, 2.094468], [6.041143, 7.080126], [2.882459, 3.518061], [4.266906, 5.178857], [9.041765, 10.66308],
] as const;
const boxCount = cells * cells * anchors.length;

/** @param minScore faces below it are left out, 0 to 1 */
export async function createTinyFace(minScore: number, options: EngineOptions): Promise<FaceNet> {
  const session = await openNet('tiny-face', options);
  return {
    name: 'tiny-face',
    inputSize,
    smallestFace: 49,
    overlap,
    run: async (pixels, count) => {
      const outputs = await session.run({ pixels: byteTensor(pixels, [count, inputSize, inputSize, 3]) });
      const boxes = floatsOf(outputs, 'boxes');
      return Array.from({ length: count }, (_, image) =>
        suppressOverlaps(decode(boxes.subarray(image * boxCount * valuesPerBox), minScore), overlap));
    },
    fit: { side: 0.82, down: -0.03 },
    release: () => session.release(),
  };
}

function decode(boxes: Float32Array, minScore: number): Detection[] {
  const found: Detection[] = [];
  for (let index = 0; index < boxCount; index += 1) {
    const [x = 0, y = 0, wide = 0, tall = 0, logit = 0] = boxes.subarray(index * valuesPerBox, (index + 1) * valuesPerBox);
    const score = sigmoid(logit);
    if (score >= minScore) found.push({ box: boxAt(index, x, y, wide, tall), score });
  }
  return found;
}

function boxAt(index: number, x: number, y: number, wide: number, tall: number): Box {
  const cell = Math.floor(index / anchors.length);
  const [anchorWidth, anchorHeight] = anchors[index % anchors.length] ?? [1, 1];
  const px = inputSize / cells;
  const width = Math.exp(wide) * anchorWidth * px;
  const height = Math.exp(tall) * anchorHeight * px;
  const centerX = ((cell % cells) + sigmoid(x)) * px;
  const centerY = (Math.floor(cell / cells) + sigmoid(y)) * px;
  return { x: centerX - width / 2, y: centerY - height / 2, width, height };
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
