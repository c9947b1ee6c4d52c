/**
 * Squares cut out of rasters, held against means taken pixel by pixel.
 */
import { describe, expect, it } from 'vitest';
import { fromSquare, sampleSquare, type Square } from '../../src/detect/sample.js';
import type { Raster } from '../../src/core/raster.js';
import { demoPhotos } from '../support/shared-data.js';
import { readRaster } from './photos.js';

const size = 64;

function sampled(image: Raster, square: Square): Uint8Array {
  const out = new Uint8Array(size * size * 3).fill(7);
  sampleSquare(image, square, size, out);
  return out;
}

const demoPhoto = (): Promise<Raster> => readRaster(demoPhotos[0] ?? '');

/** Mean over a fine grid of exact bilinear samples: what any sampler stands in for. */
function exactMean(image: Raster, square: Square, column: number, row: number, channel: number): number {
  const fine = 16;
  let sum = 0;
  for (let i = 0; i < fine * fine; i += 1) {
    const at = fromSquare(square, size, column + (i % fine + 0.5) / fine, row + (Math.floor(i / fine) + 0.5) / fine);
    sum += bilinear(image, at.x - 0.5, at.y - 0.5, channel);
  }
  return sum / fine ** 2;
}

function bilinear({ data, width, channels }: Raster, x: number, y: number, channel: number): number {
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const of = (dx: number, dy: number): number => data[((y0 + dy) * width + x0 + dx) * channels + channel] ?? 0;
  const upper = of(0, 0) + (x - x0) * (of(1, 0) - of(0, 0));
  const lower = of(0, 1) + (x - x0) * (of(1, 1) - of(0, 1));
  return upper + (y - y0) * (lower - upper);
}

describe('sampleSquare', () => {
  it('copies pixels where a sample is a pixel', async () => {
    const image = await demoPhoto();
    const out = sampled(image, { center: { x: 400 + size / 2, y: 300 + size / 2 }, side: size, angle: 0 });
    const row = 20;
    const from = ((300 + row) * image.width + 400) * 3;
    expect([...out.subarray(row * size * 3, (row + 1) * size * 3)]).toEqual([...image.data.subarray(from, from + size * 3)]);
  });

  it.each([
    ['enlarged', 40, 0], ['turned', 90, 0.4], ['shrunk', 250, 0], ['shrunk and turned', 400, -0.3], ['shrunk tenfold', 640, 0.1],
  ])('gives about the mean of what a sample covers: %s', async (_, side, angle) => {
    const image = await demoPhoto();
    const square = { center: { x: 700.3, y: 600.8 }, side, angle };
    const out = sampled(image, square);
    let difference = 0;
    let count = 0;
    for (let row = 0; row < size; row += 4) {
      for (let column = 0; column < size; column += 4) {
        for (let channel = 0; channel < 3; channel += 1) {
          difference += Math.abs((out[(row * size + column) * 3 + channel] ?? 0) - exactMean(image, square, column, row, channel));
          count += 1;
        }
      }
    }
    expect(difference / count).toBeLessThan(4);
  });

  it('is black outside the image and nowhere else, however the square is turned', () => {
    const image: Raster = { data: new Uint8Array(50 * 40 * 3).fill(200), width: 50, height: 40, channels: 3 };
    for (const [side, angle] of [[30, 0], [90, 0.5], [200, 0], [400, 1.2]] as const) {
      const square = { center: { x: 45, y: 5 }, side, angle };
      const out = sampled(image, square);
      for (let index = 0; index < size * size; index += 1) {
        const { x, y } = fromSquare(square, size, index % size + 0.5, Math.floor(index / size) + 0.5);
        // Where a sample lies on the very border, rounding may have it either way.
        const inside = Math.min(x, y, 50 - x, 40 - y);
        if (Math.abs(inside) > 0.01) expect([out[index * 3], inside > 0]).toEqual([inside > 0 ? 200 : 0, inside > 0]);
      }
    }
  });

  it('gives three equal channels of a gray image', () => {
    const image: Raster = { data: Uint8Array.from({ length: 900 }, (_, i) => i % 251), width: 30, height: 30, channels: 1 };
    for (const side of [20, 120]) {
      const out = sampled(image, { center: { x: 15, y: 15 }, side, angle: 0.2 });
      for (let i = 0; i < out.length; i += 3) expect([out[i + 1], out[i + 2]]).toEqual([out[i], out[i]]);
      expect(Math.max(...out)).toBeGreaterThan(100);
    }
  });
});
