/**
 * Reads what the camera wrote down about a photo (EXIF).
 */
import exif, { type Exif } from 'exif-reader';
import type { Capture } from '../core/capture.js';
import { openRegularFile, readBytes } from '../files/regular-file.js';

/**
 * What EXIF data say of the capture. Empty where they are missing or damaged: a photo is judged without them.
 * @param data EXIF as it stands in a JPEG, with or without its `Exif` mark, or a file that is built like it: TIFF and most RAWs
 */
export function readCapture(data: Buffer | undefined): Capture {
  if (data === undefined || !isModest(data)) return {};
  try {
    return captureOf(exif(data));
  } catch {
    return {};
  }
}

/** Entries of a directory; cameras write some fifty, a TIFF of many pictures as many in each of its directories. */
const mostEntries = 1000;
const subDirectories = { exif: 34665, gps: 34853, interoperability: 40965 } as const;
/** Bytes of a value, by its type. */
const valueBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8];

/**
 * Whether the directories hold no more values than there are bytes for. The library makes a list of each entry's values, and a
 * file of 64 KB can have five thousand entries that all claim the same 64 KB.
 */
function isModest(data: Buffer): boolean {
  const start = data.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0;
  const littleEnd = data[start] === 0x49;
  const number = (at: number, size: number): number => {
    if (at < 0 || at + size > data.length) return 0;
    return littleEnd ? data.readUIntLE(at, size) : data.readUIntBE(at, size);
  };
  let claimed = 0;
  const waiting = [number(start + 4, 4)];
  // Those that the library reads are five at most.
  for (let read = 0; read < 5; read += 1) {
    const offset = waiting.shift();
    if (offset === undefined || offset === 0) break;
    const at = start + offset;
    const entries = number(at, 2);
    if (entries > mostEntries) return false;
    for (let entry = at + 2; entry < at + 2 + entries * 12; entry += 12) {
      claimed += number(entry + 4, 4) * (valueBytes[number(entry + 2, 2)] ?? 0);
      if (Object.values(subDirectories).some((tag) => tag === number(entry, 2))) waiting.push(number(entry + 8, 4));
    }
    if (read === 0) waiting.push(number(at + 2 + entries * 12, 4));
  }
  return claimed <= 4 * data.length;
}

/** Bytes at a file's beginning in which cameras write down when it was taken. */
const headBytes = 256 * 1024;

/** What the first part of a file says of the capture; empty where it says nothing, or cannot be read. */
export async function captureIn(path: string): Promise<Capture> {
  const file = await openRegularFile(path).catch(() => undefined);
  if (file === undefined) return {};
  try {
    const head = await readBytes(file, headBytes);
    const isTiff = ['II*\0', 'MM\0*'].includes(head.toString('latin1', 0, 4));
    return readCapture(isTiff ? head : findExif(head));
  } catch {
    return {};
  } finally {
    await file.close();
  }
}

/** Where EXIF data lie in a file whose decoder does not hand them on: in the item that is marked so, as in HEIC. */
export function findExif(file: Buffer): Buffer | undefined {
  const at = file.indexOf('Exif\0\0');
  return at < 0 ? undefined : file.subarray(at);
}

function captureOf({ Image: image = {}, Photo: photo = {} }: Exif): Capture {
  const time = timeOf(photo.DateTimeOriginal ?? photo.DateTimeDigitized ?? image.DateTime, photo.SubSecTimeOriginal ?? photo.SubSecTime);
  const camera = [image.Make, image.Model, photo.BodySerialNumber].flatMap((part) => textOf(part)).join(' ');
  const exposure = exposureOf(numberOf(photo.FNumber), numberOf(photo.ExposureTime), numberOf(photo.ISOSpeedRatings));
  const compensation = numberOf(photo.ExposureBiasValue);
  return {
    ...(time === undefined ? {} : { time }),
    ...(camera === '' ? {} : { camera }),
    ...(exposure === undefined ? {} : { exposure }),
    ...(compensation === undefined ? {} : { compensation }),
    ...(photo.ExposureMode === 2 ? { bracketing: true } : {}),
  };
}

/** Sub-seconds are the digits behind the point, however many there are. */
function timeOf(date: unknown, digits: unknown): number | undefined {
  if (!(date instanceof Date) || Number.isNaN(date.getTime())) return undefined;
  const [fraction = ''] = textOf(digits).map((text) => text.replace(/\D.*$/s, ''));
  return date.getTime() + (fraction === '' ? 0 : Math.round(1000 * Number(`0.${fraction}`)));
}

function exposureOf(aperture: number | undefined, seconds: number | undefined, iso: number | undefined): number | undefined {
  if (seconds === undefined || seconds <= 0) return undefined;
  // A lens without contacts has no aperture; what is compared are frames of one lens.
  const stops = aperture === undefined || aperture <= 0 ? 0 : 2 * Math.log2(aperture);
  return stops - Math.log2(seconds) - Math.log2((iso === undefined || iso <= 0 ? 100 : iso) / 100);
}

function numberOf(value: unknown): number | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === 'number' && Number.isFinite(first) ? first : undefined;
}

function textOf(value: unknown): string[] {
  const text = typeof value === 'string' ? value.replaceAll('\0', '').trim() : '';
  return text === '' ? [] : [text];
}
