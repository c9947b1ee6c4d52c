/**
 * Layers of convolutional nets, written to ONNX from weights in TensorFlow's order.
 *
 * Feature maps run as NCHW, which onnxruntime's kernels want; weights and flat outputs are in TensorFlow's NHWC.
 */
import { floatAt } from '../core/typed-array.js';
import type { GraphBuilder, Value } from '../onnx/graph.js';
import { constantOf } from './palette.js';
import type { Weight } from './manifest.js';

/** An NCHW value with its sizes; the batch is only known at run time. */
export interface FeatureMap {
  readonly value: Value;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** TensorFlow's padding: `same` gives ceil(size / stride) and puts the odd pixel at the end; `valid` adds none. */
export type Padding = 'same' | 'valid';

export interface ConvOptions {
  readonly bias?: Weight;
  readonly stride?: number;
  readonly padding?: Padding;
}

/**
 * Declares the input `pixels`: uint8 RGB, NHWC, `size` x `size` px, any batch; and scales it to `byte * scale + offset`.
 * @param offset one value for all channels or one a channel
 */
export function imageInput(graph: GraphBuilder, size: number, scale: number, offset: readonly number[]): FeatureMap {
  const pixels = graph.input('pixels', 'uint8', ['batch', size, size, 3]);
  // Transposed while still bytes: a quarter of the memory traffic.
  const planes = graph.op('Transpose', [pixels], { perm: { ints: [0, 3, 1, 2] } });
  const floats = graph.op('Cast', [planes], { to: { int: 1 } });
  const scaled = graph.op('Mul', [floats, graph.scalar(scale)]);
  const shift = graph.constant(Float32Array.from(offset), [1, offset.length, 1, 1]);
  return { value: graph.op('Add', [scaled, shift]), channels: 3, height: size, width: size };
}

/** A convolution. `filter` is height x width x channels in x channels out. */
export function conv(graph: GraphBuilder, x: FeatureMap, filter: Weight, options: ConvOptions = {}): FeatureMap {
  const [height = 1, width = 1, channelsIn = 1, channelsOut = 1] = filter.shape;
  const data = transposeFilter(filter.data, height * width, channelsIn, channelsOut);
  const weights = constantOf(graph, data, [channelsOut, channelsIn, height, width]);
  return convolve(graph, x, weights, [height, width], channelsOut, 1, options);
}

/** A convolution of every channel by itself. `filter` is height x width x channels x 1. */
export function depthwiseConv(graph: GraphBuilder, x: FeatureMap, filter: Weight, options: ConvOptions = {}): FeatureMap {
  const [height = 1, width = 1, channels = 1, multiplier = 1] = filter.shape;
  if (multiplier !== 1) throw new Error(`depthwise filters with a multiplier of ${String(multiplier)} are not supported`);
  const data = transposeFilter(filter.data, height * width, 1, channels);
  const weights = graph.constant(data, [channels, 1, height, width]);
  return convolve(graph, x, weights, [height, width], channels, channels, options);
}

function convolve(
  graph: GraphBuilder,
  x: FeatureMap,
  weights: Value,
  kernel: readonly [number, number],
  channels: number,
  group: number,
  { bias, stride = 1, padding = 'same' }: ConvOptions,
): FeatureMap {
  const frame = frameOf(x, kernel, stride, padding);
  const inputs = bias === undefined ? [x.value, weights] : [x.value, weights, graph.constant(bias.data, [channels])];
  const value = graph.op('Conv', inputs, {
    kernel_shape: { ints: kernel }, strides: { ints: [stride, stride] }, pads: { ints: frame.pads }, group: { int: group },
  });
  return { value, channels, height: frame.height, width: frame.width };
}

/** The largest value of every `size` x `size` window. */
export function maxPool(graph: GraphBuilder, x: FeatureMap, size: number, stride: number, padding: Padding): FeatureMap {
  const frame = frameOf(x, [size, size], stride, padding);
  const value = graph.op('MaxPool', [x.value], {
    kernel_shape: { ints: [size, size] }, strides: { ints: [stride, stride] }, pads: { ints: frame.pads },
  });
  return { value, channels: x.channels, height: frame.height, width: frame.width };
}

/** Any op that works on each value by itself, such as `Relu`. */
export function pointwise(graph: GraphBuilder, op: string, x: FeatureMap): FeatureMap {
  return { ...x, value: graph.op(op, [x.value]) };
}

/** Values between 0 and 6. */
export function relu6(graph: GraphBuilder, x: FeatureMap): FeatureMap {
  return { ...x, value: graph.op('Clip', [x.value, graph.scalar(0), graph.scalar(6)]) };
}

/** ReLU that lets `slope` of negative values through. */
export function leakyRelu(graph: GraphBuilder, x: FeatureMap, slope: number): FeatureMap {
  return { ...x, value: graph.op('LeakyRelu', [x.value], { alpha: { float: slope } }) };
}

/**
 * Parametric ReLU with one slope a channel, as `(1 - slope) relu(x) + slope x`.
 *
 * The factors are 1x1 depthwise convolutions: onnxruntime keeps those in its blocked layout and sums within them, where
 * its PRelu makes it rearrange the whole map before and after.
 */
export function prelu(graph: GraphBuilder, x: FeatureMap, slope: Weight): FeatureMap {
  const scale = (value: Value, factors: Float32Array): Value =>
    graph.op('Conv', [value, graph.constant(factors, [x.channels, 1, 1, 1])], pointwiseKernel(x.channels));
  const positive = scale(graph.op('Relu', [x.value]), slope.data.map((factor) => 1 - factor));
  return { ...x, value: graph.op('Add', [positive, scale(x.value, slope.data)]) };
}

/** Appends `count` channels of zeros. A convolution, because onnxruntime leaves its blocked layout for a Pad. */
export function padChannels(graph: GraphBuilder, x: FeatureMap, count: number): FeatureMap {
  const channels = x.channels + count;
  const identity = new Float32Array(channels * x.channels);
  for (let channel = 0; channel < x.channels; channel += 1) identity[channel * x.channels + channel] = 1;
  const filter = graph.constant(identity, [channels, x.channels, 1, 1]);
  return { ...x, value: graph.op('Conv', [x.value, filter], pointwiseKernel(1)), channels };
}

function pointwiseKernel(group: number): { kernel_shape: { ints: number[] }; group: { int: number } } {
  return { kernel_shape: { ints: [1, 1] }, group: { int: group } };
}

/** Sum of two maps of the same size. */
export function add(graph: GraphBuilder, a: FeatureMap, b: FeatureMap): FeatureMap {
  return { ...a, value: graph.op('Add', [a.value, b.value]) };
}

/**
 * The map's values in NHWC order, reshaped to batch x `shape`.
 * @param shape without the batch; one of them may be -1
 */
export function flatten(graph: GraphBuilder, x: FeatureMap, shape: readonly number[]): Value {
  const single = x.height === 1 && x.width === 1;
  const nhwc = single ? x.value : graph.op('Transpose', [x.value], { perm: { ints: [0, 2, 3, 1] } });
  // 0 keeps the batch as it is.
  return graph.op('Reshape', [nhwc, graph.int64s([0, ...shape])]);
}

/** Output size and ONNX pads (top, left, bottom, right) of a sliding window. */
function frameOf(
  x: FeatureMap,
  [kernelHeight, kernelWidth]: readonly [number, number],
  stride: number,
  padding: Padding,
): { height: number; width: number; pads: number[] } {
  const [height, top, bottom] = slide(x.height, kernelHeight, stride, padding);
  const [width, left, right] = slide(x.width, kernelWidth, stride, padding);
  return { height, width, pads: [top, left, bottom, right] };
}

function slide(size: number, kernel: number, stride: number, padding: Padding): [size: number, before: number, after: number] {
  if (padding === 'valid') return [Math.floor((size - kernel) / stride) + 1, 0, 0];
  const out = Math.ceil(size / stride);
  const total = Math.max(0, (out - 1) * stride + kernel - size);
  const before = Math.floor(total / 2);
  return [out, before, total - before];
}

/** Height-width x in x out to out x in x height-width. */
function transposeFilter(data: Float32Array, area: number, channelsIn: number, channelsOut: number): Float32Array {
  const transposed = new Float32Array(data.length);
  let from = 0;
  // Hot loop: every weight of the net.
  for (let position = 0; position < area; position += 1) {
    for (let channelIn = 0; channelIn < channelsIn; channelIn += 1) {
      let to = channelIn * area + position;
      for (let channelOut = 0; channelOut < channelsOut; channelOut += 1) {
        transposed[to] = floatAt(data, from);
        from += 1;
        to += channelsIn * area;
      }
    }
  }
  return transposed;
}
