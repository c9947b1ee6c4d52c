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
