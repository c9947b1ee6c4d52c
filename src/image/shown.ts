/**
 * Pictures of photos for a screen: fitted to a size, or a part in the pixels that the camera gave. Opened photos and their
 * pixels are kept for a while, since whoever looks at one looks again.
 */
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import sharp from 'sharp';
import { clipBox, type Box } from '../core/raster.js';
import { cheapShrinks, decodePhoto, openPhoto, type DecodedPhoto, type DecodeLimits, type OpenPhoto } from './decode.js';
import { withOwnWords } from './decoder-words.js';
import { Turns, UnwantedError } from './turns.js';

/** Bytes that are kept: of files as they lie on the disk, of pixels, of small pictures. */
const kept = { files: 120e6, pixels: 320e6, pictures: 64e6 };
/** Photos that are made ready at once; more of them than processors would all be ready late. */
const atOnce = Math.min(4, Math.max(2, availableParallelism()));
/** Whoever leafs through photos looks at one, then at its faces; small ones are many. */
const urgency = { large: 0, full: 1, small: 2 };
/** px of the longest side from which a picture is a large one. */
const large = 600;
/** How much shorter a picture may be for this, as a share of what was asked for. */
const slightly = 6 / 7;
/** px; no screen shows more at once. */
const largestPart = 4096;

/** Pictures of photos, by path. */
export class ShownPhotos {
  private readonly files = new Kept<OpenPhoto>(kept.files, ({ bytes }) => bytes.length);
  private readonly pixels = new Kept<DecodedPhoto>(kept.pixels, ({ raster }) => raster.data.length);
  private readonly pictures = new Kept<Buffer>(kept.pictures, ({ length }) => length);
  private readonly turns = new Turns(atOnce);
  /** Photos at 100 % take much memory: one at a time. */
  private readonly decoding = pLimit(1);

  constructor(private readonly limits: DecodeLimits) {}

  /**
   * The whole photo as JPEG, its longest side no longer than `side` px, and up to a seventh shorter where that is opened sooner;
   * never enlarged.
   * @param signal after its abort nothing is begun for this
   * @throws PhotoError
   */
  fitted(path: string, side: number, signal: AbortSignal): Promise<Buffer> {
    const isLarge = side >= large;
    return whileWanted(this.pictures, `${String(side)} ${path}`, signal, () => this.turns.take(isLarge ? urgency.large : urgency.small, signal, async () => {
      // Of small pictures there are many: their files would push those out that are looked at.
      const photo = isLarge ? await this.open(path) : await openPhoto(path, this.limits);
      const { data, width, height, channels } = (await decodePhoto(photo, shrinkTo(photo, side))).raster;
      return withOwnWords(() => sharp(data, { raw: { width, height, channels } }).jpeg({ quality: isLarge ? 86 : 72 }).toBuffer());
    }));
  }

  /**
   * A part of the photo as JPEG in the pixels that the camera gave.
   * @param box px of the upright full-size photo; what lies outside is left out
   * @param signal after its abort nothing is begun for this
   * @returns undefined where all of it lies outside
   * @throws PhotoError
   */
  async part(path: string, box: Box, signal: AbortSignal): Promise<Buffer | undefined> {
    const { raster } = await this.full(path, signal);
    const part = clipBox(box, raster.width, raster.height);
    const [left, top] = [Math.floor(part.x), Math.floor(part.y)];
    const width = Math.min(largestPart, Math.ceil(part.x + part.width) - left, raster.width - left);
    const height = Math.min(largestPart, Math.ceil(part.y + part.height) - top, raster.height - top);
    if (width < 1 || height < 1) return undefined;
    const { data, channels } = raster;
    return withOwnWords(() => sharp(data, { raw: { width: raster.width, height: raster.height, channels } })
      .extract({ left, top, width, height }).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer());
  }

  private open(path: string): Promise<OpenPhoto> {
    return this.files.get(path, () => openPhoto(path, this.limits));
  }

  /** Who leafs through photos does not wait for those that have gone by: they are not decoded where they have not been begun. */
  private full(path: string, signal: AbortSignal): Promise<DecodedPhoto> {
    return whileWanted(this.pixels, path, signal, () => this.decoding(() =>
      this.turns.take(urgency.full, signal, async () => decodePhoto(await this.open(path), 1))));
  }
}

/** What is kept under a key, or made for this one; whoever asked before, and has gone since, does not keep it from this one. */
async function whileWanted<T>(values: Kept<T>, key: string, signal: AbortSignal, make: () => Promise<T>): Promise<T> {
  try {
    return await values.get(key, make);
  } catch (error) {
    if (error instanceof UnwantedError && !signal.aborted) return whileWanted(values, key, signal, make);
    throw error;
  }
}

/** By how much a photo is shrunk so that its longest side is no longer than `side` px. */
function shrinkTo({ width, height }: OpenPhoto, side: number): number {
  const least = Math.max(1, Math.max(width, height) / side);
  return cheapShrinks.find((shrink) => shrink >= least && least >= shrink * slightly) ?? least;
}

/** Values that took time to make, the latest used ones, as many as a number of bytes holds; one that is being made is made once. */
class Kept<T> {
  private readonly values = new Map<string, { readonly value: Promise<T>; bytes: number }>();
  private bytes = 0;

  constructor(private readonly most: number, private readonly bytesOf: (value: T) => number) {}

  get(key: string, make: () => Promise<T>): Promise<T> {
    const known = this.values.get(key);
    if (known !== undefined) {
      this.values.delete(key);
      this.values.set(key, known);
      return known.value;
    }
    const entry = { value: make(), bytes: 0 };
    this.values.set(key, entry);
    entry.value.then((value) => {
      if (this.values.get(key) !== entry) return;
      entry.bytes = this.bytesOf(value);
      this.bytes += entry.bytes;
      this.trim();
    }, () => { if (this.values.get(key) === entry) this.values.delete(key); });
    return entry.value;
  }

  private trim(): void {
    for (const [key, { bytes }] of this.values) {
      if (this.bytes <= this.most || this.values.size === 1) return;
      this.values.delete(key);
      this.bytes -= bytes;
    }
  }
}
