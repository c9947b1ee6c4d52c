/**
 * The bounds of the blur score on real faces; bench/blur.js holds the whole table.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { brightness, composite, contrast, defocus, gaussian, gray, motion, noise } from '../../bench/blur/degrade.js';
import { scoreBlur } from '../../src/blur/sharpness.js';
import type { BlurScore } from '../../src/blur/measurement.js';
import type { BlurSettings } from '../../src/blur/settings.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { scaleBox, type Box, type Raster } from '../../src/core/raster.js';
import { hasSharedData, sharedSet } from '../support/shared-data.js';

const settings: BlurSettings = loadConfig().blur;
/** The crops are aligned: every face lies here, as the detector would box it in an ordinary photo. */
const box: Box = { x: 24, y: 38, width: 152, height: 152 };
/** px of the crops per px of the face when it is measured. */
const scale = box.width / settings.face_size;

async function decode(image: Sharp): Promise<Raster> {
  const { data, info } = await image.toColourspace('b-w').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels: 1 };
}

const encode = ({ data, width, height, channels }: Raster): Sharp => sharp(data, { raw: { width, height, channels } });

async function readFolder(folder: string): Promise<Raster[]> {
  const files = readdirSync(folder).sort().map((name) => join(folder, name));
  return Promise.all(files.map(async (file) => {
    const { data, info } = await sharp(file).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return gray({ data: new Uint8Array(data), width: info.width, height: info.height, channels: 3 });
  }));
}

const score = (image: Raster, face: Box = box): BlurScore => scoreBlur(image, face, settings);
const values = (images: readonly Raster[]): number[] => images.map((image) => score(image).sharpness);

function areaUnderCurve(positives: readonly number[], negatives: readonly number[]): number {
  const wins = positives.flatMap((p) => negatives.map((n): number => (p > n ? 1 : p === n ? 0.5 : 0)));
  return wins.reduce((sum, win) => sum + win, 0) / wins.length;
}

/** Spearman's correlation of distinct values with 0, 1, 2, ... */
function spearmanWithOrder(list: readonly number[]): number {
  const rank = (value: number): number => list.filter((other) => other < value).length;
  const squares = list.reduce((sum, value, i) => sum + (rank(value) - i) ** 2, 0);
  return 1 - 6 * squares / (list.length * (list.length ** 2 - 1));
}

describe.skipIf(!hasSharedData)('the blur score on real faces (needs ../shared/data)', () => {
  let crisp: Raster[] = [];
  let soft: Raster[] = [];
  let some: Raster[] = [];
  beforeAll(async () => {
    const folder = sharedSet('utk_handlabelled');
    crisp = await readFolder(join(folder, 'sharp'));
    soft = await readFolder(join(folder, 'blurred'));
    some = crisp.filter((_, i) => i % 4 === 0);
  });

  it('parts faces that people called sharp from those they called blurred: AUC at least 0.997', () => {
    expect(areaUnderCurve(values(crisp), values(soft))).toBeGreaterThanOrEqual(0.997);
  });

  it('is right about at least 97 % of them with a threshold learnt from the others', () => {
    const items = [...values(crisp).map((value) => ({ value, sharp: true })), ...values(soft).map((value) => ({ value, sharp: false }))];
    const right = items.filter((item) => {
      const others = items.filter((other) => other !== item);
      const errors = (threshold: number): number => others.filter((other) => (other.value > threshold) !== other.sharp).length;
      const fewest = Math.min(...others.map(({ value }) => errors(value)));
      const best = others.map(({ value }) => value).filter((value) => errors(value) === fewest);
      const threshold = (Math.min(...best) + Math.min(...others.map(({ value }) => value).filter((v) => v > Math.max(...best)))) / 2;
      return (item.value > threshold) === item.sharp;
    });
    expect(right.length / items.length).toBeGreaterThanOrEqual(0.97);
  });

  it('calls hardly any of them the opposite with the thresholds of config.yaml', () => {
    const wrong = crisp.filter((image) => score(image).verdict === 'blurred').length
      + soft.filter((image) => score(image).verdict === 'sharp').length;
    expect(wrong).toBeLessThanOrEqual(2);
  });

  it('falls as blur grows: Spearman -0.97 or below for each face, Gaussian and defocus', () => {
    for (const image of some) {
      const blurs = [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4].map((sigma) => score(gaussian(image, sigma * scale)).sharpness);
      expect(spearmanWithOrder(blurs)).toBeLessThanOrEqual(-0.97);
      const discs = [0, 1, 2, 3, 4, 5].map((radius) => score(radius === 0 ? image : defocus(image, radius * scale)).sharpness);
      expect(spearmanWithOrder(discs)).toBeLessThanOrEqual(-0.97);
    }
  });

  it('parts sharp faces from wide blur: AUC at least 0.99 for sigma >= 2, discs of 4 px, and motion of 7 px at any angle', () => {
    const sharpness = values(some);
    expect(areaUnderCurve(sharpness, values(some.map((image) => gaussian(image, 2 * scale))))).toBeGreaterThanOrEqual(0.99);
    expect(areaUnderCurve(sharpness, values(some.map((image) => defocus(image, 4 * scale))))).toBeGreaterThanOrEqual(0.99);
    const moved = [0, 1, 2, 3, 4, 5, 6, 7].flatMap((k) => some.map((image) => motion(image, 7 * scale, k * Math.PI / 8)));
    expect(areaUnderCurve(sharpness, values(moved))).toBeGreaterThanOrEqual(0.99);
  });

  it('keeps its verdict under changes that are not blur: less than 2 % flip between sharp and blurred', async () => {
    const faces = [...some, ...soft.filter((_, i) => i % 3 === 0), ...some.map((image) => gaussian(image, 3 * scale))];
    const changes: ((image: Raster, seed: number) => Raster | Promise<Raster>)[] = [
      ...[2, 5].map((deviation) => (image: Raster, seed: number) => noise(image, deviation, seed)),
      ...[0.7, 1.3].flatMap((factor) => [(image: Raster) => contrast(image, factor), (image: Raster) => brightness(image, factor)]),
      ...[95, 75, 60].map((quality) => async (image: Raster) => decode(sharp(await encode(image).jpeg({ quality }).toBuffer()))),
      ...[0.5, 0.7, 1.4, 2].map((factor) => (image: Raster) => decode(encode(image).resize(Math.round(image.width * factor)))),
    ];
    let flips = 0;
    for (const change of changes) {
      for (const [seed, image] of faces.entries()) {
        const changed = await change(image, seed);
        const verdicts = [score(image).verdict, score(changed, scaleBox(box, changed.width / image.width)).verdict];
        if (verdicts.includes('sharp') && verdicts.includes('blurred')) flips += 1;
      }
    }
    expect(flips / (changes.length * faces.length)).toBeLessThan(0.02);
  }, 120_000);

  it('judges the face, not the background', () => {
    for (const image of some) {
      const blurred = gaussian(image, 4 * scale);
      expect(score(composite(image, blurred, box)).verdict).toBe(score(image).verdict);
      expect(score(composite(blurred, image, box)).verdict).toBe('blurred');
    }
  });
});
