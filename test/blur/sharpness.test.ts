import { describe, expect, it } from 'vitest';
import { brightness, gaussian, gray, motion, noise, random } from '../../bench/blur/degrade.js';
import { faceWidth } from '../../src/blur/region.js';
import { neededDetail, scoreBlur } from '../../src/blur/sharpness.js';
import type { BlurScore } from '../../src/blur/measurement.js';
import type { BlurRegion, BlurSettings } from '../../src/blur/settings.js';
import { growBox, type Box, type Raster } from '../../src/core/raster.js';
import { frontalView } from '../support/views.js';

const settings: BlurSettings = { for: 'print', region: 'face', blurred_below: 45, sharp_above: 55 };
const regions: readonly BlurRegion[] = ['face', 'eyes', 'face+eyes', 'image', 'body'];
const face: Box = { x: 60, y: 50, width: 130, height: 130 };

/** Discs of many sizes and tones: hard edges at all angles, as a face has, and nothing of a face's meaning. */
function discs(side = 250): Raster {
  const next = random(11);
  const data = new Uint8Array(side * side).fill(120);
  for (let n = 0; n < 260; n += 1) {
    const cx = side * next(), cy = side * next(), radius = 2 + 14 * next() ** 2, tone = 70 + 100 * next();
    for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(side, cy + radius); y += 1) {
      for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(side, cx + radius); x += 1) {
        if (Math.hypot(x - cx, y - cy) < radius) data[y * side + x] = tone;
      }
    }
  }
  return { data, width: side, height: side, channels: 1 };
}

const map = (image: Raster, change: (value: number) => number): Raster =>
  ({ ...image, data: Uint8Array.from(image.data, change) });

function expectSound(score: BlurScore): void {
  expect(score.sharpness).toBeGreaterThanOrEqual(0);
  expect(score.sharpness).toBeLessThanOrEqual(100);
  expect(Number.isFinite(score.laplacianVariance)).toBe(true);
  expect(score.doubt !== undefined).toBe(score.verdict === 'unsure');
}

const score = (picture: Raster, box = face, wanted = settings): BlurScore => scoreBlur(frontalView(picture, box), wanted);

describe('scoreBlur', () => {
  // A step softer than the pixels: neither end of the scale, where everything would look invariant.
  const image = gaussian(discs(), 0.9);
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
    const scores = [0, 0.6, 1, 1.5, 2, 3, 4].map((sigma) => score(gaussian(discs(), sigma), face, { ...settings, region }).sharpness);
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
    expect(score(gaussian(discs(), 4)).verdict).toBe('blurred');
    expect(score(discs()).verdict).toBe('sharp');
  });

  it('hints at motion where the detail is gone along one direction only', () => {
    expect(score(motion(discs(), 15, 0)).kind).toBe('motion');
    expect(score(gaussian(discs(), 3)).kind).toBe('defocus');
    expect(score(discs()).kind).toBe('none');
  });

  it('asks for more, the larger the picture is to be shown', () => {
    const scores = (['screen', 'print', 'full'] as const).map((purpose) => score(gaussian(discs(600), 2), { x: 20, y: 20, width: 540, height: 540 }, { ...settings, for: purpose }));
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

    it('is unsure of a burnt-out face', () => {
      const burnt = score(brightness(image, 4));
      expectSound(burnt);
      expect(burnt.doubt).toMatch(/burnt out/);
    });

    it('is unsure of nothing but noise', () => {
      const noisy = score(noise(map(image, () => 128), 12, 5));
      expectSound(noisy);
      expect(noisy.verdict).toBe('unsure');
    });

    it('is unsure of a face outside the photo, or without extent', () => {
      for (const box of [{ x: 400, y: 0, width: 90, height: 90 }, { x: 10, y: 10, width: 0, height: 0 }, { x: NaN, y: 0, width: 9, height: 9 }]) {
        const lost = score(image, box);
        expectSound(lost);
        expect(lost.verdict).toBe('unsure');
      }
    });
  });

  it('leaves the photo as it was', () => {
    const before = Uint8Array.from(image.data);
    score(image);
    expect(image.data).toEqual(before);
  });
});

describe('where the focus is instead', () => {
  const box: Box = { x: 180, y: 160, width: 240, height: 240 };
  const large = discs(600);
  /** The picture, blurred within so many widths of the face from its middle. */
  const softWithin = (reach: number): Raster => {
    const soft = gaussian(large, 7);
    const data = Uint8Array.from(large.data, (value, i) =>
      (Math.abs(i % 600 - 300) < reach * 240 ? soft.data[i] ?? 0 : value));
    return { ...large, data };
  };
  const place = (picture: Raster): BlurScore['focusAt'] => score(picture, box).focusAt;

  it('is told where the background is sharp and the face is not', () => {
    expect(place(softWithin(0.62))).toBe('background');
  });

  it('is told where the ears are sharp, and neither the eyes nor the background', () => {
    const soft = gaussian(large, 7);
    const data = Uint8Array.from(large.data, (value, i) => {
      const away = Math.abs(i % 600 - 300) / 240;
      return away > 0.46 && away < 0.6 ? value : soft.data[i] ?? 0;
    });
    expect(place({ ...large, data })).toBe('ears');
  });

  it('is not told where all is soft, or the face is sharp', () => {
    expect(place(gaussian(large, 7))).toBeUndefined();
    expect(place(large)).toBeUndefined();
  });
});

describe('neededDetail', () => {
  it('is what the photo is for where the face has the px', () => {
    expect(neededDetail(800, 'screen')).toBe(160);
    expect(neededDetail(800, 'print')).toBe(400);
    expect(neededDetail(800, 'full')).toBe(800);
    expect(neededDetail(5000, 'print')).toBe(400);
  });

  it('never falls with the px that a face has, and never asks for more than the purpose does', () => {
    for (const purpose of ['screen', 'print', 'full'] as const) {
      for (let width = 20; width < 1000; width += 1) {
        expect(neededDetail(width + 1, purpose)).toBeGreaterThanOrEqual(neededDetail(width, purpose));
      }
    }
    expect(neededDetail(200, 'screen')).toBeLessThanOrEqual(160);
  });
});
