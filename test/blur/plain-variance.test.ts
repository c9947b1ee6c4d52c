import { describe, expect, it } from 'vitest';
import { random } from '../../bench/blur/degrade.js';
import { luminanceGrid } from '../../src/blur/luminance-grid.js';
import { plainVariance } from '../../src/blur/plain-variance.js';
import type { Box, Raster } from '../../src/core/raster.js';

function speckle(width: number, height: number): Raster {
  const next = random(5);
  return { data: Uint8Array.from({ length: width * height }, () => 256 * next()), width, height, channels: 1 };
}

/** The variance of the Laplacian by definition, in the cells of a grid whose middles lie within an ellipse. */
function variance(data: ArrayLike<number>, width: number, height: number, ellipse: Box): number {
  const values: number[] = [];
  const at = (x: number, y: number): number => data[y * width + x] ?? NaN;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const u = (x + 0.5 - ellipse.x - ellipse.width / 2) / (ellipse.width / 2);
      const v = (y + 0.5 - ellipse.y - ellipse.height / 2) / (ellipse.height / 2);
      if (u * u + v * v > 1) continue;
      values.push(at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y));
    }
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}

describe('the classic variance of the Laplacian', () => {
  const image = speckle(90, 80);

  it.each<[string, Box]>([
    ['in the picture', { x: 10, y: 12, width: 40, height: 52 }],
    ['wider than high', { x: 5, y: 20, width: 70, height: 30 }],
    ['that reaches beyond it to the left and above', { x: -15, y: -10, width: 60, height: 60 }],
    ['that reaches beyond it to the right and below', { x: 60, y: 50, width: 50, height: 44 }],
  ])('is that of the ellipse in the box of a face %s', (_, face) => {
    const [left, top] = [Math.max(0, face.x), Math.max(0, face.y)];
    const [width, height] = [Math.min(90, face.x + face.width) - left, Math.min(80, face.y + face.height) - top];
    const part = Array.from({ length: width * height }, (__, i) => image.data[(top + Math.floor(i / width)) * 90 + left + (i % width)] ?? NaN);
    const expected = variance(part, width, height, { ...face, x: face.x - left, y: face.y - top });
    expect(plainVariance(image, face) / expected).toBeCloseTo(1, 6);
  });

  it('is that of the face shrunk to 112 px across, where it is larger', () => {
    const large = speckle(300, 240);
    const face = { x: 20, y: 10, width: 224, height: 224 };
    const grid = luminanceGrid(large, face, 2);
    if (grid === undefined) throw new Error('the face is in the picture');
    const expected = variance(Float32Array.from(grid.data), grid.width, grid.height, { x: 0, y: 0, width: 112, height: 112 });
    expect(plainVariance(large, face) / expected).toBeCloseTo(1, 6);
  });

  it('is not that of a face blurred by resampling, where it is hardly larger', () => {
    const pixels = speckle(130, 130);
    const of = (side: number): number => plainVariance(pixels, { x: 5, y: 5, width: side, height: side });
    expect(of(113) / of(112)).toBeGreaterThan(0.95);
    expect(of(114) / of(112)).toBeLessThan(0.95);
  });

  it('is 0 where there is nothing to measure', () => {
    expect(plainVariance(image, { x: 200, y: 0, width: 40, height: 40 })).toBe(0);
    expect(plainVariance(image, { x: 10, y: 10, width: 0, height: -4 })).toBe(0);
    expect(plainVariance({ ...image, data: image.data.map(() => 77) }, { x: 10, y: 10, width: 40, height: 40 })).toBe(0);
  });
});
