import { describe, expect, it } from 'vitest';
import { batchNorm } from '../../../src/train/autodiff/normalization.js';
import { Tape, type Variable } from '../../../src/train/autodiff/tape.js';
import { GraphBuilder } from '../../../src/onnx/graph.js';
import { createSession, floatsOf, floatTensor } from '../../../src/onnx/session.js';
import { numbers } from './finite-differences.js';

const shape = [4, 1, 6, 8];
const size = 4 * 6 * 8;
/** A running statistic of which nothing is kept. */
const REPLACED = 1;

/** What batch norm makes of one channel, and what its running statistics are after it. */
async function normalized(x: Float32Array): Promise<{ output: Float32Array; mean: number; variance: number }> {
  const graph = new GraphBuilder('norm');
  const tape = new Tape(graph);
  const vector = (value: number): Variable => ({ ...graph.constant(Float32Array.of(value), [1]), shape: [1] });
  const result = batchNorm(tape, { ...graph.input('x', 'float32', shape), shape }, {
    scale: vector(1), shift: vector(0), runningMean: vector(0), runningVariance: vector(1),
  }, REPLACED);
  graph.output(result.output, 'output', 'float32', shape);
  graph.output(result.runningMean, 'mean', 'float32', [1]);
  graph.output(result.runningVariance, 'variance', 'float32', [1]);
  const session = await createSession(graph.toModel());
  const outputs = await session.run({ x: floatTensor(x, shape) });
  await session.release();
  return {
    output: floatsOf(outputs, 'output'), mean: floatsOf(outputs, 'mean')[0] ?? NaN, variance: floatsOf(outputs, 'variance')[0] ?? NaN,
  };
}

/** In double precision. */
function moments(x: Float32Array): { mean: number; sumOfSquares: number } {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  return { mean, sumOfSquares: x.reduce((sum, value) => sum + (value - mean) ** 2, 0) };
}

describe('batch norm', () => {
  it.each([0, 300, 3000])('knows the variance of features whose mean is %d times their deviation', async (ratio) => {
    const x = numbers(size, 3).map((value) => value * Math.SQRT2 + ratio);
    const { mean, sumOfSquares } = moments(x);
    const deviation = Math.sqrt(sumOfSquares / size);
    const { output } = await normalized(x);
    for (const [index, value] of output.entries()) {
      expect(Math.abs(value - ((x[index] ?? NaN) - mean) / deviation)).toBeLessThan(1e-3);
    }
  });

  it('keeps the unbiased variance as its running one, as PyTorch does', async () => {
    const x = numbers(size, 4);
    const { mean, sumOfSquares } = moments(x);
    const running = await normalized(x);
    expect(running.mean).toBeCloseTo(mean, 6);
    expect(running.variance).toBeCloseTo(sumOfSquares / (size - 1), 5);
  });
});
