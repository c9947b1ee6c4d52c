import { describe, expect, it } from 'vitest';
import { gaussian, motion, noise, random } from '../../bench/blur/degrade.js';
import { measureDetail } from '../../src/blur/detail.js';
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

describe('measureDetail', () => {
  const large = discs(900);

  it('falls with every step of blur, in a picture of many px, and never rests', () => {
    const details = [0, 0.7, 1.5, 2.5, 4, 6, 9, 14].map((sigma) => detail(gaussian(large, sigma)));
    for (let i = 1; i < details.length; i += 1) expect(details[i]).toBeLessThan(details[i - 1] ?? 0);
  });

  it('is at most half of it for a blur twice as wide, where the blur is wide', () => {
    const ratio = detail(gaussian(large, 6)) / detail(gaussian(large, 12));
    expect(ratio).toBeGreaterThan(1.7);
    expect(ratio).toBeLessThan(2.3);
  });

  it('is the same px whether a blurred picture is shrunk or not', () => {
    const soft = gaussian(large, 9);
    expect(detail(shrunk(soft, 2)) / detail(soft)).toBeGreaterThan(0.85);
    expect(detail(shrunk(soft, 2)) / detail(soft)).toBeLessThan(1.15);
  });

  it('is more than the px there are where those are crisp', () => {
    expect(detail(large)).toBeGreaterThan(900);
    expect(detail(shrunk(large, 8))).toBeGreaterThan(112);
  });

  it('is not raised by noise', () => {
    const soft = gaussian(large, 6);
    expect(detail(noise(soft, 5, 3))).toBeLessThan(1.15 * detail(soft));
  });

  it('is that of the direction in which a picture is blurred most', () => {
    expect(detail(motion(large, 24, 0.5))).toBeLessThan(0.4 * detail(large));
  });

  it('is read from the part that is asked for', () => {
    const soft = gaussian(large, 9);
    const data = Uint8Array.from(large.data, (value, i) => (i % 900 < 450 ? value : soft.data[i] ?? 0));
    const half = { y: 0, width: 430, height: 900 };
    const of = (x: number): number => measureDetail({ ...large, data }, { ...half, x }, 900)?.detail ?? NaN;
    expect(of(10)).toBeGreaterThan(3 * of(460));
  });

  it('reads a picture at the border of its raster as far as it is there', () => {
    const cut = measureDetail(large, { x: -300, y: 200, width: 700, height: 900 }, 900);
    expect(cut?.detail).toBeGreaterThan(700);
    expect(measureDetail(large, { x: 2000, y: 0, width: 100, height: 100 }, 900)).toBeUndefined();
    expect(measureDetail(large, { x: NaN, y: 0, width: 100, height: 100 }, 900)).toBeUndefined();
  });

  it('falls where more is asked of what looks sharp', () => {
    const soft = gaussian(large, 4);
    expect(measureDetail(soft, whole(soft), 900, -1.5)?.detail).toBeLessThan(measureDetail(soft, whole(soft), 900, -2.5)?.detail ?? 0);
  });
});
