import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { blurGaussian, blurMotion, jpegBlocks } from '../../../src/train/data/degrade.js';
import { Random } from '../../../src/train/data/random.js';

/** Smooth waves with some grain. */
function picture(columns: number, rows: number): Float32Array {
  const random = new Random(3);
  return Float32Array.from({ length: columns * rows }, (_, i) =>
    Math.round(128 + 50 * Math.sin((i % columns) / 3) + 40 * Math.cos(Math.floor(i / columns) / 2) + 12 * random.signed()));
}

/** The mean of a picture around each pixel, weighted; its border repeats. */
function weighted(from: Float32Array, columns: number, rows: number, reach: number, weight: (dx: number, dy: number) => number): number[] {
  return Array.from(from, (_, i) => {
    let [sum, total] = [0, 0];
    for (let dy = -reach; dy <= reach; dy += 1) {
      for (let dx = -reach; dx <= reach; dx += 1) {
        const [x, y] = [Math.min(columns - 1, Math.max(0, (i % columns) + dx)), Math.min(rows - 1, Math.max(0, Math.floor(i / columns) + dy))];
        sum += weight(dx, dy) * (from[y * columns + x] ?? NaN);
        total += weight(dx, dy);
      }
    }
    return sum / total;
  });
}

function expectClose(found: Float32Array, expected: readonly number[], digits = 2): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((value, i) => { expect(value).toBeCloseTo(expected[i] ?? NaN, digits); });
}

describe('Gaussian blur', () => {
  it.each([0.3, 0.8, 1.7])('of %d px is the mean weighted by the bell curve, out to two deviations', (sigma) => {
    const [columns, rows] = [17, 11];
    const grid = picture(columns, rows);
    const expected = weighted(grid, columns, rows, Math.max(1, Math.ceil(2 * sigma)), (dx, dy) => Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma)));
    blurGaussian(grid, new Float32Array(columns * rows), columns, rows, sigma);
    expectClose(grid, expected);
  });
});

describe('motion blur', () => {
  it.each([[4, 0], [5, Math.PI / 2], [4, Math.PI / 4], [1, 0.3], [0.4, 1]])('of %d px at %d radians is the mean along that path', (length, angle) => {
    const [columns, rows] = [19, 13];
    const grid = picture(columns, rows);
    const taps = Math.max(2, Math.ceil(length) + 1);
    const path = Array.from({ length: taps }, (_, tap) => {
      const along = length * (tap / (taps - 1) - 0.5);
      return `${String(Math.round(along * Math.cos(angle)) + 0)},${String(Math.round(along * Math.sin(angle)) + 0)}`;
    });
    const expected = weighted(grid, columns, rows, 3, (dx, dy) => path.filter((step) => step === `${String(dx)},${String(dy)}`).length);
    // What lay in the scratch memory before does not matter.
    blurMotion(grid, new Float32Array(columns * rows).fill(99), columns, rows, length, angle);
    expectClose(grid, expected);
  });
});

describe('JPEG', () => {
  const [columns, rows] = [40, 24];

  /** What libjpeg makes of a gray picture. */
  async function throughLibjpeg(grid: Float32Array, width: number, height: number, quality: number): Promise<Uint8Array> {
    const jpeg = await sharp(Uint8Array.from(grid), { raw: { width, height, channels: 1 } }).jpeg({ quality }).toBuffer();
    return new Uint8Array(await sharp(jpeg).toColourspace('b-w').raw().toBuffer());
  }

  it.each([15, 30, 49, 50, 75, 90])('of quality %d leaves of luminance what libjpeg leaves', async (quality) => {
    const grid = picture(columns, rows);
    const expected = await throughLibjpeg(grid, columns, rows, quality);
    const before = Float32Array.from(grid);
    jpegBlocks(grid, columns, rows, quality, 0, 0);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const off = mean(Array.from(grid, (value, i) => Math.abs(value - (expected[i] ?? NaN))));
    const change = mean(Array.from(grid, (value, i) => Math.abs(value - (before[i] ?? NaN))));
    // libjpeg rounds its steps and its pixels to whole numbers.
    expect(off).toBeLessThan(0.6 + 0.15 * change);
    expect(change).toBeGreaterThan(1);
  });

  it('of quality 100 rounds, and no more', () => {
    const grid = picture(columns, rows);
    const before = Float32Array.from(grid);
    jpegBlocks(grid, columns, rows, 100, 0, 0);
    expect(Math.max(...grid.map((value, i) => Math.abs(value - (before[i] ?? NaN))))).toBeLessThan(2.5);
  });

  it('leaves a flat picture flat, wherever its blocks begin', () => {
    const grid = new Float32Array(columns * rows).fill(129);
    jpegBlocks(grid, columns, rows, 20, 5, 3);
    expect(new Set(grid.map(Math.round)).size).toBe(1);
  });

  it('works block by block, from where the first one begins', () => {
    const grid = picture(columns, rows);
    const other = Float32Array.from(grid);
    // A change in the pixel at 21,13 stays in the block that it lies in.
    other[13 * columns + 21] = 255;
    for (const each of [grid, other]) jpegBlocks(each, columns, rows, 40, 3, 2);
    const changed = [...grid.keys()].filter((i) => grid[i] !== other[i]).map((i) => ({ x: i % columns, y: Math.floor(i / columns) }));
    expect(changed.length).toBeGreaterThan(40);
    expect([Math.min(...changed.map(({ x }) => x)), Math.max(...changed.map(({ x }) => x))]).toEqual([21, 28]);
    expect([Math.min(...changed.map(({ y }) => y)), Math.max(...changed.map(({ y }) => y))]).toEqual([6, 13]);
  });

  it('repeats the border in blocks that reach beyond it', () => {
    // 5 px of the first block lie left of the picture, 6 of the last one right of it.
    const [width, height] = [13, 10];
    const grid = picture(width, height);
    const around = Float32Array.from({ length: 24 * 16 }, (_, i) =>
      grid[Math.min(height - 1, Math.max(0, Math.floor(i / 24) - 4)) * width + Math.min(width - 1, Math.max(0, (i % 24) - 5))] ?? NaN);
    const alike = Float32Array.from(around);
    jpegBlocks(alike, 24, 16, 35, 0, 0);
    jpegBlocks(grid, width, height, 35, 5, 4);
    expectClose(grid, Array.from(grid, (_, i) => alike[(Math.floor(i / width) + 4) * 24 + (i % width) + 5] ?? NaN), 3);
  });
});
