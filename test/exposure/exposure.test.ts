import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/pipeline/config.js';
import { processPhoto } from '../../src/pipeline/photo.js';
import { createStages, type Stages } from '../../src/pipeline/stages.js';
import { csvColumns, csvRows } from '../../src/reports/csv.js';
import { jsonPhoto } from '../../src/reports/json.js';
import { measureExposure } from '../../src/exposure/exposure.js';
import type { Raster } from '../../src/core/raster.js';
import type { PhotoResult } from '../../src/core/result.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { demoPhotos } from '../support/shared-data.js';

/** A gray image whose left half has one level and whose right half another. */
function halves(left: number, right: number, channels: 1 | 3 = 3): Raster {
  const [width, height] = [100, 100];
  const data = Uint8Array.from({ length: width * height * channels }, (_, at) => (Math.floor(at / channels) % width < 50 ? left : right));
  return { data, width, height, channels };
}
const whole = { x: 0, y: 0, width: 100, height: 100 };

const near = (value: number): unknown => expect.closeTo(value, 5);

describe('measureExposure', () => {
  it('gives the shares that are burnt out and black, and the mean luminance', () => {
    const { burnt, black, luminance } = measureExposure(halves(255, 0), whole);
    expect(burnt).toBeCloseTo(0.5, 2);
    expect(black).toBeCloseTo(0.5, 2);
    expect(luminance).toBeCloseTo(127.5, 0);
    expect(measureExposure(halves(100, 100, 1), whole)).toEqual({ burnt: 0, black: 0, luminance: near(100) });
  });

  it('looks at the oval in the box, and only at what lies in the image', () => {
    const right = measureExposure(halves(255, 0), { x: 50, y: 0, width: 100, height: 100 });
    expect(right).toEqual({ burnt: 0, black: 1, luminance: 0 });
    expect(measureExposure(halves(255, 255), { x: 500, y: 0, width: 10, height: 10 })).toEqual({ burnt: 0, black: 0, luminance: 0 });
  });

  it('does not call a saturated colour burnt out', () => {
    const red: Raster = { width: 10, height: 10, channels: 3, data: Uint8Array.from({ length: 300 }, (_, at) => (at % 3 === 0 ? 255 : 0)) };
    expect(measureExposure(red, { x: 0, y: 0, width: 10, height: 10 })).toMatchObject({ burnt: 0, black: 0 });
  });
});

/** An image of one colour with some pixels of another. */
function painted(width: number, height: number, ground: readonly [number, number, number], spots: (x: number, y: number) => readonly [number, number, number] | undefined): Raster {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) data.set(spots(x, y) ?? ground, (y * width + x) * 3);
  return { data, width, height, channels: 3 };
}

describe('measureExposure on small boxes', () => {
  const gray = [100, 100, 100] as const;

  it('takes every pixel of the oval once, and none outside it', () => {
    // Of 4 x 4 pixels the corners lie outside the oval.
    const corners = painted(4, 4, gray, (x, y) => ((x === 0 || x === 3) && (y === 0 || y === 3) ? [255, 255, 255] : undefined));
    expect(measureExposure(corners, { x: 0, y: 0, width: 4, height: 4 })).toEqual({ burnt: 0, black: 0, luminance: near(100) });
    const edge = painted(4, 4, gray, (x, y) => (x === 1 && y === 0 ? [255, 255, 255] : undefined));
    expect(measureExposure(edge, { x: 0, y: 0, width: 4, height: 4 }).burnt).toBeCloseTo(1 / 12, 6);
    const lower = painted(4, 4, gray, (x, y) => (x === 3 && y === 2 ? [0, 0, 0] : undefined));
    expect(measureExposure(lower, { x: 0, y: 0, width: 4, height: 4 }).black).toBeCloseTo(1 / 12, 6);
  });

  it('looks where the box is', () => {
    const spot = painted(12, 12, gray, (x, y) => (x === 7 && y === 5 ? [255, 255, 255] : undefined));
    expect(measureExposure(spot, { x: 6, y: 5, width: 4, height: 4 }).burnt).toBeCloseTo(1 / 12, 6);
    expect(measureExposure(spot, { x: 6, y: 6, width: 4, height: 4 }).burnt).toBe(0);
  });

  it.each([
    ['left of', { x: -2, y: 0, width: 4, height: 4 }], ['above', { x: 0, y: -2, width: 4, height: 4 }],
    ['right of', { x: 2, y: 0, width: 4, height: 4 }], ['below', { x: 0, y: 2, width: 4, height: 4 }],
  ])('leaves out what lies %s the image', (_, box) => {
    expect(measureExposure(painted(4, 4, [255, 255, 255], () => undefined), box)).toEqual({ burnt: 1, black: 0, luminance: near(255) });
  });

  it('samples a large face as sparsely as one of 64 px, by its longer side', () => {
    // Only the odd columns are white: a step of two px from column 1 on meets no other.
    const stripes = painted(128, 128, gray, (x) => (x % 2 === 1 ? [255, 255, 255] : undefined));
    expect(measureExposure(stripes, { x: 0, y: 0, width: 128, height: 128 }).burnt).toBe(1);
    expect(measureExposure(stripes, { x: 0, y: 0, width: 32, height: 128 }).burnt).toBe(1);
    expect(measureExposure(stripes, { x: 0, y: 0, width: 64, height: 64 }).burnt).toBeCloseTo(0.5, 2);
  });

  it('calls 250 burnt out and 249 not, 5 black and 6 not, in all channels', () => {
    const of = (...colour: readonly [number, number, number]): unknown =>
      measureExposure(painted(4, 4, colour, () => undefined), { x: 0, y: 0, width: 4, height: 4 });
    expect(of(250, 250, 250)).toMatchObject({ burnt: 1 });
    expect(of(250, 249, 250)).toMatchObject({ burnt: 0 });
    expect(of(250, 250, 249)).toMatchObject({ burnt: 0 });
    expect(of(5, 5, 5)).toMatchObject({ black: 1 });
    expect(of(5, 6, 5)).toMatchObject({ black: 0 });
    expect(of(5, 5, 6)).toMatchObject({ black: 0 });
  });

  it('weighs the colours as the eye does', () => {
    const of = (...colour: readonly [number, number, number]): number =>
      measureExposure(painted(4, 4, colour, () => undefined), { x: 0, y: 0, width: 4, height: 4 }).luminance;
    expect([of(100, 0, 0), of(0, 100, 0), of(0, 0, 100)]).toEqual([near(29.9), near(58.7), near(11.4)]);
  });

  it('reads a gray image as one, whatever lies in the next pixel', () => {
    const steps: Raster = { width: 3, height: 1, channels: 1, data: Uint8Array.of(255, 0, 255) };
    expect(measureExposure(steps, { x: 0, y: 0, width: 1, height: 1 })).toEqual({ burnt: 1, black: 0, luminance: near(255) });
    expect(measureExposure(steps, { x: 1, y: 0, width: 1, height: 1 })).toEqual({ burnt: 0, black: 1, luminance: 0 });
  });
});

describe('the exposure stage', () => {
  const folder = mkdtempSync(join(tmpdir(), 'exposure-'));
  const bright = join(folder, 'bright.jpg');
  const results = new Map<string, PhotoResult>();
  const judge = async (name: string, settings: readonly string[]): Promise<void> => {
    const config = loadConfig(undefined, settings);
    const stages: Stages = await createStages(config);
    results.set(name, await processPhoto({ path: bright, photo: 'bright.jpg' }, stages, { config }));
    await stages.release();
  };
  beforeAll(async () => {
    await sharp(demoPhotos[5]).linear(2.6, 60).jpeg({ quality: 95 }).toFile(bright);
    await judge('default', []);
    await judge('strict', ['exposure.verdict=reject']);
  });
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

  it('says of an overexposed photo which faces are burnt out, in columns, JSON and words', () => {
    const result = results.get('default');
    const face = result?.faces.find(({ reasons }) => reasons.some(({ text }) => text === 'face burnt out'));
    expect(face?.measured.exposure.burnt).toBeGreaterThan(0.2);
    expect(csvColumns).toEqual(expect.arrayContaining(['burnt_out', 'black', 'luminance']));
    expect(result === undefined ? '' : csvRows(result)).toContain('face burnt out');
    expect(result === undefined ? '' : jsonPhoto(result, false)).toMatch(/"burnt_out":0\.\d+,"black":0/);
  });

  it('decides nothing by default, and rejects where the settings say so', () => {
    const asked = (name: string): (string | undefined)[] => [...new Set(results.get(name)?.faces.flatMap(({ reasons }) =>
      reasons.filter(({ text }) => text === 'face burnt out').map(({ verdict }) => verdict)))];
    expect(asked('default')).toEqual(['keep']);
    expect(asked('strict')).toEqual(['reject']);
    expect(results.get('strict')?.verdict).toBe('reject');
  });
});
