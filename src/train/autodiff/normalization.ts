/**
 * Batch normalization and normalization over channels.
 */
import { imageShape, once, type Tape, type Variable } from './tape.js';

/** Added to variances. */
export const NORM_EPSILON = 1e-5;

/** Scale and shift of a normalization, and where batch norm keeps its running statistics; all [channels]. */
export interface BatchNormVariables {
  readonly scale: Variable;
  readonly shift: Variable;
  readonly runningMean: Variable;
  readonly runningVariance: Variable;
}

export interface BatchNormResult {
  readonly output: Variable;
  /** The running statistics after this batch, [channels]. */
  readonly runningMean: Variable;
  readonly runningVariance: Variable;
}

/**
 * Batch normalization of `x` [batch, channels, height, width] by the statistics of this batch (Ioffe & Szegedy 2015).
 *
 * The mean is taken away before anything is squared: the mean of squares less the square of the mean has no digit left
 * where the mean is some thousand times the deviation. The running variance is the unbiased one, as PyTorch keeps it.
 * @param momentum share of this batch in the running statistics
 */
export function batchNorm(tape: Tape, x: Variable, variables: BatchNormVariables, momentum: number): BatchNormResult {
  const [batch, channels, height, width] = imageShape(x);
  const { scale, shift } = variables;
  const mean = channelMean(tape, x);
  const centred = tape.emit('Sub', [x, perChannel(tape, mean)], x.shape);
  const variance = channelMean(tape, tape.emit('Mul', [centred, centred], x.shape));
  const zeros = { ...tape.graph.constant(new Float32Array(channels), [channels]), shape: [channels] };
  const output = tape.emit('BatchNormalization', [centred, scale, shift, zeros, variance], x.shape,
    { epsilon: { float: NORM_EPSILON } });
  recordBatchNorm(tape, { x, centred, variance, scale, shift, output });
  const count = batch * height * width;
  const unbiased = tape.emit('Mul', [variance, tape.graph.scalar(count / Math.max(1, count - 1))], [channels]);
  return {
    output,
    runningMean: blend(tape, variables.runningMean, mean, momentum),
    runningVariance: blend(tape, variables.runningVariance, unbiased, momentum),
  };
}

/** Batch normalization by the running statistics, as at inference; they stay as they are. */
export function frozenBatchNorm(tape: Tape, x: Variable, variables: BatchNormVariables): BatchNormResult {
  const { scale, shift, runningMean, runningVariance } = variables;
  const [, channels] = imageShape(x);
  const output = tape.emit('BatchNormalization', [x, scale, shift, runningMean, runningVariance], x.shape,
    { epsilon: { float: NORM_EPSILON } });
  const inverse = once(() => inverseDeviation(tape, runningVariance));
  tape.record(output, [
    {
      on: x,
      gradient: (dy) => tape.emit('Mul', [dy, perChannel(tape, tape.emit('Mul', [scale, inverse()], [channels]))], x.shape),
    },
    { on: scale, gradient: (dy) => tape.emit('Mul', [centredSum(tape, x, dy, runningMean), inverse()], [channels]) },
    { on: shift, gradient: (dy) => channelSum(tape, dy) },
  ]);
  return { output, runningMean, runningVariance };
}

/**
 * Normalization over the channels of each position (layer normalization as ConvNeXt uses it).
 * @param scale [channels]
 * @param shift [channels]
 */
export function channelNorm(tape: Tape, x: Variable, scale: Variable, shift: Variable): Variable {
  const { graph } = tape;
  const overChannels = { axes: { ints: [1] } };
  const centred = graph.op('Sub', [x, graph.op('ReduceMean', [x], overChannels)]);
  const variance = graph.op('ReduceMean', [graph.op('Mul', [centred, centred])], overChannels);
  const deviation = graph.op('Sqrt', [graph.op('Add', [variance, graph.scalar(NORM_EPSILON)])]);
  const normalized = tape.emit('Div', [centred, deviation], x.shape);
  const scaled = tape.emit('Mul', [normalized, perChannel(tape, scale)], x.shape);
  const output = tape.emit('Add', [scaled, perChannel(tape, shift)], x.shape);
  return tape.record(output, [
    {
      on: x,
      gradient: (dy) => {
        const d = tape.emit('Mul', [dy, perChannel(tape, scale)], x.shape);
        const meanOfD = graph.op('ReduceMean', [d], overChannels);
        const projection = graph.op('ReduceMean', [graph.op('Mul', [d, normalized])], overChannels);
        const along = tape.emit('Mul', [normalized, projection], x.shape);
        const rest = tape.emit('Sub', [tape.emit('Sub', [d, meanOfD], x.shape), along], x.shape);
        return tape.emit('Div', [rest, deviation], x.shape);
      },
    },
    { on: scale, gradient: (dy) => channelSum(tape, tape.emit('Mul', [dy, normalized], x.shape)) },
    { on: shift, gradient: (dy) => channelSum(tape, dy) },
  ]);
}

interface BatchNormParts {
  readonly x: Variable;
  /** `x` less its mean. */
  readonly centred: Variable;
  readonly variance: Variable;
  readonly scale: Variable;
  readonly shift: Variable;
  readonly output: Variable;
}

function recordBatchNorm(tape: Tape, { x, centred, variance, scale, shift, output }: BatchNormParts): void {
  const [batch, channels, height, width] = imageShape(x);
  const vector = (op: string, ...inputs: Variable[]) => tape.emit(op, inputs, [channels]);
  const count = { ...tape.graph.constant(Float32Array.of(batch * height * width), [1]), shape: [1] };
  let sums: { readonly scale: Variable; readonly shift: Variable; readonly inverse: Variable } | undefined;
  const sumsOf = (dy: Variable) => {
    if (!sums) {
      const inverse = inverseDeviation(tape, variance);
      const products = channelSum(tape, tape.emit('Mul', [dy, centred], x.shape));
      sums = { inverse, shift: channelSum(tape, dy), scale: vector('Mul', products, inverse) };
    }
    return sums;
  };
  tape.record(output, [
    {
      // dx = scale / deviation * (dy - mean(dy) - normalized * mean(dy * normalized)), as a * dy + (b * centred + c).
      on: x,
      gradient: (dy) => {
        const gradients = sumsOf(dy);
        const a = vector('Mul', scale, gradients.inverse);
        const perCount = vector('Div', vector('Mul', a, gradients.inverse), count);
        const b = vector('Neg', vector('Mul', perCount, gradients.scale));
        const c = vector('Neg', vector('Div', vector('Mul', a, gradients.shift), count));
        const fromGradient = tape.emit('Mul', [dy, perChannel(tape, a)], x.shape);
        return tape.emit('Add', [fromGradient, affine(tape, centred, b, c)], x.shape);
      },
    },
    { on: scale, gradient: (dy) => sumsOf(dy).scale },
    { on: shift, gradient: (dy) => sumsOf(dy).shift },
  ]);
}

/** `scale * x + shift` by channel, in one pass over `x`. */
function affine(tape: Tape, x: Variable, scale: Variable, shift: Variable): Variable {
  const [, channels] = imageShape(x);
  const zeros = tape.graph.constant(new Float32Array(channels), [channels]);
  const ones = tape.graph.constant(new Float32Array(channels).fill(1), [channels]);
  return tape.emit('BatchNormalization', [x, scale, shift, zeros, ones], x.shape, { epsilon: { float: 0 } });
}

/** Sum of dy * (x - mean) over all but the channels. */
function centredSum(tape: Tape, x: Variable, dy: Variable, mean: Variable): Variable {
  const centred = tape.emit('Sub', [x, perChannel(tape, mean)], x.shape);
  return channelSum(tape, tape.emit('Mul', [dy, centred], x.shape));
}

function inverseDeviation(tape: Tape, variance: Variable): Variable {
  const shifted = tape.emit('Add', [variance, tape.graph.scalar(NORM_EPSILON)], variance.shape);
  return tape.emit('Reciprocal', [tape.emit('Sqrt', [shifted], variance.shape)], variance.shape);
}

function blend(tape: Tape, running: Variable, current: Variable, share: number): Variable {
  const kept = tape.emit('Mul', [running, tape.graph.scalar(1 - share)], running.shape);
  return tape.emit('Add', [kept, tape.emit('Mul', [current, tape.graph.scalar(share)], running.shape)], running.shape);
}

function perChannel(tape: Tape, vector: Variable): Variable {
  const shape = [1, ...vector.shape, 1, 1];
  return tape.emit('Reshape', [vector, tape.graph.int64s(shape)], shape);
}

// Two reductions, each along contiguous memory, take half the time of one over axes 0, 2 and 3.
function channelMean(tape: Tape, x: Variable): Variable {
  const [batch, channels] = imageShape(x);
  const perImage = tape.emit('ReduceMean', [x], [batch, channels], { axes: { ints: [2, 3] }, keepdims: { int: 0 } });
  return tape.emit('ReduceMean', [perImage], [channels], { axes: { ints: [0] }, keepdims: { int: 0 } });
}

function channelSum(tape: Tape, x: Variable): Variable {
  const [batch, channels] = imageShape(x);
  const perImage = tape.emit('ReduceSum', [x, tape.graph.int64s([2, 3])], [batch, channels], { keepdims: { int: 0 } });
  return tape.emit('ReduceSum', [perImage, tape.graph.int64s([0])], [channels], { keepdims: { int: 0 } });
}
