/**
 * Tells what kind of image a file holds from its first bytes, never from its name.
 */

import { isHeic } from './heic.js';
import { isRaw } from './raw.js';

export type FormatVerdict = { readonly supported: true; readonly format: string } | {
  readonly supported: false;
  /** For the report's `error` column. */
  readonly reason: string;
};

const supportedList = 'JPEG, PNG, WebP, GIF, TIFF, AVIF, HEIC or RAW';

/** Recognizes the supported formats by their signatures, and says why anything else is refused. */
export function sniffFormat(bytes: Uint8Array): FormatVerdict {
  if (bytes.length === 0) return refuse('The file is empty.');
  const format = signatureOf(bytes);
  if (format !== undefined) return { supported: true, format };
  const start = Buffer.from(bytes.subarray(0, 512)).toString('latin1');
  if (/^\s*(<\?xml|<!DOCTYPE svg|<!--|<svg)/i.test(start) && /svg/i.test(start)) {
    return refuse('SVG drawings are not photos and are refused.');
  }
  // Control characters that no text has: white space is none, nor what other encodings have letters for.
  if (!/(?![\t-\r\x7f-\x9f])\p{Cc}/u.test(start)) return refuse(`The file holds text, not an image (${supportedList}).`);
  return refuse(`The file is not a ${supportedList} image.`);
}

function refuse(reason: string): FormatVerdict {
  return { supported: false, reason };
}

function signatureOf(bytes: Uint8Array): string | undefined {
  const text = Buffer.from(bytes.subarray(0, 32)).toString('latin1');
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (text.startsWith('GIF87a') || text.startsWith('GIF89a')) return 'gif';
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp';
  if (isRaw(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))) return 'raw';
  if (isHeic(bytes)) return 'heic';
  if (text.startsWith('II*\0') || text.startsWith('MM\0*') || text.startsWith('II+\0') || text.startsWith('MM\0+')) {
    return 'tiff';
  }
  // ISO base media files name their brands after `ftyp`; `avif` may be the major brand or a compatible one.
  if (text.slice(4, 8) === 'ftyp' && text.includes('avi')) return 'avif';
  return undefined;
}
