/**
 * BlazeFace (Bazarevsky et al., 2019, https://arxiv.org/abs/1907.05047), the back camera's model: 256 px, 896 anchors.
 */
import { floatAt } from '../core/typed-array.js';
import { byteTensor, floatsOf, type Tensors } from '../onnx/session.js';
import { openNet, type EngineOptions } from './engine.js';
import type { FaceNet } from './face-net.js';
import { suppressOverlaps } from './non-max-suppression.js';
import type { Detection } from './types.js';

const inputSize = 256;
const overlap = 0.3;
/** Box (4) and six points (right eye, left eye, nose, mouth, right ear, left ear), relative to the anchor, px. */
const valuesPerAnchor = 16;

/** Both grids of anchors: cells a side, anchors in each cell, and the outputs that belong to them. */
const grids = [
  { cells: 16, anchors: 2, scores: 'scores16', boxes: 'boxes16' },
  { cells: 8, anchors: 6, scores: 'scores8', boxes: 'boxes8' },
] as const;

type Grid = (typeof grids)[number];

/** @param minScore faces below it are left out, 0 to 1 */
export async function createBlazeFace(minScore: number, options: EngineOptions): Promise<FaceNet> {
  const session = await openNet('blazeface', options);
  return {
    name: 'blazeface',
    inputSize,
    smallestFace: 12,
    overlap,
    run: async (pixels, count) => {
      const outputs = await session.run({ pixels: byteTensor(pixels, [count, inputSize, inputSize, 3]) });
      return Array.from({ length: count }, (_, image) =>
        suppressOverlaps(grids.flatMap((grid) => decode(outputs, grid, image, minScore)), overlap));
    },
    fit: { side: 1, down: 0 },
    release: () => session.release(),
  };
}

function decode(outputs: Tensors, grid: Grid, image: number, minScore: number): Detection[] {
  const scores = floatsOf(outputs, grid.scores);
  const boxes = floatsOf(outputs, grid.boxes);
  const count = grid.cells * grid.cells * grid.anchors;
  const minLogit = Math.log(minScore / (1 - minScore));
  const found: Detection[] = [];
  for (let anchor = 0; anchor < count; anchor += 1) {
    const logit = scores[image * count + anchor] ?? -Infinity;
    if (logit < minLogit) continue;
    found.push(detectionAt(boxes, (image * count + anchor) * valuesPerAnchor, anchor, grid, 1 / (1 + Math.exp(-logit))));
  }
  return found;
}

function detectionAt(boxes: Float32Array, from: number, anchor: number, grid: Grid, score: number): Detection {
  const cell = Math.floor(anchor / grid.anchors);
  const stride = inputSize / grid.cells;
  const anchorX = ((cell % grid.cells) + 0.5) * stride;
  const anchorY = (Math.floor(cell / grid.cells) + 0.5) * stride;
  const at = (index: number): number => floatAt(boxes, from + index);
  const [width, height] = [at(2), at(3)];
  return {
    box: { x: anchorX + at(0) - width / 2, y: anchorY + at(1) - height / 2, width, height },
    score,
    eyes: {
      right: { x: anchorX + at(4), y: anchorY + at(5) },
      left: { x: anchorX + at(6), y: anchorY + at(7) },
    },
  };
}
