import { describe, expect, it } from 'vitest';
import { activate } from '../../../src/train/autodiff/activation.js';
import { add, dense, gate, globalAveragePool } from '../../../src/train/autodiff/arithmetic.js';
import {
  clamp, divide, exponential, maximum, minimum, multiply, scaleAndShift, smoothAbsolute, subtract, sumAll,
} from '../../../src/train/autodiff/elementwise.js';
import { channelsOf, concatenate, double } from '../../../src/train/autodiff/layout.js';
import { convolution } from '../../../src/train/autodiff/convolution.js';
import { binaryCrossEntropy } from '../../../src/train/autodiff/loss.js';
import { batchNorm, channelNorm, frozenBatchNorm } from '../../../src/train/autodiff/normalization.js';
import type { Tape, Variable } from '../../../src/train/autodiff/tape.js';
import { gradientError, numbers, type Shapes } from './finite-differences.js';

/** Float32 and a step of 1/128 leave about this much. */
const TOLERANCE = 5e-3;

type Inputs = Readonly<Record<string, Variable>>;

function named(inputs: Inputs, name: string): Variable {
  const input = inputs[name];
  if (!input) throw new Error(`no input ${name}`);
  return input;
}

interface Case {
  readonly what: string;
  readonly shapes: Shapes;
  readonly write: (tape: Tape, input: (name: string) => Variable) => Variable;
  readonly values?: Readonly<Record<string, Float32Array>>;
}

function positive(count: number): Float32Array {
  return numbers(count, 7).map((value) => 1.5 + value);
}

/** Values that stay on their side of 0 when they are moved a little. */
function awayFromZero(count: number): Float32Array {
  return numbers(count, 5).map((value) => (value < 0 ? value - 0.1 : value + 0.1));
}

const image = [3, 4, 6, 8];

const cases: readonly Case[] = [
  ...[[1, 1], [1, 2], [3, 1], [3, 2], [5, 1], [5, 2]].flatMap(([kernel = 1, stride = 1]): Case[] => [
    {
      what: `dense ${String(kernel)}x${String(kernel)} convolution, stride ${String(stride)}, with bias`,
      shapes: { x: image, w: [5, 4, kernel, kernel], b: [5] },
      write: (tape, input) => convolution(tape, input('x'), input('w'), input('b'), { stride }),
    },
    {
      what: `depthwise ${String(kernel)}x${String(kernel)} convolution, stride ${String(stride)}`,
      shapes: { x: image, w: [4, 1, kernel, kernel] },
      write: (tape, input) => convolution(tape, input('x'), input('w'), undefined, { stride, depthwise: true }),
    },
  ]),
  {
    what: 'convolution of stride 2 of odd sizes',
    shapes: { x: [2, 3, 7, 9], w: [4, 3, 3, 3] },
    write: (tape, input) => convolution(tape, input('x'), input('w'), undefined, { stride: 2 }),
  },
  {
    what: 'channel norm',
    shapes: { x: image, scale: [4], shift: [4] },
    write: (tape, input) => channelNorm(tape, input('x'), input('scale'), input('shift')),
  },
  {
    what: 'ReLU', shapes: { x: image }, values: { x: awayFromZero(576) },
    write: (tape, input) => activate(tape, input('x'), 'relu'),
  },
  { what: 'SiLU', shapes: { x: image }, write: (tape, input) => activate(tape, input('x'), 'silu') },
  { what: 'GELU', shapes: { x: image }, write: (tape, input) => activate(tape, input('x'), 'gelu') },
  { what: 'sigmoid', shapes: { x: image }, write: (tape, input) => activate(tape, input('x'), 'sigmoid') },
  { what: 'sum', shapes: { a: image, b: image }, write: (tape, input) => add(tape, input('a'), input('b')) },
  {
    what: 'a value used twice', shapes: { x: image },
    write: (tape, input) => add(tape, activate(tape, input('x'), 'sigmoid'), input('x')),
  },
  { what: 'gates', shapes: { x: image, g: [3, 4] }, write: (tape, input) => gate(tape, input('x'), input('g')) },
  { what: 'global average pool', shapes: { x: image }, write: (tape, input) => globalAveragePool(tape, input('x')) },
  {
    what: 'dense layer', shapes: { x: [3, 4], w: [5, 4], b: [5] },
    write: (tape, input) => dense(tape, input('x'), input('w'), input('b')),
  },
  { what: 'difference', shapes: { a: [2, 3], b: [2, 3] }, write: (tape, input) => subtract(tape, input('a'), input('b')) },
  { what: 'product', shapes: { a: [2, 3], b: [2, 3] }, write: (tape, input) => multiply(tape, input('a'), input('b')) },
  {
    what: 'quotient', shapes: { a: [2, 3], b: [2, 3] }, values: { b: Float32Array.of(1, -2, 3, 1.5, -1, 2) },
    write: (tape, input) => divide(tape, input('a'), input('b')),
  },
  { what: 'scaled and shifted', shapes: { x: [2, 3] }, write: (tape, input) => scaleAndShift(tape, input('x'), -3, 2) },
  { what: 'exponential', shapes: { x: [2, 3] }, write: (tape, input) => exponential(tape, input('x')) },
  { what: 'the smaller of two', shapes: { a: [2, 3], b: [2, 3] }, write: (tape, input) => minimum(tape, input('a'), input('b')) },
  { what: 'the larger of two', shapes: { a: [2, 3], b: [2, 3] }, write: (tape, input) => maximum(tape, input('a'), input('b')) },
  { what: 'kept between numbers', shapes: { x: [4, 5] }, write: (tape, input) => clamp(tape, input('x'), -0.5, 0.4) },
  { what: 'smooth absolute value', shapes: { x: [4, 5] }, write: (tape, input) => smoothAbsolute(tape, input('x'), 0.3) },
  { what: 'sum of all', shapes: { x: [4, 5] }, write: (tape, input) => sumAll(tape, input('x')) },
  { what: 'doubled map', shapes: { x: [2, 3, 2, 3] }, write: (tape, input) => double(tape, input('x')) },
  {
    what: 'concatenation', shapes: { a: [2, 3, 4], b: [2, 3, 2] },
    write: (tape, input) => concatenate(tape, [input('a'), input('b')], 2),
  },
  { what: 'some channels', shapes: { x: [2, 5, 3] }, write: (tape, input) => channelsOf(tape, input('x'), 1, 3) },
  { what: 'reshape', shapes: { x: [3, 4] }, write: (tape, input) => tape.reshape(input('x'), [2, 6]) },
  {
    what: 'weighted, smoothed cross-entropy',
    shapes: { z: [6] },
    write: (tape, input) => binaryCrossEntropy(tape, input('z'), tape.graph.constant(Float32Array.of(0, 1, 1, 0, 1, 0), [6]),
      tape.graph.constant(Float32Array.of(1, 2, 1, 0.5, 1, 3), [6]), 0.1),
  },
];

describe('gradients equal finite differences', () => {
  it.each(cases)('$what', async ({ shapes, write, values }) => {
    const error = await gradientError(shapes, (tape, inputs) => write(tape, (name) => named(inputs, name)), values);
    expect(error).toBeLessThan(TOLERANCE);
  });

  it('batch norm by the statistics of the batch', async () => {
    const error = await gradientError({ x: image, scale: [4], shift: [4] }, (tape, inputs) => {
      const running = { ...tape.graph.constant(positive(4), [4]), shape: [4] };
      return batchNorm(tape, named(inputs, 'x'), {
        scale: named(inputs, 'scale'), shift: named(inputs, 'shift'), runningMean: running, runningVariance: running,
      }, 0.1).output;
    });
    expect(error).toBeLessThan(TOLERANCE);
  });

  it('batch norm by running statistics', async () => {
    const error = await gradientError({ x: image, scale: [4], shift: [4] }, (tape, inputs) => {
      const running = { ...tape.graph.constant(positive(4), [4]), shape: [4] };
      return frozenBatchNorm(tape, named(inputs, 'x'), {
        scale: named(inputs, 'scale'), shift: named(inputs, 'shift'), runningMean: running, runningVariance: running,
      }).output;
    });
    expect(error).toBeLessThan(TOLERANCE);
  });
});
