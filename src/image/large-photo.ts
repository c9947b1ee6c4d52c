/**
 * Makes a photo as large as a camera's out of a small one, for benchmarks: there is none that every checkout has.
 */
import { byteAt } from '../core/typed-array.js';
import sharp from 'sharp';

/** What is cut out of the small photo, px of it. */
export interface Cut {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const size = { width: 6000, height: 4000 };
/** Gray levels. Gives a file of about as many megabytes as a camera's, and with it as much work for the JPEG decoder. */
const grain = 10;
const quality = 90;

/**
 * Writes a 24-megapixel JPEG: a cut of `source`, enlarged. The same input gives the same file.
 * @param withGrain whether to add grain; without it the file is a sixth as large, and as much faster to open
 * @throws if `source` cannot be read or `target` cannot be written
 */
export async function writeLargePhoto(source: string, cut: Cut, target: string, withGrain: boolean): Promise<void> {
  const { data } = await sharp(source).extract({ ...cut })
    .resize({ ...size, fit: 'fill', kernel: 'cubic' })
    .toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  if (withGrain) addGrain(data);
  await sharp(data, { raw: { ...size, channels: 3 } }).jpeg({ quality }).toFile(target);
}

function addGrain(pixels: Uint8Array): void {
  let state = 1;
  // Hot loop: 72 million values. The sum of four bytes of a xorshift generator is close enough to a normal distribution.
  for (let i = 0; i < pixels.length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const sum = (state & 255) + ((state >>> 8) & 255) + ((state >>> 16) & 255) + (state >>> 24) - 510;
    const value = byteAt(pixels, i) + (sum * grain) / 147.8;
    pixels[i] = value < 0 ? 0 : value > 255 ? 255 : value;
  }
}
