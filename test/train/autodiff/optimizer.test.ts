import { describe, expect, it } from 'vitest';
import { momentCount, movingAverage, optimizerStep, type OptimizerOptions } from '../../../src/train/autodiff/optimizer.js';
import { Tape } from '../../../src/train/autodiff/tape.js';
import { GraphBuilder } from '../../../src/onnx/graph.js';
import { createSession, floatsOf, floatTensor } from '../../../src/onnx/session.js';

const start = Float32Array.of(1, -2, 3);
const gradient = Float32Array.of(0.3, 0.4, -1.2);
const decayed = Float32Array.of(1, 0, 1);

/** Parameters after `steps` steps with the same gradient. */
async function stepsOf(options: OptimizerOptions, steps: number, learningRate: number): Promise<Float32Array> {
  const graph = new GraphBuilder('optimizer');
  const tape = new Tape(graph);
  const vector = (name: string) => ({ ...graph.input(name, 'float32', [3]), shape: [3] });
  const names = Array.from({ length: momentCount(options.name) }, (_, index) => `moment${String(index)}`);
  const result = optimizerStep(tape, {
    parameters: vector('parameters'), gradient: vector('gradient'), moments: names.map(vector),
    decayed: graph.constant(decayed, [3]),
    learningRate: graph.input('rate', 'float32', []), step: graph.input('step', 'float32', []),
  }, options);
  graph.output(result.parameters, 'new_parameters', 'float32', [3]);
  for (const [index, moment] of result.moments.entries()) graph.output(moment, `new_moment${String(index)}`, 'float32', [3]);
  const session = await createSession(graph.toModel());
  let parameters: Float32Array = start;
  let moments: Float32Array[] = names.map(() => new Float32Array(3));
  for (let step = 1; step <= steps; step += 1) {
    const outputs = await session.run({
      parameters: floatTensor(parameters, [3]), gradient: floatTensor(gradient, [3]),
      ...Object.fromEntries(names.map((name, index) => [name, floatTensor(moments[index] ?? new Float32Array(3), [3])])),
      rate: floatTensor(Float32Array.of(learningRate), []), step: floatTensor(Float32Array.of(step), []),
    });
    parameters = floatsOf(outputs, 'new_parameters');
    moments = names.map((_, index) => floatsOf(outputs, `new_moment${String(index)}`));
  }
  await session.release();
  return parameters;
}

function expectClose(actual: Float32Array, expected: readonly number[]): void {
  expected.forEach((value, index) => { expect(actual[index]).toBeCloseTo(value, 4); });
}

describe('AdamW', () => {
  it('moves by the learning rate in the direction of a steady gradient, whatever its length', async () => {
    expectClose(await stepsOf({ name: 'adamw', weightDecay: 0, clip: 0 }, 5, 0.1), [0.5, -2.5, 3.5]);
  });

  it('takes weight decay from the weight and not through the gradient, and spares what is not decayed', async () => {
    expectClose(await stepsOf({ name: 'adamw', weightDecay: 0.5, clip: 0 }, 1, 0.1), [1 - 0.1 - 0.05, -2.1, 3 + 0.1 - 0.15]);
  });
});

describe('SGD with momentum', () => {
  it('adds up 1 + 1.9 + 2.71 gradients in three steps', async () => {
    const moved = 0.1 * (1 + 1.9 + 2.71);
    expectClose(await stepsOf({ name: 'sgd', weightDecay: 0, clip: 0 }, 3, 0.1),
      [1 - 0.3 * moved, -2 - 0.4 * moved, 3 + 1.2 * moved]);
  });

  it('shortens a gradient of length 1.3 to the clip, and keeps its direction', async () => {
    expectClose(await stepsOf({ name: 'sgd', weightDecay: 0, clip: 0.65 }, 1, 1), [1 - 0.15, -2 - 0.2, 3 + 0.6]);
  });

  it('leaves shorter gradients alone', async () => {
    expectClose(await stepsOf({ name: 'sgd', weightDecay: 0, clip: 2 }, 1, 1), [0.7, -2.4, 4.2]);
  });
});

it('the moving average goes the given share of the way', async () => {
  const graph = new GraphBuilder('average');
  const tape = new Tape(graph);
  const constant = (data: Float32Array) => ({ ...graph.constant(data, [3]), shape: [3] });
  const average = movingAverage(tape, constant(start), constant(gradient), graph.scalar(0.25));
  graph.output(average, 'average', 'float32', [3]);
  const session = await createSession(graph.toModel());
  expectClose(floatsOf(await session.run({}), 'average'), [0.825, -1.4, 1.95]);
  await session.release();
});
