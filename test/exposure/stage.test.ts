import { describe, expect, it } from 'vitest';
import type { Raster } from '../../src/core/raster.js';
import type { FaceResult } from '../../src/core/result.js';
import { exposureStage, type ExposureMeasurement } from '../../src/exposure/stage.js';
import { measured } from '../support/measured.js';
import { face } from '../support/results.js';
import { frontalView } from '../support/views.js';

const { settings, columns, page } = exposureStage;
const plain: ExposureMeasurement = { burnt: 0.0104, black: 0.25, luminance: 127.6, said: 'nothing', asks: 'review' };
const faceWith = (exposure: ExposureMeasurement): FaceResult => ({ ...face(), measured: measured({ exposure }) });

/** What is said of a face whose left half is of one gray level and whose right half of another. */
async function said(options: object, left: number, right: number): Promise<unknown> {
  const raster: Raster = { width: 40, height: 40, channels: 1, data: Uint8Array.from({ length: 1600 }, (_, at) => (at % 40 < 20 ? left : right)) };
  const stage = await exposureStage.open(settings.parse(options), { threads: 1 });
  const measurements = await stage.measure([frontalView(raster, { x: 0, y: 0, width: 40, height: 40 })]);
  await stage.release();
  return measurements[0];
}

describe('the exposure stage', () => {
  it('needs no more pixels than there are', async () => {
    expect((await exposureStage.open(settings.parse({}), { threads: 1 })).wants).toEqual({ face: 0, eye: 0 });
  });

  it('calls a face burnt out or black beyond the shares that are set, and says what that asks for', async () => {
    expect(await said({}, 255, 100)).toMatchObject({ said: 'burnt out', asks: 'keep' });
    expect(await said({ burnt_share: 0.5 }, 255, 100)).toMatchObject({ said: 'nothing' });
    expect(await said({ black_share: 0.4, verdict: 'reject' }, 0, 100)).toMatchObject({ said: 'black', asks: 'reject' });
    expect(await said({ black_share: 0.5 }, 0, 100)).toMatchObject({ said: 'nothing' });
    expect(await said({ burnt_share: 0.4, black_share: 0.4 }, 255, 0)).toMatchObject({ said: 'burnt out' });
  });

  it('gives a reason where there is something to say, and weighs the strictest of all faces', () => {
    expect(exposureStage.reasons(measured({ exposure: plain }))).toEqual([]);
    expect(exposureStage.reasons(measured({ exposure: { ...plain, said: 'black' } }))).toEqual([{ text: 'face black', verdict: 'review' }]);
    expect(exposureStage.weigh([faceWith(plain), faceWith({ ...plain, asks: 'reject' })], 'normal')).toBe('keep');
    expect(exposureStage.weigh([faceWith(plain), faceWith({ ...plain, said: 'black', asks: 'reject' }), faceWith({ ...plain, said: 'black' })], 'normal')).toBe('reject');
  });

  it('writes its figures into columns and JSON', () => {
    expect(Object.entries(columns).map(([name, cell]) => [name, cell(faceWith(plain))]))
      .toEqual([['burnt_out', '0.010'], ['black', '0.250'], ['luminance', '128']]);
    expect(exposureStage.json(faceWith(plain))).toEqual({ burnt_out: 0.0104, black: 0.25, luminance: 127.6 });
    expect(exposureStage.jsonSchema.parse(exposureStage.json(faceWith(plain)))).toEqual(exposureStage.json(faceWith(plain)));
  });

  it('draws a meter of the luminance, with words in its place where there is something to say', async () => {
    expect(page.meters(faceWith({ ...plain, luminance: 51 }))).toEqual([{ name: 'Exposure', share: 0.2, text: '51 of 255', tone: 'keep' }]);
    expect(page.meters(faceWith({ ...plain, luminance: 255, said: 'burnt out' }))).toEqual([{ name: 'Exposure', share: 1, text: 'burnt out', tone: 'review' }]);
    expect(await page.marks({})).toEqual({});
  });
});
