import { describe, expect, it } from 'vitest';
import { detectionFigures, type AnnotatedFace, type ScoredPhoto } from '../../../src/train/metrics/detection-metrics.js';

function face(x: number, side: number, ignored = false): AnnotatedFace {
  return { x, y: 100, width: side, height: side, ignored };
}

function found(x: number, side: number, score: number): ScoredPhoto['found'][number] {
  return { box: { x, y: 100, width: side, height: side }, score };
}

describe('detection figures', () => {
  const photo: ScoredPhoto = {
    faces: [face(0, 30), face(100, 30), face(200, 60), face(400, 40, true)],
    found: [found(1, 30, 0.9), found(202, 58, 0.8), found(400, 40, 0.75), found(600, 30, 0.7), found(102, 30, 0.6)],
  };

  it('count recall by size at the score that allows so many false faces', () => {
    const none = detectionFigures([photo], 0);
    expect(none.threshold).toBe(0.75);
    expect(none.falseFaces).toBe(0);
    expect(none.sizes.map(({ faces, recall }) => [faces, recall])).toEqual([[0, NaN], [2, 0.5], [1, 1], [0, NaN]]);
    const one = detectionFigures([photo], 1);
    expect(one.falseFaces).toBe(1);
    expect(one.sizes[1]?.recall).toBe(1);
  });

  it('take a second find of one face for false', () => {
    const twice = { ...photo, found: [...photo.found, found(3, 30, 0.95)] };
    expect(detectionFigures([twice], 10).falseFaces).toBe(2);
  });

  it('give average precision from the curve of a size', () => {
    // Hit, false find of the same size, hit: precision 1 at recall 1/2, 2/3 at recall 1.
    expect(detectionFigures([photo], 0).sizes[1]?.averagePrecision).toBeCloseTo((1 + 2 / 3) / 2, 6);
    expect(detectionFigures([photo], 0).sizes[2]?.averagePrecision).toBe(1);
  });

  it('do not count finds of tiny faces', () => {
    const tiny: ScoredPhoto = { faces: [face(0, 8)], found: [found(0, 8, 0.9), found(50, 7, 0.9)] };
    expect(detectionFigures([tiny], 10).falseFaces).toBe(0);
  });
});
