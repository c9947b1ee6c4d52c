/**
 * Pictures to try sharpness on.
 */
import { random } from '../../bench/blur/degrade.js';
import type { Raster } from '../../src/core/raster.js';

const drawn = new Map<number, Raster>();

/** Discs of many sizes and tones: hard edges at all angles, as a face has, and nothing of a face's meaning. Made once a size. */
export function discs(side = 250): Raster {
  const known = drawn.get(side);
  if (known !== undefined) return known;
  const next = random(11);
  const data = new Uint8Array(side * side).fill(120);
  for (let n = 0; n < 260; n += 1) {
    const cx = side * next(), cy = side * next(), radius = side * (0.008 + 0.056 * next() ** 2), tone = 70 + 100 * next();
    for (let y = Math.max(0, Math.floor(cy - radius)); y < Math.min(side, cy + radius); y += 1) {
      for (let x = Math.max(0, Math.floor(cx - radius)); x < Math.min(side, cx + radius); x += 1) {
        if (Math.hypot(x - cx, y - cy) < radius) data[y * side + x] = tone;
      }
    }
  }
  const picture: Raster = { data, width: side, height: side, channels: 1 };
  drawn.set(side, picture);
  return picture;
}
