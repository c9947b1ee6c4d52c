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

/** The filters that the energies are made of, by the book. */
const smoothing = [[1, 2, 1], [2, 4, 2], [1, 2, 1]].map((line) => line.map((weight) => weight / 16));
const none = [0, 0, 0, 0, 0];
const filters = {
  gx: chained(smoothing, [[0, 0, 0], [-0.5, 0, 0.5], [0, 0, 0]]),
  gy: chained(smoothing, [[0, -0.5, 0], [0, 0, 0], [0, 0.5, 0]]),
  xx: chained(smoothing, [[0, 0, 0], [1, -2, 1], [0, 0, 0]]),
  yy: chained(smoothing, [[0, 1, 0], [0, -2, 0], [0, 1, 0]]),
  xy: chained(smoothing, [[0.25, 0, -0.25], [0, 0, 0], [-0.25, 0, 0.25]]),
  wideX: chained(smoothing, [none, none, [-0.25, 0, 0, 0, 0.25], none, none]),
  wideY: chained(smoothing, [[0, 0, -0.25, 0, 0], none, none, none, [0, 0, 0.25, 0, 0]]),
};

/** What all filters see of each cell of a part, with its weight. */
function seenIn(image: Raster, { left, top, right, bottom }: GridPart): Record<keyof typeof filters | 'w', number>[] {
  const cells = [];
  for (let y = Math.max(top, gridMargin); y < Math.min(bottom, image.height - gridMargin); y += 1) {
    for (let x = Math.max(left, gridMargin); x < Math.min(right, image.width - gridMargin); x += 1) {
      const at = (filter: keyof typeof filters): number => filtered(image, x, y, filters[filter]);
      const [gx, gy, xx, yy, xy, wideX, wideY] = [at('gx'), at('gy'), at('xx'), at('yy'), at('xy'), at('wideX'), at('wideY')];
      cells.push({ gx, gy, xx, yy, xy, wideX, wideY, w: wideX ** 2 + wideY ** 2 });
    }
  }
  return cells;
}

const directions = Array.from({ length: 16 }, (_, k) => ({ c: Math.cos(Math.PI * k / 16), s: Math.sin(Math.PI * k / 16) }));
const sumOf = <T>(items: readonly T[], of: (item: T) => number): number => items.reduce((sum, item) => sum + of(item), 0);

/** A turned wave with some grain: a picture whose detail differs from direction to direction. */
function slanted(width: number, height: number): Raster {
  const next = random(4);
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return 120 + 50 * Math.sin((x + 0.5 * y) / 3) + 25 * Math.sin((y - 0.3 * x) / 2) + 6 * next();
  });
  return { data, width, height, channels: 1 };
}

describe('focus energies', () => {
  const image = picture(57, 43, 1);
  const turned = slanted(26, 24);

  it('are the Laplacian and the gradient where the coarse edges are, as a slow reference has it', () => {
    const cells = seenIn(image, all(image));
    const energy = focusEnergy(sumsOf(image), 0);
    const weight = sumOf(cells, ({ w }) => w);
    expect(energy.laplacian).toBeCloseTo(sumOf(cells, ({ w, xx, yy }) => w * (xx + yy) ** 2) / weight, 3);
    expect(energy.gradient).toBeCloseTo(sumOf(cells, ({ w, gx, gy }) => w * (gx ** 2 + gy ** 2)) / weight, 2);
  });

  it.each<[string, GridPart]>([
    ['a whole grid, but for its margin', all(slanted(26, 24))],
    ['a part of it', { left: 8, top: 6, right: 19, bottom: 17 }],
    ['a part at its border', { left: 20, top: 18, right: 26, bottom: 24 }],
  ])('are sums over %s', (_, part) => {
    const cells = seenIn(turned, part);
    const expected: FocusSums = {
      weight: sumOf(cells, ({ w }) => w),
      gxx: sumOf(cells, ({ w, gx }) => w * gx * gx), gxy: sumOf(cells, ({ w, gx, gy }) => w * gx * gy), gyy: sumOf(cells, ({ w, gy }) => w * gy * gy),
      xxxx: sumOf(cells, ({ w, xx }) => w * xx * xx), xxxy: sumOf(cells, ({ w, xx, xy }) => w * xx * xy),
      xxyy: sumOf(cells, ({ w, xx, yy }) => w * xx * yy), xyxy: sumOf(cells, ({ w, xy }) => w * xy * xy),
      xyyy: sumOf(cells, ({ w, xy, yy }) => w * xy * yy), yyyy: sumOf(cells, ({ w, yy }) => w * yy * yy),
    };
    const found = new Map<string, number>(Object.entries(sumsOf(turned, part)));
    for (const [key, value] of Object.entries(expected)) expect((found.get(key) ?? NaN) / value, key).toBeCloseTo(1, 3);
  });

  it('see the direction in which the detail is least, and that in which it is most, of those with edges', () => {
    const cells = seenIn(turned, all(turned));
    const weight = sumOf(cells, ({ w }) => w);
    const seen = directions.map(({ c, s }) => ({
      slope: sumOf(cells, ({ w, gx, gy }) => w * (c * gx + s * gy) ** 2) / weight,
      bend: sumOf(cells, ({ w, xx, yy, xy }) => w * (c * c * xx + 2 * c * s * xy + s * s * yy) ** 2) / weight,
    }));
    const { gradient, lowest, highest } = focusEnergy(sumsOf(turned), 0);
    const flat = seen.filter(({ slope }) => slope <= gradient / 10);
    expect(flat.length).toBeLessThan(8);
    // Faint contrast counts as half of ten gray levels squared: the ringing of JPEG is fainter.
    const ratios = seen.filter(({ slope }) => slope > gradient / 10).map(({ slope, bend }) => bend / (slope + 5));
    expect(lowest).toBeCloseTo(Math.min(...ratios), 4);
    expect(highest).toBeCloseTo(Math.max(...ratios), 4);
    expect(highest / lowest).toBeGreaterThan(1.3);
  });

  it('of a picture in which all edges run one way leave out the direction along them', () => {
    const stripes = { width: 30, height: 30, channels: 1, data: Uint8Array.from({ length: 900 }, (_, i) => 128 + 90 * Math.sin((i % 30) / 2)) } as const;
    const sums = sumsOf(stripes);
    const { gradient, lowest, highest } = focusEnergy(sums, 0);
    expect(gradient).toBeCloseTo(sums.gxx / sums.weight, 6);
    // Along a direction at an angle to the stripes slope falls by the square of the cosine, bend by its fourth power.
    const along = (degrees: number): number => {
      const square = Math.cos(degrees * Math.PI / 180) ** 2;
      return square ** 2 * sums.xxxx / (square * sums.gxx + 5 * sums.weight);
    };
    expect(highest).toBeCloseTo(along(0), 6);
    expect(lowest).toBeCloseTo(along(67.5), 6);
  });

  it('have white noise taken off, by what each filter lets through of it', () => {
    const noise = 9;
    // Of white noise of variance 1 the products of two filters' outputs are, in the mean, the products of their weights.
    const through = (a: keyof typeof filters, b: keyof typeof filters): number => {
      const [one, other] = [filters[a].flat(), filters[b].flat()];
      return sumOf(one.map((weight, i) => weight * (other[i] ?? NaN)), (product) => product);
    };
    const ofNoise: FocusSums = {
      weight: 1, gxx: through('gx', 'gx'), gxy: through('gx', 'gy'), gyy: through('gy', 'gy'), xxxx: through('xx', 'xx'), xxxy: through('xx', 'xy'),
      xxyy: through('xx', 'yy'), xyxy: through('xy', 'xy'), xyyy: through('xy', 'yy'), yyyy: through('yy', 'yy'),
    };
    const clean = sumsOf(turned);
    const scaled: FocusSums = {
      weight: 0, gxx: 0, gxy: 0, gyy: 0, xxxx: 0, xxxy: 0, xxyy: 0, xyxy: 0, xyyy: 0, yyyy: 0,
      ...Object.fromEntries(Object.entries(ofNoise).map(([key, value]) => [key, key === 'weight' ? 0 : noise * value * clean.weight])),
    };
    const [expected, found] = [focusEnergy(clean, 0), focusEnergy(addSums(clean, scaled), noise)];
    for (const key of ['laplacian', 'gradient', 'lowest', 'highest'] as const) expect(found[key]).toBeCloseTo(expected[key], 6);
    const left = expected.laplacian / (expected.laplacian + noise * (ofNoise.xxxx + 2 * ofNoise.xxyy + ofNoise.yyyy));
    expect(found.noiseShare).toBeCloseTo(1 - left, 6);
    expect(expected.noiseShare).toBe(0);
    expect(focusEnergy({ ...ofNoise }, 1)).toMatchObject({ lowest: 0, highest: 0, noiseShare: 1 });
    expect(focusEnergy({ ...ofNoise }, 2).noiseShare).toBe(1);
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

  it('are all 0 for a flat picture', () => {
    const flat: Raster = { data: new Uint8Array(900).fill(77), width: 30, height: 30, channels: 1 };
    expect(noiseOf(flat)).toBe(0);
    expect(focusEnergy(sumsOf(flat), 0)).toEqual({ laplacian: 0, gradient: 0, lowest: 0, highest: 0, noiseShare: 0 });
  });

});

describe('the noise of a grid', () => {
  /** A flat grid of 10 x 10 cells with changes: the block of 8 x 8 within its border. */
  const blocksOf = (changes: Readonly<Record<number, number>>, level = 100, side = 10): number[] => {
    const data = Float32Array.from({ length: side * side }, (_, i) => changes[i] ?? level);
    return noiseBlocks({ data, width: side, height: side, clipped: 0, box: { x: 0, y: 0, width: side, height: side } });
  };

  it('is measured by an operator that answers 36 times the square of a single odd cell', () => {
    expect(blocksOf({ 44: 103 })).toEqual([36 * 9 / 64]);
    expect(blocksOf({ 55: 97 })).toEqual([36 * 9 / 64]);
    expect(blocksOf({})).toEqual([0]);
  });

  it('is seen by the cells beside the odd one, too', () => {
    // At the corner of the block, four of the nine cells that see it are in it; outside it, beside its corner, one is.
    expect(blocksOf({ 11: 101 })).toEqual([(16 + 4 + 4 + 1) / 64]);
    expect(blocksOf({ 0: 101 })).toEqual([1 / 64]);
    expect(blocksOf({ 99: 101 })).toEqual([1 / 64]);
    expect(blocksOf({ 5: 101 })).toEqual([(4 + 1 + 1) / 64]);
    expect(blocksOf({ 59: 101 })).toEqual([(4 + 1 + 1) / 64]);
  });

  it('is not changed by a slope: neither operator answers to one', () => {
    const slope = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, 50 + 3 * (i % 10) + 5 * Math.floor(i / 10)]));
    expect(blocksOf(slope)).toEqual([0]);
  });

  it('is measured in whole blocks that lie within the border', () => {
    expect(blocksOf({}, 100, 9)).toEqual([]);
    expect(blocksOf({}, 100, 17)).toHaveLength(1);
    expect(blocksOf({}, 100, 18)).toHaveLength(4);
    const wide = noiseBlocks({ data: new Float32Array(26 * 10).fill(9), width: 26, height: 10, clipped: 0, box: { x: 0, y: 0, width: 26, height: 10 } });
    expect(wide).toHaveLength(3);
  });

  it('is not measured in cells that are black or white to the stop, nor where half of a block is', () => {
    const odd = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [11 + 10 * Math.floor(i / 8) + (i % 8), 255]));
    const [half] = blocksOf(odd);
    // The eight cells below the white ones see them, the corner ones the border's gray as well.
    expect(half).toBeGreaterThan(0);
    expect(blocksOf({ ...odd, 51: 255 })).toEqual([]);
    expect(blocksOf({ ...odd, 51: 1 })).toEqual([]);
    expect(blocksOf({}, 252)).toEqual([0]);
    expect(blocksOf({}, 253)).toEqual([]);
    expect(blocksOf({}, 3)).toEqual([0]);
    expect(blocksOf({}, 2)).toEqual([]);
  });

  it('is that of a quiet block, whose chance to be quiet is allowed for; 0 without blocks', () => {
    const blocks = Array.from({ length: 100 }, (_, i) => 36 * ((i * 37) % 100));
    expect(noiseVariance(blocks)).toBeCloseTo(15 / 0.68, 9);
    expect(noiseVariance([36])).toBeCloseTo(1 / 0.68, 9);
    expect(noiseVariance([])).toBe(0);
  });

  it('leaves out what is black and white', () => {
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

  const energy = { laplacian: 100 * Math.exp(-3), gradient: 90, lowest: Math.exp(-1.5), highest: 1, noiseShare: 0 };

  it('is a third of the logarithm of the edges\' mean squared frequency, and two thirds of it in the worst direction', () => {
    expect(focusOf(energy)).toBeCloseTo(-2, 9);
    expect(focusOf({ ...energy, lowest: Math.exp(-3) })).toBeCloseTo(-3, 9);
    expect(focusOf({ ...energy, laplacian: 10 * Math.exp(-6), gradient: -5 })).toBeCloseTo(-3, 9);
  });

  it('has a lowest value, for no detail at all', () => {
    expect(focusOf({ ...energy, laplacian: -1 })).toBe(-9);
    expect(focusOf({ ...energy, laplacian: 0 })).toBe(-9);
    expect(focusOf({ ...energy, lowest: 0 })).toBe(-9);
    expect(focusOf({ ...energy, lowest: 1e-30 })).toBe(-9);
  });
});
