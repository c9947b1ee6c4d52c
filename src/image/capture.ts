/**
 * Reads what the camera wrote down about a photo (EXIF).
 */
import exif, { type Exif } from 'exif-reader';
import type { Capture } from '../core/capture.js';

/**
 * What EXIF data say of the capture. Empty where they are missing or damaged: a photo is judged without them.
 * @param data EXIF as it stands in a JPEG, with or without its `Exif` mark, or a file that is built like it: TIFF and most RAWs
 */
export function readCapture(data: Buffer | undefined): Capture {
  if (data === undefined) return {};
  try {
    return captureOf(exif(data));
  } catch {
    return {};
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
