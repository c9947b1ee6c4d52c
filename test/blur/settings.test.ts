import { describe, expect, it } from 'vitest';
import { blurMeasurement } from '../../src/blur/measurement.js';
import { blurSettings } from '../../src/blur/settings.js';
import { blurStage } from '../../src/blur/stage.js';

describe('the settings of blur', () => {
  it('ask for a print and look at the face where nothing is said', () => {
    expect(blurSettings.parse({})).toEqual({ for: 'print', second_decode: false, region: 'face', blurred_below: 45, sharp_above: 50 });
  });

  it.each([
    { for: 'screen' }, { for: 'full' }, { second_decode: true }, { region: 'eyes' }, { region: 'face+eyes' }, { region: 'image' }, { region: 'body' },
    { blurred_below: 0, sharp_above: 100 }, { blurred_below: 50, sharp_above: 50 },
  ])('may be %o', (given) => {
    expect(blurSettings.parse(given)).toMatchObject(given);
  });

  it.each([{ for: 'poster' }, { region: 'nose' }, { blurred_below: -1 }, { sharp_above: 101 }, { sharp_below: 4 }])('may not be %o', (given) => {
    expect(blurSettings.safeParse(given).success).toBe(false);
  });

  it('do not call blurred what they call sharp', () => {
    const { error } = blurSettings.safeParse({ blurred_below: 60, sharp_above: 55 });
    expect(error?.issues.map(({ message }) => message)).toEqual(['blur.blurred_below (60) must not be above blur.sharp_above (55).']);
  });

  it('are explained, one and all', () => {
    for (const [name, setting] of Object.entries(blurSettings.shape)) expect(setting.description, name).toMatch(/^\(.+\) \w/);
  });
});

describe('what is measured of blur', () => {
  const score = { sharpness: 40, verdict: 'blurred', kind: 'motion', detail: 100, needed: 200, laplacianVariance: 5 } as const;

  it.each([
    {}, { verdict: 'sharp' }, { verdict: 'unsure', doubt: 'no detail to judge' }, { kind: 'defocus', focusAt: 'ears' }, { kind: 'none' }, { focusAt: 'background' },
    { sharpness: 0, detail: 0, needed: 0, laplacianVariance: 0 }, { sharpness: 100 },
  ])('is read back from a file: %o', (changes) => {
    expect(blurMeasurement.parse({ ...score, ...changes })).toEqual({ ...score, ...changes });
  });

  it.each([
    { sharpness: -1 }, { sharpness: 101 }, { detail: -1 }, { needed: -1 }, { laplacianVariance: -1 }, { verdict: 'soft' }, { kind: 'fog' }, { focusAt: 'nose' },
    { more: 1 },
  ])('is refused where it cannot be: %o', (changes) => {
    expect(blurMeasurement.safeParse({ ...score, ...changes }).success).toBe(false);
  });

  it('has an example that nothing is to be said about', () => {
    expect(blurMeasurement.safeParse(blurStage.example).success).toBe(true);
  });
});
