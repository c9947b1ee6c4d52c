import { describe, expect, it } from 'vitest';
import { random } from '../../bench/blur/degrade.js';
import { luminanceGrid } from '../../src/blur/luminance-grid.js';
import type { Raster } from '../../src/core/raster.js';

function speckle(width: number, height: number, channels: 1 | 3): Raster {
  const next = random(7);
  return { data: Uint8Array.from({ length: width * height * channels }, () => 256 * next()), width, height, channels };
}

const whole = ({ width, height }: Raster): { x: number; y: number; width: number; height: number } =>
  ({ x: 0, y: 0, width, height });

describe('luminanceGrid', () => {
  it('copies pixels at scale 1, moved to whole pixels', () => {
    const image = speckle(20, 16, 1);
    const grid = luminanceGrid(image, { x: 3.4, y: 2.3, width: 9, height: 8 }, 1);
    expect([grid?.width, grid?.height]).toEqual([9, 8]);
    for (let y = 0; y < 8; y += 1) {
      expect([...(grid?.data.subarray(y * 9, y * 9 + 9) ?? [])]).toEqual([...image.data.subarray((y + 2) * 20 + 3, (y + 2) * 20 + 12)]);
    }
  });

  it.each([1.07, 1.5, 2, 2.37, 3.9])('keeps the mean when it shrinks by %d', (scale) => {
    const image = speckle(90, 70, 1);
    const grid = luminanceGrid(image, whole(image), scale);
    const cells = [...(grid?.data.subarray(0, grid.width * grid.height) ?? [])];
    const mean = cells.reduce((sum, value) => sum + value, 0) / cells.length;
    expect(mean).toBeCloseTo(image.data.reduce((sum, value) => sum + value, 0) / image.data.length, 3);
  });

  it('weighs red, green and blue as JPEG does', () => {
    const image: Raster = { data: new Uint8Array(27).fill(0).map((_, i) => [200, 100, 50][i % 3] ?? 0), width: 3, height: 3, channels: 3 };
    expect(luminanceGrid(image, whole(image), 1)?.data[4]).toBeCloseTo(0.299 * 200 + 0.587 * 100 + 0.114 * 50, 4);
  });

  it('reads a few pixels of a huge face, and still gives its tones', () => {
    const width = 3000;
    const data = new Uint8Array(width * width);
    for (let i = 0; i < data.length; i += 1) data[i] = 255 * (i % width) / width;
    const grid = luminanceGrid({ data, width, height: width, channels: 1 }, { x: 0, y: 0, width, height: width }, width / 112);
    expect(grid?.width).toBe(112);
    expect(Math.abs((grid?.data[0] ?? 0) - 1)).toBeLessThan(1.5);
    expect(Math.abs((grid?.data[111] ?? 0) - 253)).toBeLessThan(1.5);
  });

  it('leaves out what lies beyond the image, and tells where the box lies', () => {
    const image = speckle(40, 40, 1);
    const grid = luminanceGrid(image, { x: -10, y: 20, width: 30, height: 40 }, 1);
    expect([grid?.width, grid?.height]).toEqual([20, 20]);
    expect(grid?.box).toEqual({ x: -10, y: 0, width: 30, height: 40 });
  });

  it('has nothing to give where no 3 x 3 pixels are left', () => {
    const image = speckle(40, 40, 1);
    expect(luminanceGrid(image, { x: 50, y: 50, width: 30, height: 30 }, 1)).toBeUndefined();
    expect(luminanceGrid(image, { x: 0, y: 0, width: 2, height: 30 }, 1)).toBeUndefined();
    expect(luminanceGrid(image, { x: NaN, y: 0, width: 10, height: 10 }, 1)).toBeUndefined();
  });
});
