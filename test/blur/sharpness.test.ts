import { describe, expect, it } from 'vitest';
import { brightness, gaussian, gray, motion, noise } from '../../bench/blur/degrade.js';
import { faceWidth } from '../../src/blur/region.js';
import { amplePixels, detailOf, neededDetail, scoreBlur } from '../../src/blur/sharpness.js';
import type { BlurScore } from '../../src/blur/measurement.js';
import type { BlurRegion, BlurSettings } from '../../src/blur/settings.js';
import { growBox, type Box, type Raster } from '../../src/core/raster.js';
import { frontalView } from '../support/views.js';
import { discs } from './pictures.js';

const settings: BlurSettings = { for: 'print', second_decode: false, region: 'face', blurred_below: 45, sharp_above: 55 };
const regions: readonly BlurRegion[] = ['face', 'eyes', 'face+eyes', 'image', 'body'];
const face: Box = { x: 60, y: 50, width: 130, height: 130 };

const map = (image: Raster, change: (value: number) => number): Raster =>
  ({ ...image, data: Uint8Array.from(image.data, change) });

function expectSound(score: BlurScore): void {
  expect(score.sharpness).toBeGreaterThanOrEqual(0);
  expect(score.sharpness).toBeLessThanOrEqual(100);
  expect(Number.isFinite(score.laplacianVariance)).toBe(true);
  expect(score.doubt !== undefined).toBe(score.verdict === 'unsure');
}

const softened = new Map<number, Raster>();
/** The discs behind a Gaussian blur, made once. */
function softDiscs(sigma: number): Raster {
  const made = softened.get(sigma) ?? gaussian(discs(), sigma);
  softened.set(sigma, made);
  return made;
}

const score = (picture: Raster, box = face, wanted = settings): BlurScore => scoreBlur(frontalView(picture, box), wanted);

describe('scoreBlur', () => {
  // A step softer than the pixels: neither end of the scale, where everything would look invariant.
  const image = softDiscs(0.9);
  const { sharpness, detail } = score(image);

  it('is not at an end of the scale for the picture of these tests', () => {
    expect(sharpness).toBeGreaterThan(2);
    expect(sharpness).toBeLessThan(98);
    expect(detail).toBeGreaterThan(60);
    expect(detail).toBeLessThanOrEqual(faceWidth(frontalView(image, face)));
  });

  it.each([-40, 40])('does not change when %d is added to every pixel', (constant) => {
    expect(score(map(image, (value) => value + constant)).sharpness).toBeCloseTo(sharpness, 2);
  });

  it.each([0.75, 1.25])('hardly changes when contrast is scaled by %d: only by rounding to whole gray levels', (factor) => {
    const scaled = score(map(image, (value) => Math.round(120 + (value - 120) * factor)));
    expect(Math.abs(scaled.sharpness - sharpness)).toBeLessThan(6);
  });

  it('reports the classic variance, which scales with the square of contrast', () => {
    const half = score(map(image, (value) => Math.round(value / 2)));
    expect(half.laplacianVariance / score(image).laplacianVariance).toBeCloseTo(0.25, 1);
  });

  it.each(regions)('falls with every step of blur (region %s)', (region) => {
    const scores = [0, 0.6, 1, 1.5, 2, 3, 4].map((sigma) => score(softDiscs(sigma), face, { ...settings, region }).sharpness);
    for (let i = 1; i < scores.length; i += 1) expect(scores[i]).toBeLessThan(scores[i - 1] ?? 0);
  });

  it('gives a color photo the score of its luminance', () => {
    const color: Raster = { ...image, channels: 3, data: Uint8Array.from({ length: 3 * 250 * 250 }, (_, i) => image.data[Math.floor(i / 3)] ?? 0) };
    expect(score(color).sharpness).toBeCloseTo(sharpness, 3);
    expect(gray(color).data).toEqual(image.data);
  });

  it('does not depend on the size of the detector\'s box, but on where the eyes are', () => {
    const view = frontalView(image, face);
    expect(scoreBlur({ ...view, box: growBox(face, 1.15) }, settings).sharpness).toBeCloseTo(sharpness, 5);
  });

  it('calls mush blurred and hard edges sharp', () => {
    expect(score(softDiscs(4)).verdict).toBe('blurred');
    expect(score(discs()).verdict).toBe('sharp');
  });

  it('hints at motion where the detail is gone along one direction only', () => {
    expect(score(motion(discs(), 15, 0)).kind).toBe('motion');
    expect(score(softDiscs(3)).kind).toBe('defocus');
    expect(score(discs()).kind).toBe('none');
  });

  it('asks for more, the larger the picture is to be shown', () => {
    const scores = (['screen', 'print', 'full'] as const).map((purpose) => score(gaussian(discs(500), 2), { x: 20, y: 20, width: 450, height: 450 }, { ...settings, for: purpose }));
    expect(scores.map(({ detail: found }) => found)).toEqual(Array(3).fill(scores[0]?.detail));
    expect(scores[0]?.sharpness).toBeGreaterThan(scores[1]?.sharpness ?? 100);
    expect(scores[1]?.sharpness).toBeGreaterThan(scores[2]?.sharpness ?? 100);
  });

  describe('where the pixels cannot tell', () => {
    it.each(regions)('is unsure of a face of 12 px (region %s)', (region) => {
      const tiny = score(image, { x: 100, y: 100, width: 12, height: 12 }, { ...settings, region });
      expectSound(tiny);
      expect(tiny.verdict).toBe('unsure');
    });

    it.each([0, 128, 255])('is unsure of a crop that is %d all over', (level) => {
      for (const region of regions) {
        const flat = score(map(image, () => level), face, { ...settings, region });
        expectSound(flat);
        expect(flat.verdict).toBe('unsure');
      }
    });

    it('says why, in a photographer\'s words', () => {
      const doubtOf = (picture: Raster, box = face): string | undefined => {
        const blind = score(picture, box);
        expectSound(blind);
        expect(blind.kind).toBe('none');
        return blind.doubt;
      };
      expect(doubtOf(image, { x: 60, y: 50, width: 20, height: 20 })).toBe('only 20 px wide');
      expect(doubtOf(brightness(image, 4))).toBe('black or burnt out, no detail is left to judge');
      expect(doubtOf(map(image, () => 128))).toBe('no detail to judge');
      expect(doubtOf(noise(map(image, () => 128), 12, 5))).toBe('the noise is stronger than the detail of the face');
      expect(doubtOf(image, { x: 400, y: 0, width: 90, height: 90 })).toBe('too few pixels to tell');
    });

    it('is no less sure of a face of 30 px, nor of one that is half white', () => {
      expect(score(image, { x: 60, y: 50, width: 30, height: 30 }).doubt ?? '').not.toMatch(/px wide/);
      const half = { ...image, data: Uint8Array.from(image.data, (value, i) => (i % 250 < 125 ? 255 : value)) };
      expect(score(half).doubt ?? '').not.toMatch(/burnt out/);
      const most = { ...image, data: Uint8Array.from(image.data, (value, i) => (i % 250 < 165 ? 255 : value)) };
      expect(score(most).doubt).toMatch(/burnt out/);
    });

    it('is unsure between the two marks that are set, and sure at either side of them', () => {
      const at = (blurred: number, sharp: number): BlurScore => score(image, face, { ...settings, blurred_below: blurred, sharp_above: sharp });
      expect(at(sharpness - 1, sharpness + 1)).toMatchObject({ verdict: 'unsure', doubt: 'neither clearly sharp nor clearly blurred', kind: 'defocus' });
      expect(at(sharpness, sharpness)).toMatchObject({ verdict: 'unsure' });
      expect(at(sharpness - 2, sharpness - 1)).toMatchObject({ verdict: 'sharp', kind: 'none' });
      expect(at(sharpness + 1, sharpness + 2)).toMatchObject({ verdict: 'blurred', kind: 'defocus' });
      expect(at(sharpness + 1, sharpness + 2)).not.toHaveProperty('doubt');
    });

    it('is unsure of a face outside the photo, or without extent', () => {
      for (const box of [{ x: 400, y: 0, width: 90, height: 90 }, { x: 10, y: 10, width: 0, height: 0 }, { x: NaN, y: 0, width: 9, height: 9 }]) {
        const lost = score(image, box);
        expectSound(lost);
        expect(lost.verdict).toBe('unsure');
      }
    });
  });

  it('is 50 where the detail is what is needed, and falls and rises with the odds', () => {
    const { detail: has, needed, sharpness: soft } = score(softDiscs(3));
    expect(soft).toBeCloseTo(100 / (1 + (needed / has) ** 4), 6);
    const enough = neededDetail(faceWidth(frontalView(image, face)), 'print');
    expect(needed).toBe(enough);
  });

  it('reports no more detail than the face has px', () => {
    const { detail: reported, sharpness: crisp } = score(discs());
    expect(reported).toBe(faceWidth(frontalView(image, face)));
    expect(crisp).toBeGreaterThan(score(softDiscs(0.6)).sharpness);
  });

  describe('by region', () => {
    const box = { x: 60, y: 60, width: 130, height: 130 };
    /** The discs, soft where it is said so. */
    const softWhere = (isSoft: (x: number, y: number) => boolean): Raster =>
      ({ ...discs(), data: Uint8Array.from(discs().data, (value, i) => (isSoft(i % 250, Math.floor(i / 250)) ? softDiscs(3).data[i] ?? 0 : value)) });
    const of = (picture: Raster, region: BlurRegion): number => detailOf(frontalView(picture, box), region)?.detail ?? NaN;
    const leftEyeSoft = softWhere((x) => x >= 125);
    const eyesSoft = softWhere((_, y) => y < 60 + 0.5 * 130);
    const outsideSoft = softWhere((x, y) => x < 55 || y < 55 || x > 195 || y > 195);

    it('lets the sharper eye count', () => {
      expect(of(leftEyeSoft, 'eyes')).toBeGreaterThan(2 * of(softDiscs(3), 'eyes'));
      expect(of(eyesSoft, 'eyes')).toBeLessThan(1.2 * of(softDiscs(3), 'eyes'));
    });

    it('takes the middle between the eyes and the face for both', () => {
      expect(of(eyesSoft, 'face+eyes')).toBeCloseTo(Math.sqrt(of(eyesSoft, 'face') * of(eyesSoft, 'eyes')), 6);
      expect(of(eyesSoft, 'face')).toBeGreaterThan(1.2 * of(eyesSoft, 'eyes'));
      // Where there are no px of one of the two, the other one counts.
      const view = { ...frontalView(image, box), left: { region: { center: { x: -90, y: -90 }, width: 20, angle: 0 } }, right: {} };
      expect(detailOf(view, 'eyes')).toBeUndefined();
      expect(detailOf(view, 'face+eyes')).toEqual(detailOf(view, 'face'));
    });

    it('reaches as far as it is said to', () => {
      expect(of(outsideSoft, 'face')).toBeCloseTo(of(discs(), 'face'), 6);
      expect(of(outsideSoft, 'body')).toBeLessThan(of(discs(), 'body'));
      expect(of(outsideSoft, 'image')).toBeLessThan(of(discs(), 'image'));
      const corner = softWhere((x, y) => x + y < 30);
      expect(of(corner, 'body')).not.toBe(of(discs(), 'body'));
      const bottom = { x: 100, y: 20, width: 40, height: 40 };
      const below = softWhere((_, y) => y > 130);
      expect(detailOf(frontalView(below, bottom), 'body')).toEqual(detailOf(frontalView(discs(), bottom), 'body'));
      expect(detailOf(frontalView(below, bottom), 'image')).not.toEqual(detailOf(frontalView(discs(), bottom), 'image'));
    });
  });

  it('leaves the photo as it was', () => {
    const before = Uint8Array.from(image.data);
    score(image);
    expect(image.data).toEqual(before);
  });
});

describe('amplePixels', () => {
  it('are so many that all is asked, half as many again', () => {
    expect((['screen', 'print', 'full'] as const).map(amplePixels)).toEqual([240, 600, Infinity]);
    expect(neededDetail(240, 'screen')).toBe(160);
    expect(neededDetail(600, 'print')).toBe(400);
    expect(neededDetail(590, 'print')).toBeLessThan(400);
  });
});

describe('neededDetail', () => {
  it('is what the photo is for where the face has the px', () => {
    expect(neededDetail(800, 'screen')).toBe(160);
    expect(neededDetail(800, 'print')).toBe(400);
    expect(neededDetail(800, 'full')).toBe(800);
    expect(neededDetail(5000, 'print')).toBe(400);
  });

  it('is what people ask of a small face, whatever the photo is for', () => {
    for (const purpose of ['screen', 'print'] as const) {
      for (const [width, asked] of [[35, 65], [60, 79], [100, 107]] as const) expect(neededDetail(width, purpose)).toBeCloseTo(asked, 9);
    }
    // Below the smallest face that was judged, in proportion; between two, straight on logarithmic axes.
    expect(neededDetail(7, 'print')).toBeCloseTo(13, 9);
    expect(neededDetail(Math.sqrt(35 * 60), 'print')).toBeCloseTo(Math.sqrt(65 * 79), 9);
    expect(neededDetail(35, 'full')).toBe(65);
    expect(neededDetail(300, 'full')).toBe(300);
  });

  it('is less than the px there are where there are not many more than are asked for', () => {
    // Of a face with as many px as a print asks for, the share of 400 px that 1 / 1.5 to the power of 1.5 is.
    expect(neededDetail(400, 'print')).toBeCloseTo(400 * (1 / 1.5) ** 1.5, 9);
    expect(neededDetail(600, 'print')).toBe(400);
    expect(neededDetail(300, 'screen')).toBe(160);
  });

  it('never falls with the px that a face has, and never asks for more than the purpose does', () => {
    for (const purpose of ['screen', 'print', 'full'] as const) {
      for (let width = 20; width < 1000; width += 7) {
        expect(neededDetail(width + 7, purpose)).toBeGreaterThanOrEqual(neededDetail(width, purpose));
      }
    }
    expect(neededDetail(200, 'screen')).toBeLessThanOrEqual(160);
  });
});
