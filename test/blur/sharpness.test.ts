import { describe, expect, it } from 'vitest';
import { brightness, gaussian, gray, noise, random } from '../../bench/blur/degrade.js';
import { scoreBlur } from '../../src/blur/sharpness.js';
import type { BlurScore } from '../../src/blur/measurement.js';
import type { BlurRegion, BlurSettings } from '../../src/blur/settings.js';
import type { Box, Raster } from '../../src/core/raster.js';

const settings: BlurSettings = { region: 'face', face_size: 112, blurred_below: 40, sharp_above: 60 };
const regions: readonly BlurRegion[] = ['face', 'eyes', 'face+eyes', 'image', 'body'];
const face: Box = { x: 60, y: 50, width: 130, height: 130 };

/** Discs of many sizes and tones: hard edges at all angles, as a face has, and nothing of a face's meaning. */
function discs(): Raster {
  const next = random(11);
  const data = new Uint8Array(250 * 250).fill(120);
  for (let n = 0; n < 260; n += 1) {
    const cx = 250 * next(), cy = 250 * next(), radius = 2 + 14 * next() ** 2, tone = 70 + 100 * next();
    for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(250, cy + radius); y += 1) {
      for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(250, cx + radius); x += 1) {
        if (Math.hypot(x - cx, y - cy) < radius) data[y * 250 + x] = tone;
      }
    }
  }
  return { data, width: 250, height: 250, channels: 1 };
}

const map = (image: Raster, change: (value: number) => number): Raster =>
  ({ ...image, data: Uint8Array.from(image.data, change) });

function expectSound(score: BlurScore): void {
  expect(score.sharpness).toBeGreaterThanOrEqual(0);
  expect(score.sharpness).toBeLessThanOrEqual(100);
  expect(Number.isFinite(score.laplacianVariance)).toBe(true);
  expect(score.doubt !== undefined).toBe(score.verdict === 'unsure');
}

describe('scoreBlur', () => {
  // A step softer than the pixels: neither end of the scale, where everything would look invariant.
  const image = gaussian(discs(), 1.3);
  const sharpness = scoreBlur(image, face, settings).sharpness;

  it('is not at an end of the scale for the picture of these tests', () => {
    expect(sharpness).toBeGreaterThan(2);
    expect(sharpness).toBeLessThan(98);
  });

  it.each([-40, 40])('does not change when %d is added to every pixel', (constant) => {
    expect(scoreBlur(map(image, (value) => value + constant), face, settings).sharpness).toBeCloseTo(sharpness, 3);
  });

  it.each([0.5, 0.75, 1.25])('hardly changes when contrast is scaled by %d: only by rounding to whole gray levels', (factor) => {
    const scaled = scoreBlur(map(image, (value) => Math.round(120 + (value - 120) * factor)), face, settings);
    expect(Math.abs(scaled.sharpness - sharpness)).toBeLessThan(3);
  });

  it('reports the classic variance, which scales with the square of contrast', () => {
    const half = scoreBlur(map(image, (value) => Math.round(value / 2)), face, settings);
    expect(half.laplacianVariance / scoreBlur(image, face, settings).laplacianVariance).toBeCloseTo(0.25, 1);
  });

  it.each(regions)('falls with every step of blur (region %s)', (region) => {
    const scores = [0, 0.6, 1, 1.5, 2, 3, 4].map((sigma) =>
      scoreBlur(gaussian(discs(), sigma), face, { ...settings, region }).sharpness);
    for (let i = 1; i < scores.length; i += 1) expect(scores[i]).toBeLessThan(scores[i - 1] ?? 0);
  });

  it('gives a color photo the score of its luminance', () => {
    const color: Raster = { ...image, channels: 3, data: Uint8Array.from({ length: 3 * 250 * 250 }, (_, i) => image.data[Math.floor(i / 3)] ?? 0) };
    expect(scoreBlur(color, face, settings).sharpness).toBeCloseTo(sharpness, 3);
    expect(gray(color).data).toEqual(image.data);
  });

  it('looks at the eyes where their boxes are given', () => {
    const eyes = [{ x: 80, y: 80, width: 40, height: 28 }, { x: 135, y: 80, width: 40, height: 28 }];
    for (const region of ['eyes', 'face+eyes'] as const) expectSound(scoreBlur(image, face, { ...settings, region }, eyes));
  });

  it('calls mush blurred and hard edges sharp', () => {
    expect(scoreBlur(gaussian(discs(), 4), face, settings).verdict).toBe('blurred');
    expect(scoreBlur(discs(), face, settings).verdict).toBe('sharp');
  });

  it('hints at motion where the detail is gone along one direction only', () => {
    const across = { ...discs() };
    const data = Uint8Array.from(across.data, (_, i) => {
      const x = i % 250;
      const from = i - x;
      let sum = 0;
      for (let k = -7; k <= 7; k += 1) sum += across.data[from + Math.min(249, Math.max(0, x + k))] ?? 0;
      return sum / 15;
    });
    expect(scoreBlur({ ...across, data }, face, settings).kind).toBe('motion');
    expect(scoreBlur(gaussian(discs(), 3), face, settings).kind).toBe('defocus');
  });

  describe('where the pixels cannot tell', () => {
    it.each(regions)('is unsure of a face of 12 px (region %s)', (region) => {
      const score = scoreBlur(image, { x: 100, y: 100, width: 12, height: 12 }, { ...settings, region });
      expectSound(score);
      expect(score.verdict).toBe('unsure');
    });

    it.each([0, 128, 255])('is unsure of a crop that is %d all over', (level) => {
      for (const region of regions) {
        const score = scoreBlur(map(image, () => level), face, { ...settings, region });
        expectSound(score);
        expect(score.verdict).toBe('unsure');
      }
    });

    it('is unsure of a burnt-out face', () => {
      const score = scoreBlur(brightness(image, 4), face, settings);
      expectSound(score);
      expect(score.doubt).toMatch(/burnt out/);
    });

    it('is unsure of nothing but noise', () => {
      const score = scoreBlur(noise(map(image, () => 128), 12, 5), face, settings);
      expectSound(score);
      expect(score.verdict).toBe('unsure');
    });

    it('is unsure of a face outside the photo, or without extent', () => {
      for (const box of [{ x: 400, y: 0, width: 90, height: 90 }, { x: 10, y: 10, width: 0, height: 0 }, { x: NaN, y: 0, width: 9, height: 9 }]) {
        const score = scoreBlur(image, box, settings);
        expectSound(score);
        expect(score.verdict).toBe('unsure');
      }
    });
  });

  it('leaves the photo as it was', () => {
    const before = Uint8Array.from(image.data);
    scoreBlur(image, face, settings);
    expect(image.data).toEqual(before);
  });
});
