/**
 * SSD (Liu et al., 2016, https://arxiv.org/abs/1512.02325) on MobileNet v1 (Howard et al., 2017,
 * https://arxiv.org/abs/1704.04861), as face-api trained it: 512 px, 5118 boxes.
 */
import { floatAt } from '../core/typed-array.js';
import type { Box } from '../core/raster.js';
import { byteTensor, floatsOf } from '../onnx/session.js';
import { openNet, type EngineOptions } from './engine.js';
import type { FaceNet } from './face-net.js';
import { suppressOverlaps } from './non-max-suppression.js';
import type { Detection } from './types.js';

const inputSize = 512;
const overlap = 0.5;
const anchorCount = 5118;

/** @param minScore faces below it are left out, 0 to 1 */
export async function createSsdMobileNet(minScore: number, options: EngineOptions): Promise<FaceNet> {
  const session = await openNet('ssd-mobilenet-v1', options);
  return {
    name: 'ssd-mobilenet-v1',
    inputSize,
    smallestFace: 18,
    overlap,
    run: async (pixels, count) => {
      const outputs = await session.run({ pixels: byteTensor(pixels, [count, inputSize, inputSize, 3]) });
      const boxes = floatsOf(outputs, 'boxes');
      const scores = floatsOf(outputs, 'scores');
      return Array.from({ length: count }, (_, image) => suppressOverlaps(
        decode(boxes.subarray(image * anchorCount * 4), scores.subarray(image * anchorCount), minScore),
        overlap,
      ));
    },
    fit: { side: 0.92, down: 0.1 },
    release: () => session.release(),
  };
}

function decode(boxes: Float32Array, scores: Float32Array, minScore: number): Detection[] {
  const found: Detection[] = [];
  for (let anchor = 0; anchor < anchorCount; anchor += 1) {
    const score = floatAt(scores, anchor);
    if (score >= minScore) found.push({ box: boxAt(boxes, anchor * 4), score });
  }
  return found;
}

function boxAt(boxes: Float32Array, from: number): Box {
  const [top = 0, left = 0, bottom = 0, right = 0] = boxes.subarray(from, from + 4);
  return {
    x: left * inputSize,
    y: top * inputSize,
    width: (right - left) * inputSize,
    height: (bottom - top) * inputSize,
  };
}
