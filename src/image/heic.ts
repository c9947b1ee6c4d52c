/**
 * Decodes HEIC with heic-decode, which people install themselves where they have such photos: the codec beneath it
 * (libheif) is under the LGPL, so this project does not ship it.
 */
import { z } from 'zod';

/** Pixels of a HEIC photo, upright: RGBA, 8 bit. */
export interface HeicPixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** The decoder is not there; the message says what to install. */
export class HeicMissingError extends Error {
  override readonly name = 'HeicMissingError';
}

type Decode = (input: { readonly buffer: Uint8Array }) => Promise<HeicPixels>;

/** Whether a file is a HEIC photo, by the brands in its header. */
export function isHeic(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.subarray(4, 32)).toString('latin1');
  return text.startsWith('ftyp') && /hei[cxms]|hev[cx]|mif1|msf1/.test(text) && !text.includes('avi');
}

/** Size that the header states, px; the largest where it states several. Undefined where it states none. */
export function heicSize(bytes: Buffer): { readonly width: number; readonly height: number } | undefined {
  let best: { width: number; height: number } | undefined;
  // `ispe`, the image spatial extents box: four bytes of version and flags, then width and height.
  for (let at = bytes.indexOf('ispe'); at >= 0 && at + 16 <= bytes.length; at = bytes.indexOf('ispe', at + 4)) {
    const size = { width: bytes.readUInt32BE(at + 8), height: bytes.readUInt32BE(at + 12) };
    if (best === undefined || size.width * size.height > best.width * best.height) best = size;
  }
  return best;
}

/** Whether a file ends before its boxes do. The decoder would paint what is missing gray, and say nothing. */
export function isCutShort(bytes: Buffer): boolean {
  let at = 0;
  while (at + 8 <= bytes.length) {
    const size = bytes.readUInt32BE(at);
    // 1: the size is in the eight bytes behind the name; 0: to the end of the file.
    const length = size === 1 && at + 16 <= bytes.length ? Number(bytes.readBigUInt64BE(at + 8)) : size === 0 ? bytes.length - at : size;
    if (length < 8) return false;
    at += length;
  }
  return at > bytes.length;
}

/**
 * Decodes a HEIC photo.
 * @throws HeicMissingError where heic-decode is not installed; else as the decoder does
 */
export async function decodeHeic(bytes: Uint8Array): Promise<HeicPixels> {
  const decode = await loadDecoder();
  return decode({ buffer: bytes });
}

const decoderModule = z.object({ default: z.custom<Decode>((value) => typeof value === 'function') });

async function loadDecoder(): Promise<Decode> {
  // A name in a variable: the compiler must not look for what need not be there.
  const name = 'heic-decode';
  try {
    return decoderModule.parse(await import(name)).default;
  } catch {
    throw new HeicMissingError('HEIC photos need one more package: npm install --save-dev heic-decode');
  }
}
