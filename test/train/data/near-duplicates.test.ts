import { describe, expect, it } from 'vitest';
import { differenceHash, nearDuplicates } from '../../../src/train/data/near-duplicates.js';
import { datasetOf } from '../../../src/train/data/packed-file.js';
import { plainCrop } from '../../../src/train/data/plain-crop.js';
import { Random } from '../../../src/train/data/random.js';
import { eyes, pattern } from './eyes.js';

/** Canvases of eyes with these pixels. */
const canvases = (...pixels: Uint8Array[]): ReturnType<typeof eyes> => eyes(pixels.map((each, index) => ({ pixels: each, source: 'a', label: 0, group: String(index) })));
const pairsOf = (...pixels: Uint8Array[]): [number, number][] => nearDuplicates(canvases(...pixels), 0.93).map(({ first, second }) => [first, second]);
const changed = (pixels: Uint8Array, change: (value: number, x: number, y: number) => number): Uint8Array =>
  Uint8Array.from(pixels, (value, i) => Math.min(255, Math.max(0, change(value, i % 72, Math.floor(i / 72)))));
const grain = (seed: number, size: number): (value: number) => number => {
  const random = new Random(seed);
  return (value) => value + size * random.signed();
};

describe('the hash of a crop', () => {
  it('has a bit for each of 16 x 16 places: whether it gets brighter from there to the right', () => {
    const bits = (crop: Uint8Array): number[] => {
      const hash = differenceHash(crop);
      expect(hash).toHaveLength(8);
      return Array.from({ length: 256 }, (_, bit) => ((hash[bit >> 5] ?? 0) >>> (bit & 31)) & 1);
    };
    const crop = (of: (x: number, y: number) => number): Uint8Array => Uint8Array.from({ length: 48 * 32 }, (_, i) => of(i % 48, Math.floor(i / 48)));
    expect(bits(crop((x) => 5 * x))).toEqual(new Array(256).fill(1));
    expect(bits(crop((x) => 250 - 5 * x))).toEqual(new Array(256).fill(0));
    expect(bits(crop(() => 9))).toEqual(new Array(256).fill(0));
    // Two lines of px are a row of places.
    expect(bits(crop((x, y) => (y < 6 ? 5 * x : 250 - 5 * x)))).toEqual([...new Array<number>(48).fill(1), ...new Array<number>(208).fill(0)]);
    // 48 px are 17 cells, so that the step in the middle is between the eighth cell and the ninth.
    const step = bits(crop((x) => (x < 22 ? 0 : 255)));
    expect(step.filter(Boolean)).toHaveLength(16);
    expect(step.slice(0, 16).indexOf(1)).toBe(7);
  });

  it('is that of means: a single odd pixel does not matter', () => {
    const wave = plainCrop(canvases(changed(pattern(4), (_, x) => 3 * x)), 0, 48, 32);
    const odd = Uint8Array.from(wave);
    odd[16 * 48 + 20] = (odd[16 * 48 + 20] ?? 0) + 5;
    expect(differenceHash(odd)).toEqual(differenceHash(wave));
  });
});

describe('near-duplicates', () => {
  it('are copies, brighter, paler or noisier ones too, and such as were cut a little differently', () => {
    const picture = pattern(3);
    expect(pairsOf(picture, pattern(4), picture)).toEqual([[0, 2]]);
    expect(pairsOf(picture, changed(picture, (value) => 1.1 * value + 4))).toEqual([[0, 1]]);
    expect(pairsOf(picture, changed(picture, (value) => 60 + 0.5 * value))).toEqual([[0, 1]]);
    expect(pairsOf(picture, changed(picture, grain(1, 1.5)))).toEqual([[0, 1]]);
    const shifted = Uint8Array.from(picture, (_, i) => picture[Math.min(picture.length - 1, i + 1)] ?? 0);
    expect(pairsOf(picture, shifted)).toEqual([[0, 1]]);
  });

  it('are not pictures of something else, nor negatives, nor flat ones', () => {
    expect(pairsOf(...Array.from({ length: 12 }, (_, number) => pattern(number)))).toEqual([]);
    expect(pairsOf(pattern(3), changed(pattern(3), (value) => 255 - value))).toEqual([]);
    const flat = new Uint8Array(72 * 48).fill(90);
    expect(pairsOf(flat, flat, pattern(3))).toEqual([]);
  });

  it('are told by the middle of the canvas: borders that repeat are alike in all patches', () => {
    const around = (pixels: Uint8Array): Uint8Array => changed(pixels, (value, x, y) => (x < 12 || x >= 60 || y < 8 || y >= 40 ? 40 : value));
    expect(pairsOf(around(pattern(3)), around(pattern(4)))).toEqual([]);
    expect(pairsOf(around(pattern(3)), pattern(3))).toEqual([[0, 1]]);
  });

  it('have the correlation of their pixels, and none is below what is asked for', () => {
    const harder = changed(pattern(3), (value) => 255 * (value / 255) ** 3);
    const dataset = canvases(pattern(3), harder);
    const [one, other] = [plainCrop(dataset, 0, 48, 32), plainCrop(dataset, 1, 48, 32)];
    const mean = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const product = (a: Uint8Array, b: Uint8Array): number => a.reduce((sum, value, i) => sum + (value - mean(a)) * ((b[i] ?? 0) - mean(b)), 0);
    const correlation = product(one, other) / Math.sqrt(product(one, one) * product(other, other));
    expect(correlation).toBeGreaterThan(0.8);
    expect(correlation).toBeLessThan(0.995);
    const [pair] = nearDuplicates(dataset, correlation - 1e-6);
    expect(pair?.correlation).toBeCloseTo(correlation, 9);
    expect(nearDuplicates(dataset, correlation + 1e-6)).toEqual([]);
  });

  it('are found wherever they lie among hundreds', () => {
    // Waves at so many angles that no two are alike, and two copies far apart.
    const wave = (number: number): Uint8Array => changed(new Uint8Array(72 * 48), (_, x, y) =>
      128 + 60 * Math.sin(0.2 * x * Math.cos(number) + 0.3 * y * Math.sin(number) + number) + 50 * Math.sin(x * (0.05 + number / 2000) - y * 0.1 * (number % 7)));
    const many = Array.from({ length: 300 }, (_, number) => wave(number));
    many[290] = changed(wave(7), (value) => value + 10);
    many[20] = changed(wave(15), (value) => value - 10);
    many[299] = changed(wave(260), (value) => value + 5);
    const found = nearDuplicates(canvases(...many), 0.995).map(({ first, second }) => `${String(first)}-${String(second)}`);
    expect(found).toEqual(expect.arrayContaining(['7-290', '15-20', '260-299']));
    expect(new Set(found).size).toBe(found.length);
  });

  it('are found among faces and photos, too, which are squeezed', () => {
    const face = (number: number): Uint8Array => Uint8Array.from({ length: 200 * 200 }, (_, i) =>
      128 + 50 * Math.sin((i % 200) / (9 + number)) + 50 * Math.cos(Math.floor(i / 200) / (7 + 2 * number)));
    const rows = [face(0), face(3), face(0)].map((pixels, index) => ({ pixels, label: 1 as const, kind: '', source: 'a', group: String(index), path: String(index), cropWidth: 90, turn: 0 }));
    expect(nearDuplicates(datasetOf(rows, 'face'), 0.93).map(({ first, second }) => [first, second])).toEqual([[0, 2]]);
  });
});
