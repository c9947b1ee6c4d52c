/**
 * FaceMesh (Kartynnik et al., 2019, https://arxiv.org/abs/1907.06724): 468 points of a face and how sure it is one, 192 px.
 */
import { floatAt } from '../core/typed-array.js';
import type { Point } from '../core/raster.js';
import { byteTensor, floatsOf } from '../onnx/session.js';
import { openNet, type EngineOptions } from './engine.js';
import { landmarkNetOf, type PointNet } from './point-net.js';
import type { LandmarkNet } from './types.js';

const inputSize = 192;
const pointCount = 468;
/** The net wants the face with a quarter of its size around it on every side. */
const margin = 1.5;

/** From the outer corner along the lower lid to the inner one, then back along the upper lid. */
const eyes = {
  right: { outer: 33, inner: 133, lids: [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246] },
  left: { outer: 263, inner: 362, lids: [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466] },
} as const;
const noseTip = 1;
const mouth = { right: 61, left: 291 } as const;

/** The net as it is. */
export async function createFaceMeshNet(options: EngineOptions): Promise<PointNet> {
  const session = await openNet('facemesh', options);
  return {
    name: 'facemesh',
    inputSize,
    margin,
    eyes,
    noseTip,
    mouth,
    run: async (pixels, count) => {
      const outputs = await session.run({ pixels: byteTensor(pixels, [count, inputSize, inputSize, 3]) });
      const values = floatsOf(outputs, 'points');
      const scores = floatsOf(outputs, 'face');
      return Array.from({ length: count }, (_, image) => ({
        pointAt: (index) => pointOf(values, image, index),
        faceScore: floatAt(scores, image),
      }));
    },
    release: () => session.release(),
  };
}

export async function createFaceMesh(options: EngineOptions): Promise<LandmarkNet> {
  return landmarkNetOf(await createFaceMeshNet(options));
}

/** The net also gives a depth for each point, which nothing here needs. */
function pointOf(values: Float32Array, image: number, index: number): Point {
  const from = (image * pointCount + index) * 3;
  return { x: floatAt(values, from), y: floatAt(values, from + 1) };
}
