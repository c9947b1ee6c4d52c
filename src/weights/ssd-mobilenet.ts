/**
 * The graph of SSD MobileNet v1 (detect/ssd-mobilenet.ts), from the weights that @vladmandic/face-api carries: 512 px, 5118 boxes.
 */
import { GraphBuilder, type Value } from '../onnx/graph.js';
import { readFaceApiWeights, type FaceApiWeights } from './face-api-weights.js';
import { conv, depthwiseConv, flatten, imageInput, relu6, type FeatureMap } from './layers.js';
import type { Weight } from './manifest.js';

const inputSize = 512;
const anchorCount = 5118;
const classes = 3;
const faceClass = 1;
/** Of MobileNet's thirteen blocks, those that halve the map. */
const halvingBlocks = [2, 4, 6, 12];
const batchNormEpsilon = 0.0010000000474974513;

/** The net as an ONNX graph. @throws if @vladmandic/face-api is not installed */
export async function compileSsdMobileNet(): Promise<GraphBuilder> {
  const weights = await readFaceApiWeights('ssd_mobilenetv1_model');
  const graph = new GraphBuilder('ssd-mobilenet-v1');
  const { early, late } = mobileNet(graph, imageInput(graph, inputSize, 1 / 127.5, [-1]), weights);
  const scales = [early, late, ...extraScales(graph, late, weights)];
  const predicted = scales.map((map, index) => predictor(graph, map, index, weights));
  const boxes = graph.op('Concat', predicted.map((scale) => scale.boxes), { axis: { int: 1 } });
  const scores = graph.op('Concat', predicted.map((scale) => scale.scores), { axis: { int: 1 } });
  graph.output(decodeBoxes(graph, boxes, weights.get('Output/extra_dim').data), 'boxes', 'float32', ['batch', anchorCount, 4]);
  graph.output(faceScores(graph, scores), 'scores', 'float32', ['batch', anchorCount]);
  return graph;
}

/**
 * Centre and size are encoded relative to the anchor's, with the usual factors of 10 and 5.
 * @param anchors top, left, bottom, right of each, as shares of the input
 * @returns top, left, bottom, right, as shares of the input
 */
function decodeBoxes(graph: GraphBuilder, encoded: Value, anchors: Float32Array): Value {
  const centers = new Float32Array(anchorCount * 2);
  const sizes = new Float32Array(anchorCount * 2);
  for (let i = 0; i < anchorCount * 2; i += 1) {
    const from = Math.floor(i / 2) * 4 + (i % 2);
    const [low = 0, high = 0] = [anchors[from], anchors[from + 2]];
    centers[i] = (low + high) / 2;
    sizes[i] = high - low;
  }
  const constant = (values: Float32Array): Value => graph.constant(values, [1, anchorCount, 2]);
  const shift = graph.op('Mul', [lastAxis(graph, encoded, 0, 2), constant(sizes.map((size) => size / 10))]);
  const center = graph.op('Add', [shift, constant(centers)]);
  const growth = graph.op('Exp', [graph.op('Mul', [lastAxis(graph, encoded, 2, 4), graph.scalar(1 / 5)])]);
  const half = graph.op('Mul', [growth, constant(sizes.map((size) => size / 2))]);
  return graph.op('Concat', [graph.op('Sub', [center, half]), graph.op('Add', [center, half])], { axis: { int: 2 } });
}

function faceScores(graph: GraphBuilder, logits: Value): Value {
  const faces = graph.op('Sigmoid', [lastAxis(graph, logits, faceClass, faceClass + 1)]);
  return graph.op('Reshape', [faces, graph.int64s([0, anchorCount])]);
}

function lastAxis(graph: GraphBuilder, x: Value, start: number, end: number): Value {
  return graph.op('Slice', [x, graph.int64s([start]), graph.int64s([end]), graph.int64s([2])]);
}

/** The maps after block 11 and after the last one. */
function mobileNet(graph: GraphBuilder, image: FeatureMap, weights: FaceApiWeights): { early: FeatureMap; late: FeatureMap } {
  let x = pointwiseBlock(graph, image, 'MobilenetV1/Conv2d_0_pointwise', 2, weights);
  let early = x;
  for (let block = 1; block <= 13; block += 1) {
    const stride = halvingBlocks.includes(block) ? 2 : 1;
    x = depthwiseBlock(graph, x, `MobilenetV1/Conv2d_${String(block)}_depthwise`, stride, weights);
    x = pointwiseBlock(graph, x, `MobilenetV1/Conv2d_${String(block)}_pointwise`, 1, weights);
    if (block === 11) early = x;
  }
  return { early, late: x };
}

/** Four more maps, each half as large as the one before. */
function extraScales(graph: GraphBuilder, late: FeatureMap, weights: FaceApiWeights): FeatureMap[] {
  const scales: FeatureMap[] = [];
  let x = late;
  for (let layer = 0; layer < 8; layer += 1) {
    const halves = layer % 2 === 1;
    x = pointwiseBlock(graph, x, `Prediction/Conv2d_${String(layer)}_pointwise`, halves ? 2 : 1, weights);
    if (halves) scales.push(x);
  }
  return scales;
}

function pointwiseBlock(graph: GraphBuilder, x: FeatureMap, name: string, stride: number, weights: FaceApiWeights): FeatureMap {
  const bias = weights.get(`${name}/convolution_bn_offset`);
  return relu6(graph, conv(graph, x, weights.get(`${name}/weights`), { bias, stride }));
}

/** The batch normalization behind the convolution is worked into its weights. */
function depthwiseBlock(graph: GraphBuilder, x: FeatureMap, name: string, stride: number, weights: FaceApiWeights): FeatureMap {
  const filter = weights.get(`${name}/depthwise_weights`);
  const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance']
    .map((part) => weights.get(`${name}/BatchNorm/${part}`).data);
  const factor = Float32Array.from({ length: x.channels }, (_, channel) =>
    (gamma?.[channel] ?? 1) / Math.sqrt((variance?.[channel] ?? 1) + batchNormEpsilon));
  const scaled: Weight = {
    shape: filter.shape,
    data: filter.data.map((value, index) => value * (factor[index % x.channels] ?? 1)),
  };
  const bias: Weight = {
    shape: [x.channels],
    data: factor.map((value, channel) => (beta?.[channel] ?? 0) - (mean?.[channel] ?? 0) * value),
  };
  return relu6(graph, depthwiseConv(graph, x, scaled, { bias, stride }));
}

function predictor(
  graph: GraphBuilder,
  x: FeatureMap,
  index: number,
  weights: FaceApiWeights,
): { boxes: Value; scores: Value } {
  const layer = (part: string): FeatureMap => conv(graph, x, weights.get(`Prediction/BoxPredictor_${String(index)}/${part}/weights`), {
    bias: weights.get(`Prediction/BoxPredictor_${String(index)}/${part}/biases`),
  });
  return {
    boxes: flatten(graph, layer('BoxEncodingPredictor'), [-1, 4]),
    scores: flatten(graph, layer('ClassPredictor'), [-1, classes]),
  };
}
