/**
 * Pictures of photos for a screen: fitted to a size, or a part in the pixels that the camera gave. Opened photos and their
 * pixels are kept for a while, since whoever looks at one looks again.
 */
import pLimit from 'p-limit';
import sharp from 'sharp';
import { clipBox, type Box } from '../core/raster.js';
import { decodePhoto, openPhoto, shrinkFor, type DecodedPhoto, type DecodeLimits, type OpenPhoto } from './decode.js';

/** Bytes that are kept: of files as they lie on the disk, of pixels, of small pictures. */
const kept = { files: 120e6, pixels: 320e6, pictures: 64e6 };
/** Photos that are made ready at once: fitted ones, which somebody waits for or will in a moment, and those at 100 %. */
const atOnce = { fitted: 3, full: 1 };
/** px; no screen shows more at once. */
const largestPart = 4096;

/** Nobody waits for a picture any more. */
class UnwantedError extends Error {}

/** Pictures of photos, by path. */
export class ShownPhotos {
  private readonly files = new Kept<OpenPhoto>(kept.files, ({ bytes }) => bytes.length);
  private readonly pixels = new Kept<DecodedPhoto>(kept.pixels, ({ raster }) => raster.data.length);
  private readonly pictures = new Kept<Buffer>(kept.pictures, ({ length }) => length);
  private readonly fitting = pLimit(atOnce.fitted);
  private readonly decoding = pLimit(atOnce.full);

  constructor(private readonly limits: DecodeLimits) {}

  /**
   * The whole photo as JPEG, its longest side no longer than `side` px; never enlarged.
   * @throws PhotoError
   */
  fitted(path: string, side: number): Promise<Buffer> {
    return this.pictures.get(`${String(side)} ${path}`, () => this.fitting(async () => {
      // Of small pictures there are many: their files would push those out that are looked at.
      const photo = side < 600 ? await openPhoto(path, this.limits) : await this.open(path);
      const { raster } = await decodePhoto(photo, shrinkFor(photo, side));
      const { data, width, height, channels } = raster;
      return sharp(data, { raw: { width, height, channels } })
        .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true }).jpeg({ quality: side < 600 ? 72 : 86 }).toBuffer();
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
    return sharp(data, { raw: { width: raster.width, height: raster.height, channels } })
      .extract({ left, top, width, height }).jpeg({ quality: 92, chromaSubsampling: '4:4:4' }).toBuffer();
  }

  private open(path: string): Promise<OpenPhoto> {
    return this.files.get(path, () => openPhoto(path, this.limits));
  }

  /** Who leafs through photos does not wait for those that have gone by: they are not decoded where they have not been begun. */
  private async full(path: string, signal: AbortSignal): Promise<DecodedPhoto> {
    const decoded = this.pixels.get(path, () => this.decoding(async () => {
      if (signal.aborted) throw new UnwantedError('nobody waits for this photo any more.');
      return decodePhoto(await this.open(path), 1);
    }));
    try {
      return await decoded;
    } catch (error) {
      // Whoever asked first has gone; this one has not.
      if (error instanceof UnwantedError && !signal.aborted) return this.full(path, signal);
      throw error;
    }
  }
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
