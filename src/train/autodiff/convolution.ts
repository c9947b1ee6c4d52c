/**
 * Convolutions, dense and depthwise, with "same" padding and any stride.
 *
 * Ways to the gradients were chosen by measurement (two threads, batch 64): the gradient of a stride-1 input is a
 * convolution with the turned kernel (faster than ConvTranspose), the gradient of a dense kernel is a batched
 * MatMul for each place in the kernel over shifted views of the input (more than twice as fast as a Conv of the transposed
 * input and gradient).
 */
import { imageShape, type Tape, type Variable } from './tape.js';
import type { Attribute, GraphBuilder, Value } from '../../onnx/graph.js';

export interface ConvolutionOptions {
  /** Default 1. */
  readonly stride?: number;
  /** Every channel has a kernel of its own; the weight is [channels, 1, k, k]. */
  readonly depthwise?: boolean;
}

/**
 * Cross-correlation of `x` [batch, in, height, width] with `weight` [out, in, k, k] (k odd), padded by (k - 1) / 2.
 * @returns [batch, out, ceil(height / stride), ceil(width / stride)]
 */
export function convolution(
  tape: Tape,
  x: Variable,
  weight: Variable,
  bias?: Variable,
  options: ConvolutionOptions = {},
): Variable {
  const geometry = geometryOf(x, weight, options);
  const { batch, out, outHeight, outWidth } = geometry;
  const output = tape.emit('Conv', [x, weight, bias], [batch, out, outHeight, outWidth], attributesOf(geometry));
  const biases = bias ? [{ on: bias, gradient: (dy: Variable) => sumOverPositions(tape, dy) }] : [];
  return tape.record(output, [
    { on: x, gradient: (dy) => inputGradient(tape, geometry, x, weight, dy) },
    {
      on: weight,
      gradient: (dy) => geometry.depthwise
        ? depthwiseKernelGradient(tape, geometry, x, weight, dy)
        : denseKernelGradient(tape, geometry, x, weight, dy),
    },
    ...biases,
  ]);
}

interface Geometry {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly out: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernel: number;
  readonly padding: number;
  readonly stride: number;
  readonly depthwise: boolean;
}

function geometryOf(x: Variable, weight: Variable, options: ConvolutionOptions): Geometry {
  const [batch, channels, height, width] = imageShape(x);
  const [out, inputs, kernel, kernelWidth] = imageShape(weight);
  const { stride = 1, depthwise = false } = options;
  if (kernel % 2 === 0 || kernel !== kernelWidth || inputs !== (depthwise ? 1 : channels) || (depthwise && out !== channels)) {
    throw new Error(`convolution: a weight of [${weight.shape.join(', ')}] does not fit an input of [${x.shape.join(', ')}]`);
  }
  return {
    batch, channels, height, width, out, kernel, stride, depthwise,
    padding: (kernel - 1) / 2,
    outHeight: Math.ceil(height / stride),
    outWidth: Math.ceil(width / stride),
  };
}

function attributesOf({ kernel, padding, stride, depthwise, channels }: Geometry): Record<string, Attribute> {
  return {
    kernel_shape: { ints: [kernel, kernel] },
    pads: { ints: [padding, padding, padding, padding] },
    strides: { ints: [stride, stride] },
    group: { int: depthwise ? channels : 1 },
  };
}

function inputGradient(tape: Tape, geometry: Geometry, x: Variable, weight: Variable, dy: Variable): Variable {
  const { height, width, outHeight, outWidth, kernel, padding, stride } = geometry;
  if (stride === 1) return tape.emit('Conv', [dy, turnedKernel(tape, geometry, weight)], x.shape, attributesOf(geometry));
  const missing = (size: number, outSize: number) => size - ((outSize - 1) * stride - 2 * padding + kernel);
  return tape.emit('ConvTranspose', [dy, weight], x.shape, {
    ...attributesOf(geometry),
    output_padding: { ints: [missing(height, outHeight), missing(width, outWidth)] },
  });
}

/** The kernel turned by 180 degrees, with inputs and outputs swapped. */
function turnedKernel(tape: Tape, { kernel, depthwise }: Geometry, weight: Variable): Variable {
  const [out, inputs] = imageShape(weight);
  const { graph } = tape;
  const swapped = depthwise
    ? weight
    : tape.emit('Transpose', [weight], [inputs, out, kernel, kernel], { perm: { ints: [1, 0, 2, 3] } });
  if (kernel === 1) return swapped;
  return tape.emit('Slice', [
    swapped, graph.int64s([-1, -1]), graph.int64s([-kernel - 1, -kernel - 1]), graph.int64s([2, 3]), graph.int64s([-1, -1]),
  ], swapped.shape);
}

/**
 * One MatMul of the output's gradient with shifted views of the input for each place in the kernel.
 *
 * Rows lie one behind the other in memory, each with as many zeros behind it as the kernel reaches: then a shifted view is a
 * run of memory, and the columns that belong to no output meet zeros in the gradient. With a stride, the pixels are first
 * sorted by their remainders, so that a view is a run again.
 */
function denseKernelGradient(tape: Tape, geometry: Geometry, x: Variable, weight: Variable, dy: Variable): Variable {
  const { batch, channels, out, height, width, outHeight, outWidth, kernel, stride, padding } = geometry;
  const { graph } = tape;
  const reach = Math.floor((kernel - 1) / stride);
  // A row more, so that the view from the last place of the kernel does not end beyond the memory.
  const [rows, columns] = [outHeight + reach + (reach > 0 ? 1 : 0), outWidth + reach];
  const length = outHeight * columns;
  const gradient = graph.op('Reshape', [padTo(graph, dy, outHeight, columns, 0, outHeight, outWidth), graph.int64s([batch, out, length])]);
  const frame = padTo(graph, x, rows * stride, columns * stride, padding, height, width);
  const phases = stride === 1
    ? graph.op('Reshape', [frame, graph.int64s([1, batch, channels, rows * columns])])
    : graph.op('Reshape', [
      graph.op('Transpose', [graph.op('Reshape', [frame, graph.int64s([batch, channels, rows, stride, columns, stride])])],
        { perm: { ints: [3, 5, 0, 1, 2, 4] } }),
      graph.int64s([stride * stride, batch, channels, rows * columns]),
    ]);
  const views = shifts(kernel).flatMap((top) => shifts(kernel).map((left) => {
    const phase = (top % stride) * stride + (left % stride);
    const from = Math.floor(top / stride) * columns + Math.floor(left / stride);
    const view = graph.op('Slice', [
      phases, graph.int64s([phase, from]), graph.int64s([phase + 1, from + length]), graph.int64s([0, 3]),
    ]);
    return graph.op('Reshape', [view, graph.int64s([batch, channels, length])]);
  }));
  return sumOfProducts(tape, geometry, weight, gradient, views);
}

/** Kernels with few input channels are found in one product: many small ones would take longer than putting them together. */
const FEW_CHANNELS = 8;

function sumOfProducts(tape: Tape, { batch, channels, out, kernel }: Geometry, weight: Variable, gradient: Value, views: readonly Value[]): Variable {
  const { graph } = tape;
  const product = (view: Value, width: number): Value => {
    const turned = graph.op('Transpose', [view], { perm: { ints: [0, 2, 1] } });
    const each = graph.op('MatMul', [gradient, turned]);
    const sum = batch === 1 ? each : graph.op('ReduceSum', [each, graph.int64s([0])], { keepdims: { int: 0 } });
    return graph.op('Reshape', [sum, graph.int64s([out, width, channels])]);
  };
  const [first] = views;
  const places = kernel * kernel;
  const products = channels <= FEW_CHANNELS || first === undefined
    ? product(graph.op('Concat', views, { axis: { int: 1 } }), places)
    : graph.op('Concat', views.map((view) => product(view, 1)), { axis: { int: 1 } });
  return tape.emit('Reshape', [
    graph.op('Transpose', [products], { perm: { ints: [0, 2, 1] } }), graph.int64s(weight.shape),
  ], weight.shape);
}

/** `x` with `before` rows and columns of zeros before it, and as many behind it as make `rows` x `columns`. */
function padTo(graph: GraphBuilder, x: Value, rows: number, columns: number, before: number, height: number, width: number): Value {
  const pads = [0, 0, before, before, 0, 0, rows - before - height, columns - before - width];
  return pads.every((count) => count === 0) ? x : graph.op('Pad', [x, graph.int64s(pads)]);
}

function shifts(kernel: number): number[] {
  return Array.from({ length: kernel }, (_, index) => index);
}

function slice(graph: GraphBuilder, x: Value, axis: number, from: number, to: number, step: number): Value {
  return graph.op('Slice', [x, ...[from, to, axis, step].map((value) => graph.int64s([value]))]);
}

function depthwiseKernelGradient(tape: Tape, geometry: Geometry, x: Variable, weight: Variable, dy: Variable): Variable {
  const { kernel, stride, outHeight, outWidth } = geometry;
  const { graph } = tape;
  const frame = padded(tape, geometry, x);
  const sums = shifts(kernel).flatMap((top) => {
    const rows = slice(graph, frame, 2, top, top + stride * (outHeight - 1) + 1, stride);
    return shifts(kernel).map((left) => {
      const view = slice(graph, rows, 3, left, left + stride * (outWidth - 1) + 1, stride);
      return graph.op('ReduceSum', [graph.op('Mul', [view, dy]), graph.int64s([2, 3])]);
    });
  });
  const perImage = graph.op('Concat', sums, { axis: { int: 2 } });
  const sum = graph.op('ReduceSum', [perImage, graph.int64s([0])], { keepdims: { int: 0 } });
  return tape.emit('Reshape', [sum, graph.int64s(weight.shape)], weight.shape);
}

function padded(tape: Tape, { padding }: Geometry, x: Variable): Value {
  if (padding === 0) return x;
  return tape.graph.op('Pad', [x, tape.graph.int64s([0, 0, padding, padding, 0, 0, padding, padding])]);
}

function sumOverPositions(tape: Tape, dy: Variable): Variable {
  const [, channels] = imageShape(dy);
  return tape.emit('ReduceSum', [dy, tape.graph.int64s([0, 2, 3])], [channels], { keepdims: { int: 0 } });
}
