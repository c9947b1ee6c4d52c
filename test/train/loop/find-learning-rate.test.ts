import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/train/data/random.js';
import { findLearningRate, suggest } from '../../../src/train/loop/find-learning-rate.js';
import type { Batch } from '../../../src/train/data/loader.js';
import type { TrainingState, TrainingStep } from '../../../src/train/loop/step.js';

const empty = new Float32Array(0);
const start: TrainingState = { parameters: empty, moments: [], statistics: empty, average: empty, step: 0 };
const batch: Batch = {
  pixels: new Uint8Array(0), labels: new Uint8Array(0), weights: empty, rows: new Int32Array(0), count: 0, height: 8, width: 12,
};
async function* batches(): AsyncGenerator<Batch, void, void> {
  for (;;) yield await Promise.resolve(batch);
}

/** The loss falls from 0.7 to 0.3 around a rate of `middle`, and rises steeply from `limit` on; steps are noisy. */
function madeUpStep(middle: number, limit: number, noise: number, seed: number): TrainingStep {
  const random = new Random(seed);
  return {
    batch: 1,
    run: (state, _, rate) => {
      const fall = 0.4 / (1 + (middle / rate) ** 1.2);
      const loss = 0.7 - fall + Math.max(0, Math.log10(rate / limit)) * 20 + noise * random.signed();
      return Promise.resolve({ state, loss, logits: empty, gradientNorm: 1 });
    },
    release: () => Promise.resolve(),
  };
}

async function found(step: TrainingStep): Promise<number> {
  const { suggestion } = await findLearningRate(step, start, batches(), new AbortController().signal);
  return suggestion;
}

describe('the search for a learning rate', () => {
  it('says nearly the same for any seed, although steps are as noisy as the loss falls', async () => {
    const rates = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => found(madeUpStep(0.003, 2, 0.25, seed))));
    expect(Math.max(...rates) / Math.min(...rates)).toBeLessThan(2.5);
    for (const rate of rates) {
      expect(rate).toBeGreaterThan(0.001);
      expect(rate).toBeLessThan(0.009);
    }
  });

  it('stays well below the rate at which the loss runs away', async () => {
    // What the loss still has to fall when it runs away is not waited for.
    expect(await found(madeUpStep(0.02, 0.02, 0.05, 1))).toBeLessThanOrEqual(0.02 / 2);
    // A curve that was broken off while it still fell.
    expect(suggest(Float64Array.from({ length: 60 }, (_, index) => 0.7 - index / 1000))).toBeLessThan(0.0103 / 4 + 1e-6);
  });
});
