import { describe, expect, it } from 'vitest';
import { createBackbone } from '../../../src/train/backbones/index.js';
import type { StepInput } from '../../../src/train/loop/step-input.js';
import { createTrainingStep, initialState, layoutOf, type StepResult } from '../../../src/train/loop/step.js';

const [height, width] = [16, 24];

/** Eyes that differ, in one half of which nothing is hidden, and that do not all count alike. */
function someEyes(count: number): StepInput {
  return {
    pixels: Uint8Array.from({ length: count * height * width }, (_, index) => (index * 2654435761 >>> 11) % 251),
    labels: Uint8Array.from({ length: count }, (_, index) => (index < count / 2 ? index % 2 : index % 3)),
    weights: Float32Array.from({ length: count }, (_, index) => 0.5 + (index % 4) / 2),
    height, width,
  };
}

/** What one step makes of a net whose weights move by the gradient itself. */
async function stepOf(backbone: string, batch: StepInput, options: { readonly accumulate?: number; readonly threads?: number } = {}): Promise<StepResult> {
  const net = createBackbone(backbone);
  const step = await createTrainingStep(net, {
    batch: batch.labels.length, height, width, threads: 1, labelSmoothing: 0.1, optimizer: { name: 'sgd', weightDecay: 0, clip: 0 }, ...options,
  });
  const result = await step.run(initialState(layoutOf(net), 'sgd', 1), batch, 1);
  await step.release();
  return result;
}

/** The largest difference, in shares of the largest value. */
function difference(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a === undefined || b === undefined || a.length !== b.length) return NaN;
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - (b[index] ?? NaN))), 0) / largest;
}

// Its normalization is over channels: what an image gives does not depend on the others.
const withoutBatchNorm = 'convnext-small';

describe('the gradient of a batch that is gone through in parts', () => {
  it.each([
    ['two parts one after the other', { accumulate: 2 }],
    ['six parts one after the other', { accumulate: 6 }],
    ['two threads', { threads: 2 }],
    ['five threads, whose parts are not of one size', { threads: 5 }],
    ['two parts one after the other, on two threads', { accumulate: 2, threads: 2 }],
  ])('is that of the whole batch: %s', async (_, options) => {
    const whole = await stepOf(withoutBatchNorm, someEyes(12));
    const parts = await stepOf(withoutBatchNorm, someEyes(12), options);
    expect(difference(parts.state.moments[0], whole.state.moments[0])).toBeLessThan(1e-5);
    expect(difference(parts.state.parameters, whole.state.parameters)).toBeLessThan(1e-5);
    expect(parts.loss).toBeCloseTo(whole.loss, 5);
    expect(parts.gradientNorm / whole.gradientNorm).toBeCloseTo(1, 5);
  });

  it('is it with batch norm too, where the parts are alike; else batch norm goes by each part itself', async () => {
    const half = someEyes(6);
    const twice = {
      ...half, pixels: Uint8Array.from([...half.pixels, ...half.pixels]), labels: Uint8Array.from([...half.labels, ...half.labels]),
      weights: Float32Array.from([...half.weights, ...half.weights]),
    };
    const alike = await Promise.all([stepOf('plain-nano', twice), stepOf('plain-nano', twice, { accumulate: 2 })]);
    expect(difference(alike[1].state.moments[0], alike[0].state.moments[0])).toBeLessThan(1e-4);
    const others = await Promise.all([stepOf('plain-nano', someEyes(12)), stepOf('plain-nano', someEyes(12), { accumulate: 2 })]);
    expect(difference(others[1].state.moments[0], others[0].state.moments[0])).toBeGreaterThan(1e-3);
  });

  it('leaves the mean of what its parts say in the running statistics', async () => {
    const batch = someEyes(12);
    const area = height * width;
    const half = (from: number): StepInput => ({
      ...batch, pixels: batch.pixels.slice(from * area, (from + 6) * area), labels: batch.labels.slice(from, from + 6), weights: batch.weights.slice(from, from + 6),
    });
    const [first, second, both] = await Promise.all([
      stepOf('plain-nano', half(0)), stepOf('plain-nano', half(6)), stepOf('plain-nano', batch, { threads: 2 }),
    ]);
    const mean = first.state.statistics.map((value, index) => (value + (second.state.statistics[index] ?? NaN)) / 2);
    expect(difference(both.state.statistics, mean)).toBeLessThan(1e-6);
  });
});

it('gives the same weights, to the last bit, for the same number of threads', async () => {
  const [once, again] = [await stepOf('plain-nano', someEyes(12), { threads: 3 }), await stepOf('plain-nano', someEyes(12), { threads: 3 })];
  expect(again).toEqual(once);
});

it('takes fewer threads than it may where there are fewer images', async () => {
  const [one, many] = [await stepOf('plain-nano', someEyes(2), { threads: 2 }), await stepOf('plain-nano', someEyes(2), { threads: 8 })];
  expect(many).toEqual(one);
});
