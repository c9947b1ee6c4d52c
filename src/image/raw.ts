/**
 * Finds the JPEG preview that cameras put into their RAW files. The RAW data themselves are not developed.
 *
 * No npm library under this project's licences gives the full-size preview of all these formats (exifr stops at the
 * thumbnail), and they nest it in seven different ways. A JPEG can be told by walking its own markers, so it is looked for
 * as such, wherever it lies.
 */
import { byteAt } from '../core/typed-array.js';


/** Whether a file is a camera's RAW: CR2, CR3, NEF, ARW, DNG, RAF, ORF or RW2. Needs the whole file for NEF, ARW and DNG. */
export function isRaw(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 16);
  if (start.startsWith('FUJIFILMCCD-RAW') || start.slice(4, 12) === 'ftypcrx ') return true;
  if (['IIRO', 'IIRS', 'MMOR', 'IIU\0'].includes(start.slice(0, 4))) return true;
  if (start.slice(8, 10) === 'CR' && start.startsWith('II*\0')) return true;
  return holdsSensorData(bytes);
}

/**
 * The largest JPEG inside a RAW file, turned as the camera was held.
 * @returns the bytes of a JPEG file, or undefined where there is none that is larger than a thumbnail
 */
export function extractRawPreview(bytes: Buffer): Buffer | undefined {
  const search = new JpegSearch(bytes);
  let best: EmbeddedJpeg | undefined;
  for (let at = bytes.indexOf(startOfImage); at >= 0; at = bytes.indexOf(startOfImage, at + 1)) {
    const found = search.walk(at);
    if (found === undefined) continue;
    if (best === undefined || found.width * found.height > best.width * best.height) best = found;
    // What lies inside a JPEG (its own thumbnail) is smaller than itself.
    at = found.end - 1;
  }
  if (best === undefined || Math.max(best.width, best.height) < smallestPreview) return undefined;
  const jpeg = bytes.subarray(best.start, best.end);
  return best.orientation === undefined ? withOrientation(jpeg, containerOrientation(bytes)) : jpeg;
}

/** px; a thumbnail is smaller than this, and too small to judge eyes in. */
const smallestPreview = 600;
const startOfImage = Buffer.from([0xff, 0xd8, 0xff]);

interface EmbeddedJpeg {
  readonly start: number;
  readonly end: number;
  readonly width: number;
  readonly height: number;
  /** What the JPEG itself says of how the camera was held. */
  readonly orientation: number | undefined;
}

/**
 * Looks at what may be a JPEG in a file, one beginning after the other. No byte is walked over twice, so that a file full of
 * beginnings takes no longer than another of its size.
 */
class JpegSearch {
  /** A bit for each place where a segment was looked at. What was found to lead nowhere once is not followed again. */
  private readonly walked: Uint8Array;
  /** From here on there is no end of an image any more. */
  private noEndFrom = Infinity;

  constructor(private readonly bytes: Buffer) {
    this.walked = new Uint8Array(Math.ceil(bytes.length / 8));
  }

  /** Follows the segments of a JPEG (ITU-T T.81, annex B). Undefined for what only looks like one, and for lossless RAW data. */
  walk(start: number): EmbeddedJpeg | undefined {
    const { bytes } = this;
    let size: { width: number; height: number } | undefined;
    let orientation: number | undefined;
    let at = start + 2;
    while (at + 9 < bytes.length && bytes[at] === 0xff && this.isNew(at)) {
      const marker = bytes.readUInt8(at + 1);
      const length = bytes.readUInt16BE(at + 2);
      if (marker === 0xff) {
        at += 1;
        continue;
      }
      if (marker < 0xc0 || length < 2 || marker === 0xc3) return undefined;
      if (marker >= 0xc0 && marker <= 0xc2) size = { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
      if (marker === 0xe1 && bytes.toString('latin1', at + 4, at + 8) === 'Exif') {
        orientation = orientationOf(bytes.subarray(at + 10, at + 2 + length));
      }
      if (marker === 0xda) {
        if (size === undefined) return undefined;
        const end = this.endOfImage(at + 2 + length);
        return end === undefined ? undefined : { start, end, ...size, orientation };
      }
      at += 2 + length;
    }
    return undefined;
  }

  private isNew(at: number): boolean {
    const bit = 1 << (at & 7);
    const byte = byteAt(this.walked, at >> 3);
    this.walked[at >> 3] = byte | bit;
    return (byte & bit) === 0;
  }

  /** In the coded data an 0xff is followed by 0 or a restart marker; tables of further scans are stepped over by that too. */
  private endOfImage(from: number): number | undefined {
    if (from >= this.noEndFrom) return undefined;
    const at = this.bytes.indexOf(endMarker, from);
    if (at >= 0) return at + 2;
    this.noEndFrom = from;
    return undefined;
  }
}

const endMarker = Buffer.from([0xff, 0xd9]);

/** Puts an EXIF block with nothing but the orientation behind the start of a JPEG. */
function withOrientation(jpeg: Buffer, orientation: number): Buffer {
  if (orientation <= 1 || orientation > 8) return jpeg;
  const exif = Buffer.from('ffe100224578696600004d4d002a00000008000101120003000000010000000000000000', 'hex');
  exif.writeUInt16BE(orientation, 28);
  return Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]);
}

/** Orientation that the container states: in its first TIFF directory or, in CR3, in its CMT1 box. */
function containerOrientation(bytes: Buffer): number {
  const box = bytes.toString('latin1', 4, 12) === 'ftypcrx ' ? bytes.indexOf('CMT1') : -4;
  return box === -1 ? 1 : orientationOf(bytes.subarray(box + 4)) ?? 1;
}

/** Orientation in the first directory of a TIFF structure, as containers and EXIF blocks have it. */
function orientationOf(tiff: Buffer): number | undefined {
  return readDirectory(tiff, firstDirectory(tiff)).get(tags.orientation);
}

const tags = { photometric: 262, orientation: 274, subDirectories: 330, dngVersion: 50706 } as const;
/** Values of PhotometricInterpretation for pixels of a colour filter array and for linear RAW. */
const sensorPhotometrics = new Set([32803, 34892]);

/** Whether a TIFF container holds a sensor's data: what tells NEF, ARW and DNG from a TIFF that is a picture. */
function holdsSensorData(bytes: Buffer): boolean {
  const first = readDirectory(bytes, firstDirectory(bytes));
  if (first.has(tags.dngVersion) || sensorPhotometrics.has(first.get(tags.photometric) ?? 0)) return true;
  return first.has(tags.subDirectories) && subDirectories(bytes, first.get(tags.subDirectories) ?? 0)
    .some((offset) => sensorPhotometrics.has(readDirectory(bytes, offset).get(tags.photometric) ?? 0));
}

/** The value of tag 330 is one directory's offset, or the place of a list of offsets. */
function subDirectories(bytes: Buffer, value: number): number[] {
  const list = [0, 1, 2, 3].map((index) => readNumber(bytes, value + index * 4, 4) ?? 0);
  return [value, ...list];
}

function firstDirectory(bytes: Buffer): number {
  return readNumber(bytes, 4, 4) ?? 0;
}

/** Tags of a TIFF directory with their first value, or the place of their values; empty where there is none. */
function readDirectory(bytes: Buffer, offset: number): Map<number, number> {
  const found = new Map<number, number>();
  const room = Math.max(0, Math.floor((bytes.length - offset - 2) / 12));
  const count = Math.min(offset < 8 ? 0 : readNumber(bytes, offset, 2) ?? 0, 512, room);
  for (let entry = 0; entry < count; entry += 1) {
    const at = offset + 2 + entry * 12;
    const [tag, type] = [readNumber(bytes, at, 2), readNumber(bytes, at + 2, 2)];
    const value = readNumber(bytes, at + 8, type === 3 ? 2 : 4);
    if (tag !== undefined && value !== undefined) found.set(tag, value);
  }
  return found;
}

/** A number in the byte order of the container (`II`: little end first); undefined outside the file. */
function readNumber(bytes: Buffer, at: number, size: number): number | undefined {
  if (at < 0 || at + size > bytes.length) return undefined;
  return bytes[0] === 0x49 ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
}
