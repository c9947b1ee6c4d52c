import { describe, expect, it } from 'vitest';
import { plainCrop, shrunkCrop } from '../../../src/train/data/plain-crop.js';
import { eyes, pattern } from './eyes.js';

/** Canvases of 72 x 48 px in whose middle lie crops of 48 x 32. */
const dataset = eyes([{ source: 'a', label: 0, group: 'a' }, { source: 'a', label: 1, group: 'b' }]);
const canvases = [pattern(0), pattern(1)];
const pixel = (row: number, x: number, y: number): number => canvases[row]?.[(8 + y) * 72 + 12 + x] ?? NaN;

/** The mean of the middle of a canvas over a rectangle, px of the crop, parts of px counted as parts. */
function meanOver(row: number, left: number, top: number, right: number, bottom: number): number {
  let [sum, area] = [0, 0];
  for (let y = 0; y < 32; y += 1) {
    for (let x = 0; x < 48; x += 1) {
      const part = Math.max(0, Math.min(right, x + 1) - Math.max(left, x)) * Math.max(0, Math.min(bottom, y + 1) - Math.max(top, y));
      sum += part * pixel(row, x, y);
      area += part;
    }
  }
  return sum / area;
}

describe('the middle of a canvas without augmentation', () => {
  it('is its very pixels at the size of the crop', () => {
    for (const row of [0, 1]) {
      expect([...plainCrop(dataset, row, 48, 32)]).toEqual(Array.from({ length: 48 * 32 }, (_, i) => pixel(row, i % 48, Math.floor(i / 48))));
    }
  });

  it.each([[24, 16], [16, 8], [20, 13], [7, 5], [48, 20]])('is means at %d x %d', (width, height) => {
    const expected = Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return meanOver(1, 48 * x / width, 32 * y / height, 48 * (x + 1) / width, 32 * (y + 1) / height);
    });
    plainCrop(dataset, 1, width, height).forEach((value, i) => { expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThanOrEqual(0.5 + 1e-9); });
  });
});

describe('the same eye in a smaller photo', () => {
  /** A picture of so many columns and rows, enlarged: bilinear between the middles of its px, which repeat at the border. */
  function enlarged(small: readonly number[], columns: number, rows: number, width: number, height: number): number[] {
    return Array.from({ length: width * height }, (_, i) => {
      const at = (size: number, of: number, index: number): number => Math.min(size - 1, Math.max(0, (index + 0.5) * size / of - 0.5));
      const [x, y] = [at(columns, width, i % width), at(rows, height, Math.floor(i / width))];
      const pixelAt = (column: number, row: number): number => small[Math.min(rows - 1, row) * columns + Math.min(columns - 1, column)] ?? NaN;
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const line = (row: number): number => pixelAt(left, row) * (1 - x + left) + pixelAt(left + 1, row) * (x - left);
      return line(top) * (1 - y + top) + line(top + 1) * (y - top);
    });
  }

  it.each([[12, 23, 15], [6, 11, 7], [20, 38, 25]])('%d px wide is a crop of %d x %d px, enlarged', (eyeWidth, columns, rows) => {
    for (const [width, height] of [[48, 32], [24, 16]] as const) {
      const expected = enlarged([...plainCrop(dataset, 1, columns, rows)], columns, rows, width, height);
      shrunkCrop(dataset, 1, width, height, eyeWidth).forEach((value, i) => { expect(Math.abs(value - (expected[i] ?? NaN))).toBeLessThanOrEqual(0.5 + 1e-9); });
    }
  });

  it('has two rows at least', () => {
    const [top, bottom] = [shrunkCrop(dataset, 0, 48, 32, 1).subarray(0, 48), shrunkCrop(dataset, 0, 48, 32, 1).subarray(31 * 48)];
    const [above, below] = [plainCrop(dataset, 0, 2, 2).subarray(0, 2), plainCrop(dataset, 0, 2, 2).subarray(2)];
    expect([[top[0], top[47]], [bottom[0], bottom[47]]]).toEqual([[...above], [...below]]);
  });

  it('is left alone where it is no wider', () => {
    expect(shrunkCrop(dataset, 1, 48, 32, 48 / 1.9)).toEqual(plainCrop(dataset, 1, 48, 32));
    expect(shrunkCrop(dataset, 1, 48, 32, 500)).toEqual(plainCrop(dataset, 1, 48, 32));
    expect(shrunkCrop(dataset, 1, 48, 32, 24)).not.toEqual(plainCrop(dataset, 1, 48, 32));
  });
});
