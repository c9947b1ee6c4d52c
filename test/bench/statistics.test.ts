import { describe, expect, it } from 'vitest';
import { median, medianRatio, percentile } from '../../src/bench/statistics.js';

describe('percentile', () => {
  it('is a value of the list where one lies there, and between two otherwise', () => {
    expect(percentile([4, 1, 3, 2, 5], 0)).toBe(1);
    expect(percentile([4, 1, 3, 2, 5], 1)).toBe(5);
    expect(percentile([4, 1, 3, 2, 5], 0.25)).toBe(2);
    expect(percentile([10, 20], 0.95)).toBeCloseTo(19.5);
  });

  it('does not care about one outlier in the middle', () => {
    expect(median([1, 2, 1000])).toBe(2);
    expect(median([1, 2, 3, 1000])).toBe(2.5);
  });

  it('is not a number for nothing', () => {
    expect(median([])).toBeNaN();
  });
});

describe('medianRatio', () => {
  it('cancels a machine that slows down for some rounds', () => {
    const reference = [100, 100, 20, 10, 100];
    const value = reference.map((rate) => rate * 0.8);
    expect(medianRatio(value, reference)).toBeCloseTo(0.8);
  });
});
