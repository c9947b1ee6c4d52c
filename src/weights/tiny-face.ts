/**
 * The graph of face-api's tiny face detector (detect/tiny-face.ts), from the weights in that package: 416 px, 845 boxes.
 */
import { GraphBuilder } from '../onnx/graph.js';
import { readFaceApiWeights, type FaceApiWeights } from './face-api-weights.js';
import { conv, depthwiseConv, flatten, imageInput, leakyRelu, maxPool, type FeatureMap } from './layers.js';

const inputSize = 416;
const boxCount = 845;
const valuesPerBox = 5;
/** Mean red, green and blue of the images it was trained on. */
const mean = [117.001, 114.697, 97.404];

/** The net as an ONNX graph. @throws if @vladmandic/face-api is not installed */
export async function compileTinyFace(): Promise<GraphBuilder> {
  const weights = await readFaceApiWeights('tiny_face_detector_model');
  const graph = new GraphBuilder('tiny-face');
  const image = imageInput(graph, inputSize, 1 / 255, mean.map((value) => -value / 255));
  const first = conv(graph, image, weights.get('conv0/filters'), { bias: weights.get('conv0/bias'), padding: 'valid' });
  let x = maxPool(graph, leakyRelu(graph, first, 0.1), 2, 2, 'same');
  for (let layer = 1; layer <= 5; layer += 1) {
    x = maxPool(graph, separable(graph, x, `conv${String(layer)}`, weights), 2, layer === 5 ? 1 : 2, 'same');
  }
  const last = conv(graph, x, weights.get('conv8/filters'), { bias: weights.get('conv8/bias') });
  graph.output(flatten(graph, last, [boxCount, valuesPerBox]), 'boxes', 'float32', ['batch', boxCount, valuesPerBox]);
  return graph;
}

function separable(graph: GraphBuilder, x: FeatureMap, name: string, weights: FaceApiWeights): FeatureMap {
  const depthwise = depthwiseConv(graph, x, weights.get(`${name}/depthwise_filter`));
  const bias = weights.get(`${name}/bias`);
  return leakyRelu(graph, conv(graph, depthwise, weights.get(`${name}/pointwise_filter`), { bias }), 0.1);
}
