import { describe, expect, it } from 'vitest';
import { learningRateAt } from '../../../src/train/autodiff/schedule.js';

describe('learning rate over a run', () => {
  it('one-cycle rises from a 25th to its highest after a quarter, and falls to a thousandth', () => {
    expect(learningRateAt('one-cycle', 1, 0)).toBeCloseTo(1 / 25);
    expect(learningRateAt('one-cycle', 1, 0.25)).toBeCloseTo(1);
    expect(learningRateAt('one-cycle', 1, 1)).toBeCloseTo(1 / 1000);
    expect(learningRateAt('one-cycle', 1, 0.6)).toBeLessThan(learningRateAt('one-cycle', 1, 0.5));
  });

  it('cosine falls from the start, half way at half time', () => {
    expect(learningRateAt('cosine', 2, 0)).toBeCloseTo(2);
    expect(learningRateAt('cosine', 2, 0.5)).toBeCloseTo(1.001);
    expect(learningRateAt('cosine', 2, 1)).toBeCloseTo(0.002);
  });

  it('constant stays', () => {
    expect([0, 0.3, 1].map((progress) => learningRateAt('constant', 0.1, progress))).toEqual([0.1, 0.1, 0.1]);
  });
});
