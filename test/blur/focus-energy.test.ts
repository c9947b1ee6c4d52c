import { describe, expect, it } from 'vitest';
import { random } from '../../bench/blur/degrade.js';
import { focusEnergy } from '../../src/blur/focus-energy.js';
import { luminanceGrid, type LuminanceGrid } from '../../src/blur/luminance-grid.js';
import type { Raster } from '../../src/core/raster.js';

function picture(width: number, height: number, seed: number): Raster {
  const next = random(seed);
  const data = Uint8Array.from({ length: width * height }, (_, i) =>
    110 + 60 * Math.sin((i % width) / 4) + 40 * Math.cos(Math.floor(i / width) / 6) + 8 * next());
  return { data, width, height, channels: 1 };
}

function gridOf(image: Raster): LuminanceGrid {
  const grid = luminanceGrid(image, { x: 0, y: 0, width: image.width, height: image.height }, 1);
  if (grid === undefined) throw new Error('the picture has pixels');
  return grid;
}

/** Convolution by the book: every pixel, every weight. */
function convolve(image: number[][], kernel: readonly (readonly number[])[]): number[][] {
  return image.slice(1, -1).map((line, y) => line.slice(1, -1).map((_, x) =>
    kernel.reduce((sum, weights, j) => sum + weights.reduce((part, weight, i) =>
      part + weight * (image[y + j]?.[x + i] ?? NaN), 0), 0)));
}

const smoothing = [[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((line) => line.map((weight) => weight / 16));
const laplacian = [[0, 1, 0], [1, -4, 1], [0, 1, 0]];
const along = [[0, 0, 0], [-0.5, 0, 0.5], [0, 0, 0]];
const down = [[0, -0.5, 0], [0, 0, 0], [0, 0.5, 0]];

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const energy = (values: number[][]): number => mean(values.flat().map((value) => value * value));
const variance = (values: number[][]): number => energy(values) - mean(values.flat()) ** 2;

describe('focusEnergy', () => {
  const image = picture(57, 43, 1);
  const rows = Array.from({ length: image.height }, (_, y) =>
    [...image.data.subarray(y * image.width, (y + 1) * image.width)]);

  it('is the variance of the Laplacian and the gradient energy of the smoothed luminance, as a slow reference has it', () => {
    const measured = focusEnergy(gridOf(image));
    const noise = measured.noise ** 2;
    const smooth = convolve(rows, smoothing);
    expect(measured.plainLaplacian).toBeCloseTo(variance(convolve(rows, laplacian)), 2);
    expect(measured.laplacian + 0.40625 * noise).toBeCloseTo(variance(convolve(smooth, laplacian)), 3);
    expect(measured.gradient + 2 * 0.05859375 * noise)
      .toBeCloseTo(energy(convolve(smooth, along)) + energy(convolve(smooth, down)), 3);
  });

  it('tells the standard deviation of white noise, and takes its share off', () => {
    const next = random(2);
    const gauss = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    for (const deviation of [2, 5, 10]) {
      const data = Uint8Array.from({ length: 112 * 112 }, () => Math.round(128 + deviation * gauss()));
      const measured = focusEnergy(gridOf({ data, width: 112, height: 112, channels: 1 }));
      expect(measured.noise / deviation).toBeGreaterThan(0.85);
      expect(measured.noise / deviation).toBeLessThan(1.15);
      expect(Math.abs(measured.laplacian)).toBeLessThan(0.25 * 0.40625 * deviation ** 2);
    }
  });

  it('sees a pattern of one direction in that direction', () => {
    const data = Uint8Array.from({ length: 60 * 60 }, (_, i) => 128 + 90 * Math.sin((i % 60) / 2));
    const { lowest, highest } = focusEnergy(gridOf({ data, width: 60, height: 60, channels: 1 }));
    expect(lowest).toBeGreaterThan(0);
    expect(highest).toBeGreaterThanOrEqual(lowest);
  });

  it('measures only the ellipse it is given', () => {
    const wild = picture(80, 80, 3);
    const calm: Raster = { ...wild, data: Uint8Array.from(wild.data) };
    for (let x = 0; x < 80; x += 1) calm.data.fill(x % 2 === 0 ? 0 : 255, x, x + 1);
    const ellipse = { x: 10, y: 10, width: 60, height: 60 };
    const before = focusEnergy(gridOf(wild), ellipse);
    expect(focusEnergy(gridOf(calm), ellipse)).toEqual(before);
  });

  it('is all zeros for a flat picture', () => {
    const flat: Raster = { data: new Uint8Array(900).fill(77), width: 30, height: 30, channels: 1 };
    const { laplacian: bend, gradient, noise, lowest, highest, plainLaplacian } = focusEnergy(gridOf(flat));
    expect([bend, gradient, noise, lowest, highest, plainLaplacian]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
