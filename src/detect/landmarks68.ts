/**
 * face-api's 68-point landmark net: four densely connected blocks (Huang et al., 2016, https://arxiv.org/abs/1608.06993) of
 * separable convolutions, 112 px. The points are those of the iBUG 300-W annotation.
 */
import type { Point } from '../core/raster.js';
import { GraphBuilder } from '../onnx/graph.js';
import { byteTensor, floatsOf } from '../onnx/session.js';
import { openFaceApiNet, type EngineOptions } from './engine.js';
import { readFaceApiWeights, type FaceApiWeights } from './face-api-weights.js';
import { landmarkNetOf, type PointNet } from './point-net.js';
import { add, conv, depthwiseConv, imageInput, pointwise, type FeatureMap } from './layers.js';
import type { LandmarkNet } from './types.js';

const inputSize = 112;
const pointCount = 68;
/** Mean red, green and blue of the images it was trained on. */
const mean = [122.782, 117.001, 104.298];
const margin = 1.2;

/** The points around each eye; the person's right eye is the left one in the image. */
const eyes = {
  right: { outer: 36, inner: 39, lids: [36, 37, 38, 39, 40, 41] },
  left: { outer: 45, inner: 42, lids: [42, 43, 44, 45, 46, 47] },
} as const;
const noseTip = 30;

/** Bytes of the ONNX model, compiled from the weights in @vladmandic/face-api. */
async function compileLandmarks68(): Promise<Uint8Array> {
  const weights = await readFaceApiWeights('face_landmark_68_model');
  const graph = new GraphBuilder('landmarks68');
  const image = imageInput(graph, inputSize, 1 / 255, mean.map((value) => -value / 255));
  const first = conv(graph, image, weights.get('dense0/conv0/filters'), { bias: weights.get('dense0/conv0/bias'), stride: 2 });
  let x = denseBlock(graph, first, 'dense0', weights);
  for (const name of ['dense1', 'dense2', 'dense3']) {
    x = denseBlock(graph, separable(graph, x, `${name}/conv0`, 2, weights), name, weights);
  }
  const pooled = graph.op('GlobalAveragePool', [x.value]);
  const features = graph.op('Reshape', [pooled, graph.int64s([0, -1])]);
  const { data, shape } = weights.get('fc/weights');
  const product = graph.op('MatMul', [features, graph.constant(data, shape)]);
  const points = graph.op('Add', [product, graph.constant(weights.get('fc/bias').data, [pointCount * 2])]);
  graph.output(points, 'points', 'float32', ['batch', pointCount * 2]);
  return graph.toModel();
}

/** Each convolution sees the sum of all before it. */
function denseBlock(graph: GraphBuilder, first: FeatureMap, name: string, weights: FaceApiWeights): FeatureMap {
  let x = pointwise(graph, 'Relu', first);
  let sum = x;
  for (let layer = 1; layer <= 3; layer += 1) {
    sum = add(graph, sum, separable(graph, x, `${name}/conv${layer}`, 1, weights));
    x = pointwise(graph, 'Relu', sum);
  }
  return x;
}

function separable(graph: GraphBuilder, x: FeatureMap, name: string, stride: number, weights: FaceApiWeights): FeatureMap {
  const depthwise = depthwiseConv(graph, x, weights.get(`${name}/depthwise_filter`), { stride });
  return conv(graph, depthwise, weights.get(`${name}/pointwise_filter`), { bias: weights.get(`${name}/bias`) });
}

/** The net as it is. It has no opinion on whether it sees a face. */
export async function createLandmarks68Net(options: EngineOptions): Promise<PointNet> {
  const session = await openFaceApiNet('landmarks68', compileLandmarks68, options);
  return {
    name: 'landmarks68',
    inputSize,
    margin,
    eyes,
    noseTip,
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
  return { x: (values[from] ?? 0) * inputSize, y: (values[from + 1] ?? 0) * inputSize };
}
