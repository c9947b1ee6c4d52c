/**
 * Opens photos: bytes of any supported format in, upright 8-bit sRGB pixels out. The only file that decodes with sharp.
 */
import type { FileHandle } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { fileProblem } from '../files/problem.js';
import { openRegularFile, readBytes } from '../files/regular-file.js';
import { findExif, readCapture } from './capture.js';
import { withOwnWords } from './decoder-words.js';
import { sniffFormat } from './format.js';
import { decodeHeic, HeicMissingError, heicSize, isCutShort } from './heic.js';
import { extractRawPreview } from './raw.js';
import type { Capture } from '../core/capture.js';
import type { Box, Raster } from '../core/raster.js';
import type { FilePart } from '../core/result.js';
import type { ViewPlace } from './view.js';

/** Bounds that a photo must keep to be opened. */
export interface DecodeLimits {
  readonly max_megapixels: number;
  readonly max_megabytes: number;
  readonly timeout_seconds: number;
}

/** A photo that cannot be read; the message is for the report's `error` column. */
export class PhotoError extends Error {
  override readonly name: string = 'PhotoError';
}

class DecodeTimeoutError extends PhotoError {}

/** A photo whose header was read and found within the limits. */
export interface OpenPhoto {
  readonly bytes: Buffer;
  /** px, upright. */
  readonly width: number;
  readonly height: number;
  /** Whether the embedded colour profile has to be applied to get sRGB. */
  readonly needsProfile: boolean;
  readonly hasAlpha: boolean;
  readonly isJpeg: boolean;
  readonly limits: DecodeLimits;
  readonly capture: Capture;
}

/** Pixels of a photo or of a part of it, and where they lie in it. */
export interface DecodedPhoto extends ViewPlace {
  readonly raster: Raster;
  /** What the decoder says of data that are not as they were written: part of the picture is made up. */
  readonly damage?: string;
}

/**
 * Reads a photo's file and header.
 * @throws PhotoError with a reason in words where the file is unreadable, empty, of another type, or beyond the limits
 */
export async function openPhoto(path: string, limits: DecodeLimits): Promise<OpenPhoto> {
  return openBytes(await readPhoto(path, limits.max_megabytes), limits);
}

/** As `openPhoto`, for bytes that are already in memory. */
export async function openBytes(file: Buffer, limits: DecodeLimits): Promise<OpenPhoto> {
  checkLength(file.length, limits.max_megabytes);
  const format = sniffFormat(file);
  if (!format.supported) throw new PhotoError(format.reason);
  const bytes = await pictureOf(file, format.format, limits);
  const metadata = await readMetadata(bytes);
  const { width, height } = metadata.autoOrient;
  if (width * height > limits.max_megapixels * 1e6) {
    throw new PhotoError(tooManyPixels(width, height, limits));
  }
  checkCost(bytes, metadata, limits);
  return {
    bytes, width, height, limits, needsProfile: needsProfile(metadata), hasAlpha: metadata.hasAlpha,
    isJpeg: metadata.format === 'jpeg',
    capture: captureOf(file, format.format, metadata),
  };
}

/** The camera's notes stand in the file's EXIF data; those of a TIFF or RAW are the file's own directory. */
function captureOf(file: Buffer, format: string, { exif }: Metadata): Capture {
  const stated = readCapture(exif);
  if (stated.time !== undefined) return stated;
  const own = readCapture(format === 'raw' || format === 'tiff' ? file : undefined);
  if (own.time !== undefined) return own;
  return format === 'raw' || format === 'heic' ? readCapture(findExif(file)) : stated;
}

/** A file of a few MB may ask for GB of memory or for minutes, with no more pixels than a camera's. */
function checkCost(bytes: Buffer, metadata: Metadata, limits: DecodeLimits): void {
  const { width, height, channels, depth, format, isProgressive } = metadata;
  // A progressive JPEG is decoded into coefficients of 2 bytes, which are all kept until its last scan.
  const sampleBytes = Math.max(bytesOfDepth[depth] ?? 8, format === 'jpeg' && isProgressive ? 2 : 1);
  const megabytes = (width * height * channels * sampleBytes) / 1e6;
  const limit = limits.max_megapixels * bytesOfPixel;
  if (megabytes > limit) {
    throw new PhotoError(`The photo takes ${String(Math.round(megabytes))} MB of memory when it is opened; the limit is `
      + `${String(Math.round(limit))}, ${String(bytesOfPixel)} bytes for each of image.max_megapixels.`);
  }
  if (format === 'jpeg' && countScans(bytes) > mostScans) {
    throw new PhotoError(`The photo is a JPEG of more than ${String(mostScans)} scans, which no camera or editor writes.`);
  }
}

const bytesOfPixel = 4;
const bytesOfDepth: Readonly<Record<string, number>> = { char: 1, uchar: 1, short: 2, ushort: 2, int: 4, uint: 4, float: 4 };

/** Progressive JPEGs have about ten; each costs as much time as opening the photo once. */
const mostScans = 100;

/** Scans of a JPEG, those of pictures embedded in it included; counted no further than one too many. */
function countScans(jpeg: Buffer): number {
  let scans = 0;
  for (let at = jpeg.indexOf(startOfScan); at >= 0 && scans <= mostScans; at = jpeg.indexOf(startOfScan, at + 2)) scans += 1;
  return scans;
}

const startOfScan = Buffer.from([0xff, 0xda]);

/** What sharp can open: the file itself, the preview inside a RAW file, or the pixels of a HEIC. */
async function pictureOf(file: Buffer, format: string, limits: DecodeLimits): Promise<Buffer> {
  if (format === 'raw') {
    const preview = extractRawPreview(file);
    if (preview === undefined) throw new PhotoError('This RAW file holds no JPEG preview that could be judged. Export it as JPEG.');
    return preview;
  }
  if (format !== 'heic') return file;
  if (isCutShort(file)) throw new PhotoError('The photo is cut short: the file ends before its pixels do.');
  const stated = heicSize(file);
  if (stated === undefined) throw new PhotoError('The photo is damaged: its header does not say how large it is.');
  if (stated.width * stated.height > limits.max_megapixels * 1e6) throw new PhotoError(tooManyPixels(stated.width, stated.height, limits));
  try {
    const pixels = await decodeHeic(file);
    return await withOwnWords(() => sharp(pixels.data, { raw: { width: pixels.width, height: pixels.height, channels: 4 } })
      .removeAlpha().tiff({ compression: 'none' }).toBuffer());
  } catch (error) {
    throw error instanceof HeicMissingError ? new PhotoError(error.message) : photoError(error);
  }
}

function tooManyPixels(width: number, height: number, limits: DecodeLimits): string {
  return `The photo has ${String(Math.round((width * height) / 1e6))} megapixels; ` +
    `the limit is ${String(limits.max_megapixels)} (image.max_megapixels).`;
}

/**
 * Factors by which a JPEG is shrunk sooner than it is opened whole. libjpeg shrinks by 2, 4 and 8 almost for free, but sharp uses that
 * only where something is left to resize: at 3, 5 and 9. Factors between cost more than no shrinking at all.
 */
export const cheapShrinks = [9, 5, 3];

/** The factor by which a photo is shrunk while it is opened, so that its longest side keeps at least `side` px. */
export function shrinkFor(photo: { readonly width: number; readonly height: number }, side: number): number {
  const longest = Math.max(photo.width, photo.height);
  return cheapShrinks.find((factor) => longest / factor >= side) ?? 1;
}

/**
 * Decodes the whole photo, upright, shrunk by `shrink` (1: the pixels that the camera gave). A JPEG whose data are broken
 * off, written over or cut short before a proper end is decoded as far as it goes, and `damage` says so.
 * @throws PhotoError where the data cannot be decoded or take too long
 */
export async function decodePhoto(photo: OpenPhoto, shrink: number): Promise<DecodedPhoto> {
  try {
    return await decodeWhole(photo, shrink, photo.isJpeg ? 'warning' : 'truncated');
  } catch (error) {
    if (!photo.isJpeg || error instanceof DecodeTimeoutError) throw error;
    const decoded = await decodeWhole(photo, shrink, 'truncated');
    const text = error instanceof Error ? error.message : String(error);
    return brokenData.test(text) ? { ...decoded, damage: text } : decoded;
  }
}

/** What libjpeg warns of where data are not as they were written. Its other warnings are about makers' odd headers. */
const brokenData = /premature end of data|bad huffman|bad arithmetic|extraneous bytes|restart marker|progression sequence/i;

async function decodeWhole(photo: OpenPhoto, shrink: number, failOn: FailOn): Promise<DecodedPhoto> {
  const image = pipeline(photo, failOn);
  if (shrink > 1) {
    image.resize({
      width: Math.max(1, Math.floor(photo.width / shrink)),
      height: Math.max(1, Math.floor(photo.height / shrink)),
      fit: 'fill',
    });
  }
  const raster = await toRaster(image, photo);
  return { raster, scaleX: photo.width / raster.width, scaleY: photo.height / raster.height, left: 0, top: 0 };
}

/** `truncated`: a photo cut short is an error, a maker's odd but complete file is not. */
type FailOn = 'truncated' | 'warning';

/**
 * Decodes a part of the photo at full size, upright.
 * @param box px of the full-size photo; the part of it that lies outside the photo is left out
 * @throws PhotoError where the data are damaged, or the box does not touch the photo
 */
export async function decodeRegion(photo: OpenPhoto, box: Box): Promise<DecodedPhoto> {
  const left = Math.max(0, Math.floor(box.x));
  const top = Math.max(0, Math.floor(box.y));
  const width = Math.min(photo.width, Math.ceil(box.x + box.width)) - left;
  const height = Math.min(photo.height, Math.ceil(box.y + box.height)) - top;
  if (width < 1 || height < 1) throw new PhotoError('The region lies outside the photo.');
  const raster = await toRaster(pipeline(photo, 'truncated').extract({ left, top, width, height }), photo);
  return { raster, scaleX: 1, scaleY: 1, left, top };
}

function pipeline(photo: OpenPhoto, failOn: FailOn): Sharp {
  const image = sharp(photo.bytes, {
    failOn,
    limitInputPixels: photo.limits.max_megapixels * 1e6,
    ignoreIcc: !photo.needsProfile,
    sequentialRead: true,
  }).autoOrient();
  // Gray, so that neither a dark nor a light cut-out gets an edge that looks like contrast.
  if (photo.hasAlpha) image.flatten({ background: '#808080' });
  return image.timeout({ seconds: Math.ceil(photo.limits.timeout_seconds) });
}

async function toRaster(image: Sharp, photo: OpenPhoto): Promise<Raster> {
  try {
    const pixels = image.toColourspace('srgb').raw();
    const { data, info } = await withOwnWords(() => pixels.clone().toBuffer({ resolveWithObject: true }), isTimeout);
    if (info.channels !== 1 && info.channels !== 3) throw new PhotoError(`The photo has ${String(info.channels)} channels.`);
    return { data, width: info.width, height: info.height, channels: info.channels };
  } catch (error) {
    throw photoError(error, photo.limits);
  }
}

async function readMetadata(bytes: Buffer): Promise<Metadata> {
  try {
    // The limit is checked afterwards, with a message of our own.
    return await withOwnWords(() => sharp(bytes, { limitInputPixels: false }).metadata());
  } catch (error) {
    throw photoError(error);
  }
}

function photoError(error: unknown, limits?: DecodeLimits): PhotoError {
  if (error instanceof PhotoError) return error;
  // libvips stacks messages, one a line; the first says what happened.
  const text = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
  if (isTimeout(error)) {
    return new DecodeTimeoutError(`Opening the photo took more than ${String(limits?.timeout_seconds)} seconds (image.timeout_seconds).`);
  }
  if (/premature end|truncated|out of order read|unexpected end|not enough data|read error/i.test(text)) {
    return new PhotoError(`The photo is cut short: ${text}`);
  }
  return new PhotoError(`The photo is damaged: ${text}`);
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && /timeout/i.test(error.message);
}

/** sRGB profiles name themselves, in ASCII (version 2) or UTF-16 (version 4); applying them would change nothing but time. */
function needsProfile(metadata: Metadata): boolean {
  if (metadata.icc === undefined) return false;
  const text = metadata.icc.toString('latin1').replaceAll('\0', '');
  return !text.includes('sRGB') || metadata.space === 'cmyk';
}

function checkLength(bytes: number, maxMegabytes: number): void {
  if (bytes === 0) throw new PhotoError('The file is empty.');
  if (bytes <= maxMegabytes * 1e6) return;
  throw new PhotoError(`The file has ${String(Math.round(bytes / 1e6))} MB; the limit is ${String(maxMegabytes)} (image.max_megabytes).`);
}

/** A photo's file, or the part of a file that is one, as it is. @throws PhotoError where it is unreadable, empty or too long */
export async function readPhoto(path: string, maxMegabytes: number, part?: FilePart): Promise<Buffer> {
  let file: FileHandle | undefined;
  try {
    file = await openRegularFile(path);
    const length = part?.length ?? (await file.stat()).size;
    checkLength(length, maxMegabytes);
    return await readBytes(file, length, part?.offset);
  } catch (error) {
    if (error instanceof PhotoError) throw error;
    throw new PhotoError(`The file cannot be read: ${fileProblem(error, 'read')}`);
  } finally {
    await file?.close();
  }
}
