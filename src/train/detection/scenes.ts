/**
 * Packed photos decoded for augmentation: in shared memory, each with smaller copies of itself.
 */
import { byteAt } from '../../core/typed-array.js';
import type { Raster } from '../../core/raster.js';
import { decodePhoto, openBytes } from '../../image/decode.js';
import type { DecodeLimits } from '../../image/decode.js';
import type { CropFace } from './faces.js';
import type { PackedPhoto } from './packed-photos.js';

/** One size of a scene. */
export interface SceneLevel {
  /** Of its first pixel in the pixels of all scenes. */
  readonly offset: number;
  readonly width: number;
  readonly height: number;
}

/** A photo and the faces on it, px of its largest level. */
export interface Scene {
  /** Each half as large as the one before. */
  readonly levels: readonly SceneLevel[];
  readonly faces: readonly CropFace[];
  /** Shows one face and little else: it is pasted into others. */
  readonly portrait: boolean;
}

export interface Scenes {
  /** RGB of all levels of all scenes, in shared memory. */
  readonly pixels: Uint8Array;
  readonly scenes: readonly Scene[];
}

/** Smaller copies end before a side is shorter than this, px. */
const SMALLEST_SIDE = 48;
/** Share of a photo that the only face on it covers, from which it is a portrait. */
const PORTRAIT_SHARE = 0.12;

/**
 * Decodes all photos.
 * @throws PhotoError if one cannot be read
 */
export async function decodeScenes(photos: readonly PackedPhoto[], limits: DecodeLimits): Promise<Scenes> {
  const plans = planScenes(photos);
  const last = plans.at(-1)?.levels.at(-1);
  const pixels = new Uint8Array(new SharedArrayBuffer(last === undefined ? 0 : last.offset + last.width * last.height * 3));
  for (const [index, photo] of photos.entries()) {
    const { raster } = await decodePhoto(await openBytes(Buffer.from(photo.bytes), limits), 1);
    const levels = plans[index]?.levels ?? [];
    const [full] = levels;
    if (full !== undefined) writeRgb(raster, pixels, full.offset);
    for (const [at, level] of levels.entries()) {
      const larger = levels[at - 1];
      if (larger !== undefined) halve(pixels, larger, level);
    }
  }
  return { pixels, scenes: plans };
}

function planScenes(photos: readonly PackedPhoto[]): Scene[] {
  let offset = 0;
  return photos.map(({ width, height, faces }) => {
    const levels: SceneLevel[] = [];
    for (let [w, h] = [width, height]; levels.length === 0 || Math.min(w, h) >= SMALLEST_SIDE; w >>= 1, h >>= 1) {
      levels.push({ offset, width: w, height: h });
      offset += w * h * 3;
    }
    const [only, ...others] = faces;
    const portrait = only !== undefined && others.length === 0 && only.points !== undefined
      && only.width * only.height > PORTRAIT_SHARE * width * height;
    return { levels, faces, portrait };
  });
}

function writeRgb({ data, channels }: Raster, out: Uint8Array, offset: number): void {
  if (channels === 3) {
    out.set(data, offset);
    return;
  }
  for (let at = 0; at < data.length; at += 1) out.fill(byteAt(data, at), offset + 3 * at, offset + 3 * at + 3);
}

/** Means of two by two pixels. */
function halve(pixels: Uint8Array, from: SceneLevel, to: SceneLevel): void {
  const row = from.width * 3;
  for (let y = 0; y < to.height; y += 1) {
    for (let x = 0; x < to.width; x += 1) {
      const at = from.offset + (2 * y * from.width + 2 * x) * 3;
      const put = to.offset + (y * to.width + x) * 3;
      for (let c = 0; c < 3; c += 1) {
        pixels[put + c] = (byteAt(pixels, at + c) + byteAt(pixels, at + 3 + c)
          + byteAt(pixels, at + row + c) + byteAt(pixels, at + row + 3 + c) + 2) >> 2;
      }
    }
  }
}
