import { describe, expect, it } from 'vitest';
import { isSameFace, mergeLooks, suppressOverlaps } from '../../src/detect/non-max-suppression.js';
import { compareFaces } from '../../src/detect/scoring.js';
import type { Box } from '../../src/core/raster.js';

const square = (x: number, y: number, side: number): Box => ({ x, y, width: side, height: side });

describe('suppression of overlapping boxes', () => {
  it('keeps the best of each heap, best first', () => {
    const kept = suppressOverlaps([
      { box: square(0, 0, 10), score: 0.7 }, { box: square(1, 0, 10), score: 0.9 }, { box: square(50, 0, 10), score: 0.8 },
    ], 0.3);
    expect(kept.map(({ score }) => score)).toEqual([0.9, 0.8]);
  });

  it('keeps neighbours that touch', () => {
    expect(suppressOverlaps([{ box: square(0, 0, 10), score: 0.7 }, { box: square(8, 0, 10), score: 0.9 }], 0.3)).toHaveLength(2);
  });

  it('gives nothing for nothing', () => {
    expect(suppressOverlaps([], 0.3)).toEqual([]);
  });
});

describe('boxes from different looks', () => {
  it('are the same face when one holds most of the other, however small it is', () => {
    expect(isSameFace(square(0, 0, 100), square(10, 10, 30))).toBe(true);
    expect(isSameFace(square(0, 0, 100), square(90, 0, 100))).toBe(false);
  });

  it('are merged to the best one', () => {
    expect(mergeLooks([{ box: square(10, 10, 30), score: 0.6 }, { box: square(0, 0, 100), score: 0.9 }])).toHaveLength(1);
  });
});

describe('a comparison with annotated faces', () => {
  it('pairs each annotated face with one find and calls the rest false', () => {
    const result = compareFaces([square(0, 0, 40), square(200, 0, 40)], [square(4, -6, 44), square(6, 0, 40), square(100, 100, 30)]);
    expect(result.found).toEqual([square(0, 0, 40)]);
    expect(result.missed).toEqual([square(200, 0, 40)]);
    expect(result.falseFaces).toHaveLength(2);
  });
});
