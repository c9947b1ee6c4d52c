import { describe, expect, it } from 'vitest';
import { random } from '../../bench/blur/degrade.js';
import {
  addSums, focusEnergy, focusOf, gridMargin, noiseBlocks, noiseVariance, smoothed, sumFocus, type FocusSums, type GridPart,
} from '../../src/blur/focus-energy.js';
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

const all = ({ width, height }: Raster): GridPart => ({ left: 0, top: 0, right: width, bottom: height });
const sumsOf = (image: Raster, part = all(image)): FocusSums => {
  const grid = gridOf(image);
  return sumFocus(smoothed(grid), grid, part);
};
const noiseOf = (image: Raster): number => noiseVariance(noiseBlocks(gridOf(image)));

/** A filter by the book, at one place: every weight. */
function filtered(image: Raster, x: number, y: number, kernel: readonly (readonly number[])[]): number {
  const half = (kernel.length - 1) / 2;
  return kernel.reduce((sum, weights, j) => sum + weights.reduce((part, weight, i) =>
    part + weight * (image.data[(y + j - half) * image.width + x + i - half] ?? NaN), 0), 0);
}

/** Two filters, one after the other. */
function chained(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] {
  const side = a.length + b.length - 1;
  return Array.from({ length: side }, (_, y) => Array.from({ length: side }, (__, x) =>
    a.reduce((sum, line, j) => sum + line.reduce((part, weight, i) => part + weight * (b[y - j]?.[x - i] ?? 0), 0), 0)));
}

const smoothing = [[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((line) => line.map((weight) => weight / 16));
const laplacian = chained(smoothing, [[0, 1, 0], [1, -4, 1], [0, 1, 0]]);
const along = chained(smoothing, [[0, 0, 0], [-0.5, 0, 0.5], [0, 0, 0]]);
const down = chained(smoothing, [[0, -0.5, 0], [0, 0, 0], [0, 0.5, 0]]);
const row = [0, 0, 0, 0, 0];
const wideAlong = chained(smoothing, [row, row, [-0.25, 0, 0, 0, 0.25], row, row]);
const wideDown = chained(smoothing, [[0, 0, -0.25, 0, 0], row, row, row, [0, 0, 0.25, 0, 0]]);

describe('focus energies', () => {
  const image = picture(57, 43, 1);

  it('are the Laplacian and the gradient where the coarse edges are, as a slow reference has it', () => {
    let weight = 0, bend = 0, slope = 0;
    for (let y = gridMargin; y < image.height - gridMargin; y += 1) {
      for (let x = gridMargin; x < image.width - gridMargin; x += 1) {
        const w = filtered(image, x, y, wideAlong) ** 2 + filtered(image, x, y, wideDown) ** 2;
        weight += w;
        bend += w * filtered(image, x, y, laplacian) ** 2;
        slope += w * (filtered(image, x, y, along) ** 2 + filtered(image, x, y, down) ** 2);
      }
    }
    const energy = focusEnergy(sumsOf(image), 0);
    expect(energy.laplacian).toBeCloseTo(bend / weight, 3);
    expect(energy.gradient).toBeCloseTo(slope / weight, 2);
  });

  it('of two parts are those of both together', () => {
    const left = sumsOf(image, { ...all(image), right: 30 });
    const right = sumsOf(image, { ...all(image), left: 30 });
    const whole = new Map<string, number>(Object.entries(sumsOf(image)));
    for (const [key, value] of Object.entries(addSums(left, right))) {
      expect(value).toBeCloseTo(whole.get(key) ?? NaN, -1);
    }
  });

  it('have the noise taken off: what is left of nothing but noise is a small part of it', () => {
    const next = random(2);
    const gauss = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
    for (const deviation of [2, 5, 10]) {
      const data = Uint8Array.from({ length: 112 * 112 }, () => Math.round(128 + deviation * gauss()));
      const noisy: Raster = { data, width: 112, height: 112, channels: 1 };
      const noise = noiseOf(noisy);
      expect(Math.sqrt(noise) / deviation).toBeGreaterThan(0.85);
      expect(Math.sqrt(noise) / deviation).toBeLessThan(1.15);
      expect(focusEnergy(sumsOf(noisy), noise).noiseShare).toBeGreaterThan(0.7);
    }
  });

  it('see a pattern of one direction in that direction', () => {
    const data = Uint8Array.from({ length: 60 * 60 }, (_, i) => 128 + 90 * Math.sin((i % 60) / 2));
    const { lowest, highest } = focusEnergy(sumsOf({ data, width: 60, height: 60, channels: 1 }), 0);
    expect(lowest).toBeGreaterThan(0);
    expect(highest).toBeGreaterThanOrEqual(lowest);
  });

  it('are all 0 for a flat picture', () => {
    const flat: Raster = { data: new Uint8Array(900).fill(77), width: 30, height: 30, channels: 1 };
    expect(noiseOf(flat)).toBe(0);
    expect(focusEnergy(sumsOf(flat), 0)).toEqual({ laplacian: 0, gradient: 0, lowest: 0, highest: 0, noiseShare: 0 });
  });

  it('leave black and white pixels out of the noise', () => {
    const data = Uint8Array.from({ length: 1600 }, (_, i) => (i % 40 < 20 ? 255 : 255 * ((i + Math.floor(i / 40)) % 2)));
    expect(noiseBlocks(gridOf({ data, width: 40, height: 40, channels: 1 }))).toEqual([]);
  });
});

describe('focusOf', () => {
  it('does not change with contrast, but for what is faint', () => {
    const image = picture(57, 43, 1);
    const focus = (factor: number): number => {
      const data = Uint8Array.from(image.data, (value) => Math.round(120 + (value - 120) * factor));
      return focusOf(focusEnergy(sumsOf({ ...image, data }), 0));
    };
    expect(focus(0.7)).toBeCloseTo(focus(1), 1);
    expect(focus(0.1)).toBeLessThan(focus(1) - 0.1);
  });

  it('has a lowest value, for no detail at all', () => {
    expect(focusOf({ laplacian: -1, gradient: 1, lowest: 0, highest: 0, noiseShare: 1 })).toBe(-9);
  });
});
