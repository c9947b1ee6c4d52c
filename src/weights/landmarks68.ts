/**
 * The graph of face-api's 68-point landmark net (detect/landmarks68.ts), from the weights in that package: 112 px.
 */
import { GraphBuilder } from '../onnx/graph.js';
import { readFaceApiWeights, type FaceApiWeights } from './face-api-weights.js';
import { add, conv, depthwiseConv, imageInput, pointwise, type FeatureMap } from './layers.js';
import { constantOf } from './palette.js';

const inputSize = 112;
const pointCount = 68;
/** Mean red, green and blue of the images it was trained on. */
const mean = [122.782, 117.001, 104.298];

/** The net as an ONNX graph. @throws if @vladmandic/face-api is not installed */
export async function compileLandmarks68(): Promise<GraphBuilder> {
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
  const product = graph.op('MatMul', [features, constantOf(graph, data, shape)]);
  const points = graph.op('Add', [product, graph.constant(weights.get('fc/bias').data, [pointCount * 2])]);
  graph.output(points, 'points', 'float32', ['batch', pointCount * 2]);
  return graph;
}

/** Each convolution sees the sum of all before it. */
function denseBlock(graph: GraphBuilder, first: FeatureMap, name: string, weights: FaceApiWeights): FeatureMap {
  let x = pointwise(graph, 'Relu', first);
  let sum = x;
  for (let layer = 1; layer <= 3; layer += 1) {
    sum = add(graph, sum, separable(graph, x, `${name}/conv${String(layer)}`, 1, weights));
    x = pointwise(graph, 'Relu', sum);
  }
  return x;
}

function separable(graph: GraphBuilder, x: FeatureMap, name: string, stride: number, weights: FaceApiWeights): FeatureMap {
  const depthwise = depthwiseConv(graph, x, weights.get(`${name}/depthwise_filter`), { stride });
  return conv(graph, depthwise, weights.get(`${name}/pointwise_filter`), { bias: weights.get(`${name}/bias`) });
}
