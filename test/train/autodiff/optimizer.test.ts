import { describe, expect, it } from 'vitest';
import { momentCount, optimizerStep, type OptimizerOptions, type OptimizerState } from '../../../src/train/autodiff/optimizer.js';

const start = Float32Array.of(1, -2, 3);
const gradient = Float32Array.of(0.3, 0.4, -1.2);
const decayed = Float32Array.of(1, 0, 1);

/** The state after `steps` steps with the same gradient. */
function stateAfter(options: OptimizerOptions, steps: number, learningRate: number, averageRate = 0): OptimizerState {
  let state: OptimizerState = {
    parameters: start, average: start, moments: Array.from({ length: momentCount(options.name) }, () => new Float32Array(3)),
  };
  for (let step = 1; step <= steps; step += 1) {
    state = optimizerStep(state, gradient, decayed, { learningRate, step, averageRate }, options);
  }
  return state;
}

function stepsOf(options: OptimizerOptions, steps: number, learningRate: number): Float32Array {
  return stateAfter(options, steps, learningRate).parameters;
}

function expectClose(actual: Float32Array, expected: readonly number[]): void {
  expected.forEach((value, index) => { expect(actual[index]).toBeCloseTo(value, 4); });
}

describe('AdamW', () => {
  it('moves by the learning rate in the direction of a steady gradient, whatever its length', () => {
    expectClose(stepsOf({ name: 'adamw', weightDecay: 0, clip: 0 }, 5, 0.1), [0.5, -2.5, 3.5]);
  });

  it('takes weight decay from the weight and not through the gradient, and spares what is not decayed', () => {
    expectClose(stepsOf({ name: 'adamw', weightDecay: 0.5, clip: 0 }, 1, 0.1), [1 - 0.1 - 0.05, -2.1, 3 + 0.1 - 0.15]);
  });
});

describe('SGD with momentum', () => {
  it('adds up 1 + 1.9 + 2.71 gradients in three steps', () => {
    const moved = 0.1 * (1 + 1.9 + 2.71);
    expectClose(stepsOf({ name: 'sgd', weightDecay: 0, clip: 0 }, 3, 0.1),
      [1 - 0.3 * moved, -2 - 0.4 * moved, 3 + 1.2 * moved]);
  });

  it('shortens a gradient of length 1.3 to the clip, and keeps its direction', () => {
    expectClose(stepsOf({ name: 'sgd', weightDecay: 0, clip: 0.65 }, 1, 1), [1 - 0.15, -2 - 0.2, 3 + 0.6]);
  });

  it('leaves shorter gradients alone', () => {
    expectClose(stepsOf({ name: 'sgd', weightDecay: 0, clip: 2 }, 1, 1), [0.7, -2.4, 4.2]);
  });
});

it('the moving average goes the given share of the way to the new weights', () => {
  const { average } = stateAfter({ name: 'sgd', weightDecay: 0, clip: 0 }, 1, 1, 0.25);
  expectClose(average, [1 - 0.25 * 0.3, -2 - 0.25 * 0.4, 3 + 0.25 * 1.2]);
});

it('tells the length of the gradient before it is shortened, and leaves the state that it is given', () => {
  const state = { parameters: start.slice(), average: start.slice(), moments: [new Float32Array(3)] };
  const options = { name: 'sgd', weightDecay: 0.1, clip: 0.5 } as const;
  expect(optimizerStep(state, gradient, decayed, { learningRate: 0.1, step: 1, averageRate: 0.5 }, options).gradientNorm).toBeCloseTo(1.3, 6);
  expect(state).toEqual({ parameters: start, average: start, moments: [new Float32Array(3)] });
});
