import { describe, expect, it } from 'vitest';
import { random } from '../../bench/blur/degrade.js';
import { luminanceGrid } from '../../src/blur/luminance-grid.js';
import type { Box, Raster } from '../../src/core/raster.js';

function speckle(width: number, height: number, channels: 1 | 3): Raster {
  const next = random(7);
  return { data: Uint8Array.from({ length: width * height * channels }, () => 256 * next()), width, height, channels };
}

const whole = ({ width, height }: Raster): Box => ({ x: 0, y: 0, width, height });

/**
 * The means by definition: every n-th pixel of the box, n = floor(scale / 2) but at least 1, stands for itself, and a cell for as much
 * of them as it covers.
 */
function means({ data, width: across, channels }: Raster, box: Box, scale: number): { width: number; height: number; cells: number[] } {
  const step = Math.max(1, Math.floor(scale / 2));
  const [columns, rows] = [Math.floor(box.width / step), Math.floor(box.height / step)];
  const [width, height] = [Math.round(columns * step / scale), Math.round(rows * step / scale)];
  const luminance = (column: number, row: number): number => {
    const at = ((box.y + row * step) * across + box.x + column * step) * channels;
    const [red = NaN, green = red, blue = red] = data.subarray(at, at + channels);
    return 0.299 * red + 0.587 * green + 0.114 * blue;
  };
  const covered = (sample: number, cell: number, size: number): number => Math.max(0, Math.min(sample + 1, (cell + 1) * size) - Math.max(sample, cell * size));
  const cells = Array.from({ length: width * height }, (_, i) => {
    let [sum, area] = [0, 0];
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < columns; column += 1) {
        const part = covered(column, i % width, columns / width) * covered(row, Math.floor(i / width), rows / height);
        sum += part === 0 ? 0 : part * luminance(column, row);
        area += part;
      }
    }
    return sum / area;
  });
  return { width, height, cells };
}

describe('luminanceGrid', () => {
  it.each<[number, 1 | 3, Box]>([
    [1.07, 1, { x: 0, y: 0, width: 30, height: 24 }],
    [1.5, 3, { x: 3, y: 2, width: 20, height: 17 }],
    [2, 1, { x: 5, y: 0, width: 22, height: 20 }],
    [2.37, 1, { x: 2, y: 3, width: 25, height: 21 }],
    [3.9, 3, { x: 1, y: 1, width: 29, height: 23 }],
    [4, 1, { x: 3, y: 1, width: 25, height: 22 }],
    [6.5, 3, { x: 0, y: 2, width: 30, height: 22 }],
  ])('gives each cell the mean of what it covers: shrunk by %d, %d channels', (scale, channels, box) => {
    const image = speckle(30, 24, channels);
    const [grid, expected] = [luminanceGrid(image, box, scale), means(image, box, scale)];
    expect([grid?.width, grid?.height]).toEqual([expected.width, expected.height]);
    expected.cells.forEach((value, i) => { expect(grid?.data[i]).toBeCloseTo(value, 3); });
  });

  it('tells which share of what it reads is black or white to the stop', () => {
    const tones = [0, 2, 3, 252, 253, 255, 128, 128, 128, 128];
    const data = Uint8Array.from({ length: 100 }, (_, i) => tones[i % 10] ?? 0);
    const image: Raster = { data, width: 10, height: 10, channels: 1 };
    expect(luminanceGrid(image, whole(image), 1)?.clipped).toBeCloseTo(0.4, 9);
    expect(luminanceGrid(image, { x: 6, y: 0, width: 4, height: 10 }, 1)?.clipped).toBe(0);
    expect(luminanceGrid(image, { x: 0, y: 2, width: 5, height: 6 }, 1.4)?.clipped).toBeCloseTo(0.6, 9);
  });

  it('tells where the box lies in it, in its own px', () => {
    const image = speckle(40, 40, 1);
    expect(luminanceGrid(image, { x: 4.4, y: 7, width: 30, height: 20 }, 2)?.box).toEqual({ x: 0, y: 0, width: 15, height: 10 });
    expect(luminanceGrid(image, { x: -8, y: -4, width: 30, height: 20 }, 2)?.box).toEqual({ x: -4, y: -2, width: 15, height: 10 });
  });

  it('may be as small as 3 x 3, and no smaller', () => {
    const image = speckle(40, 40, 1);
    const sizeOf = (width: number, height: number): unknown => {
      const grid = luminanceGrid(image, { x: 1, y: 1, width, height }, 2);
      return grid === undefined ? undefined : [grid.width, grid.height];
    };
    expect([sizeOf(6, 6), sizeOf(4, 6), sizeOf(6, 4)]).toEqual([[3, 3], undefined, undefined]);
  });

  it('is not disturbed by a smaller one before it, nor by a larger one', () => {
    const image = speckle(60, 50, 1);
    const cellsOf = (side: number): number[] => {
      const grid = luminanceGrid(image, { x: 0, y: 0, width: side, height: side }, 1.5);
      return [...grid?.data.subarray(0, grid.width * grid.height) ?? []];
    };
    const small = cellsOf(12);
    const large = cellsOf(48);
    expect([cellsOf(12), cellsOf(48)]).toEqual([small, large]);
  });

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
    const width = 1120;
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
