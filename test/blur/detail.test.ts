import { describe, expect, it } from 'vitest';
import { gaussian, motion, noise, random } from '../../bench/blur/degrade.js';
import { calibration } from '../../src/blur/calibration.js';
import { measureDetail } from '../../src/blur/detail.js';
import { focusOf, type FocusEnergy } from '../../src/blur/focus-energy.js';
import type { Box, Raster } from '../../src/core/raster.js';

/** Discs of many sizes and tones: hard edges at all angles, as a face has, and nothing of a face's meaning. */
function discs(side: number, seed = 11): Raster {
  const next = random(seed);
  const data = new Uint8Array(side * side).fill(120);
  for (let n = 0; n < 260; n += 1) {
    const cx = side * next(), cy = side * next(), radius = side * (0.01 + 0.06 * next() ** 2), tone = 70 + 100 * next();
    for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(side, cy + radius); y += 1) {
      for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(side, cx + radius); x += 1) {
        if (Math.hypot(x - cx, y - cy) < radius) data[y * side + x] = tone;
      }
    }
  }
  return { data, width: side, height: side, channels: 1 };
}

/** The picture with the mean of each `factor` x `factor` px. */
function shrunk(image: Raster, factor: number): Raster {
  const width = Math.floor(image.width / factor);
  const data = new Uint8Array(width * width);
  for (let i = 0; i < data.length; i += 1) {
    let sum = 0;
    for (let k = 0; k < factor * factor; k += 1) {
      sum += image.data[(Math.floor(i / width) * factor + Math.floor(k / factor)) * image.width + (i % width) * factor + k % factor] ?? 0;
    }
    data[i] = Math.round(sum / factor ** 2);
  }
  return { data, width, height: width, channels: 1 };
}

const whole = ({ width, height }: Raster): Box => ({ x: 0, y: 0, width, height });
const detail = (image: Raster, width = image.width): number => measureDetail(image, whole(image), width)?.detail ?? NaN;

const noEnergy: FocusEnergy = { laplacian: 0, gradient: 0, lowest: 0, highest: 0, noiseShare: 0 };
const side = 480;
const large = discs(side);
const softened = new Map<number, Raster>();
/** The large picture behind a Gaussian blur, made once. */
function soft(sigma: number): Raster {
  const made = softened.get(sigma) ?? gaussian(large, sigma);
  softened.set(sigma, made);
  return made;
}

describe('measureDetail', () => {
  it('falls with every step of blur, in a picture of many px, and never rests', () => {
    const details = [0, 0.7, 1.5, 2.5, 4, 6, 9].map((sigma) => detail(soft(sigma)));
    for (let i = 1; i < details.length; i += 1) expect(details[i]).toBeLessThan(details[i - 1] ?? 0);
  });

  it('is at most half of it for a blur twice as wide, where the blur is wide', () => {
    const ratio = detail(soft(3)) / detail(soft(6));
    expect(ratio).toBeGreaterThan(1.7);
    expect(ratio).toBeLessThan(2.3);
  });

  it('is the same px whether a blurred picture is shrunk or not', () => {
    expect(detail(shrunk(soft(6), 2)) / detail(soft(6))).toBeGreaterThan(0.85);
    expect(detail(shrunk(soft(6), 2)) / detail(soft(6))).toBeLessThan(1.15);
  });

  it('is more than the px there are where those are crisp', () => {
    expect(detail(large)).toBeGreaterThan(side);
    expect(detail(shrunk(large, 4))).toBeGreaterThan(side / 4);
  });

  it('is not raised by noise', () => {
    expect(detail(noise(soft(4), 5, 3))).toBeLessThan(1.15 * detail(soft(4)));
  });

  it('is that of the direction in which a picture is blurred most', () => {
    expect(detail(motion(large, 14, 0.5))).toBeLessThan(0.4 * detail(large));
  });

  it('is read from the part that is asked for', () => {
    const data = Uint8Array.from(large.data, (value, i) => (i % side < side / 2 ? value : soft(6).data[i] ?? 0));
    const half = { y: 0, width: side / 2 - 10, height: side };
    const of = (x: number): number => measureDetail({ ...large, data }, { ...half, x }, side)?.detail ?? NaN;
    expect(of(5)).toBeGreaterThan(3 * of(side / 2 + 5));
  });

  it('reads a picture at the border of its raster as far as it is there', () => {
    const cut = measureDetail(large, { x: -160, y: 100, width: 380, height: 480 }, side);
    expect(cut?.detail).toBeGreaterThan(0.75 * side);
    expect(measureDetail(large, { x: 2000, y: 0, width: 100, height: 100 }, side)).toBeUndefined();
    expect(measureDetail(large, { x: NaN, y: 0, width: 100, height: 100 }, side)).toBeUndefined();
  });

  it('falls where more is asked of what looks sharp', () => {
    expect(measureDetail(soft(2.5), whole(large), side, -1.5)?.detail).toBeLessThan(measureDetail(soft(2.5), whole(large), side, -2.5)?.detail ?? 0);
  });

  it('tells how wide the face is, and which share of the region is black or white to the stop', () => {
    const burnt = { ...large, data: Uint8Array.from(large.data, (value, i) => (i % side < side / 4 ? 255 : value)) };
    expect(measureDetail(large, whole(large), 400)).toMatchObject({ width: 400, clipped: 0 });
    expect(measureDetail(burnt, whole(large), 400)?.clipped).toBeCloseTo(0.25, 2);
  });

  it('reads the focus at the size of its px where the face has few', () => {
    // No size is tried between: the pixels as they are, and no half of them, for those are too few.
    const few = shrunk(soft(4), 5);
    const found = measureDetail(few, whole(few), 96);
    const focus = focusOf(found?.energy ?? noEnergy);
    expect(found?.detail).toBeCloseTo(96 * Math.exp((focus - calibration.justSharp) / 2), 6);
  });

  it('is told by the size at which it begins to look soft, between what was tried', () => {
    const seen = [1.5, 2, 2.5, 3, 4].map((sigma) => measureDetail(soft(sigma), whole(large), side));
    for (const found of seen) {
      const { detail: px = NaN, energy = noEnergy } = found ?? {};
      expect(px).toBeLessThan(side);
      // What decided is the first size at which it looks soft.
      expect(focusOf(energy)).toBeLessThan(calibration.justSharp + 0.3);
    }
  });

  it('does not depend on what lies around the region, but for its next px', () => {
    const box = { x: 120, y: 120, width: 240, height: 240 };
    const outside = (value: number, i: number): number => {
      const [x, y] = [i % side, Math.floor(i / side)];
      return x < 90 || y < 90 || x >= 390 || y >= 390 ? 255 * ((x + y) % 2) : value;
    };
    const other = { ...soft(1.5), data: Uint8Array.from(soft(1.5).data, outside) };
    expect(measureDetail(other, box, 240)).toEqual(measureDetail(soft(1.5), box, 240));
  });
});
