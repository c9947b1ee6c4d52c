/**
 * face-api's 68-point landmark net: four densely connected blocks (Huang et al., 2016, https://arxiv.org/abs/1608.06993) of
 * separable convolutions, 112 px. The points are those of the iBUG 300-W annotation.
 */
import { floatAt } from '../core/typed-array.js';
import type { Point } from '../core/raster.js';
import { byteTensor, floatsOf } from '../onnx/session.js';
import { openNet, type EngineOptions } from './engine.js';
import { landmarkNetOf, type PointNet } from './point-net.js';
import type { LandmarkNet } from './types.js';

const inputSize = 112;
const pointCount = 68;
const margin = 1.2;

/** The points around each eye; the person's right eye is the left one in the image. */
const eyes = {
  right: { outer: 36, inner: 39, lids: [36, 37, 38, 39, 40, 41] },
  left: { outer: 45, inner: 42, lids: [42, 43, 44, 45, 46, 47] },
} as const;
const noseTip = 30;
const mouth = { right: 48, left: 54 } as const;

/** The net as it is. It has no opinion on whether it sees a face. */
export async function createLandmarks68Net(options: EngineOptions): Promise<PointNet> {
  const session = await openNet('landmarks68', options);
  return {
    name: 'landmarks68',
    inputSize,
    margin,
    eyes,
    noseTip,
    mouth,
    run: async (pixels, count) => {
      const outputs = await session.run({ pixels: byteTensor(pixels, [count, inputSize, inputSize, 3]) });
      const values = floatsOf(outputs, 'points');
      return Array.from({ length: count }, (_, image) => ({ pointAt: (index) => pointOf(values, image, index), faceScore: 1 }));
    },
    release: () => session.release(),
  };
}

export async function createLandmarks68(options: EngineOptions): Promise<LandmarkNet> {
  return landmarkNetOf(await createLandmarks68Net(options));
}

function pointOf(values: Float32Array, image: number, index: number): Point {
  const from = (image * pointCount + index) * 2;
  return { x: floatAt(values, from) * inputSize, y: floatAt(values, from + 1) * inputSize };
}
