/**
 * Writes pictures: rasters with outlines on them, gray crops.
 */
import { rm, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { errorCode } from '../files/error-code.js';
import { openRegularFile, readBytes } from '../files/regular-file.js';
import type { Point, Raster } from '../core/raster.js';
import { PhotoError } from './decode.js';
import { debugMark, isDebugPicture } from './debug-mark.js';
import { withOwnWords } from './decoder-words.js';

/** A closed line, px of the raster it is drawn on. */
export interface Outline {
  readonly points: readonly Point[];
  /** As CSS writes it. */
  readonly color: string;
}

/** Writes a raster as JPEG with outlines drawn on it. @throws where something else than an earlier drawing is in its place */
export async function writeDrawing(path: string, raster: Raster, outlines: readonly Outline[]): Promise<void> {
  const { data, width, height, channels } = raster;
  const stroke = Math.max(1, Math.round(Math.max(width, height) / 700));
  const lines = outlines.map(({ points, color }) => {
    const list = points.map((point) => `${point.x.toFixed(1)},${point.y.toFixed(1)}`).join(' ');
    return `<polygon points="${list}" fill="none" stroke="${color}" stroke-width="${String(stroke)}"/>`;
  });
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}">${lines.join('')}</svg>`;
  await writePicture(path, await withOwnWords(() => sharp(data, { raw: { width, height, channels } })
    .composite([{ input: Buffer.from(overlay) }])
    .jpeg({ quality: 88 })
    .withExif(debugMark)
    .toBuffer()));
}

/** Writes 8-bit luminance as PNG. @throws where something else than an earlier picture is in its place */
export async function writeGray(
  path: string,
  image: { readonly data: Uint8Array; readonly width: number; readonly height: number },
): Promise<void> {
  const { data, width, height } = image;
  await writePicture(path, await withOwnWords(() => sharp(data, { raw: { width, height, channels: 1 } }).png().withExif(debugMark).toBuffer()));
}

/** Nobody chose these names: what they lead to may be a photo. Only a picture that the tool made before makes place, and no link is followed. */
async function writePicture(path: string, bytes: Buffer): Promise<void> {
  if (await isOurs(path)) await rm(path);
  await writeFile(path, bytes, { flag: 'wx' }).catch((error: unknown) => {
    throw errorCode(error) === 'EEXIST' ? new PhotoError(`${path} is there already, and is no picture of what was found. Name another folder.`) : error;
  });
}

async function isOurs(path: string): Promise<boolean> {
  const file = await openRegularFile(path, { refuseLinks: true }).catch(() => undefined);
  if (file === undefined) return false;
  try {
    return isDebugPicture(await readBytes(file, 4096));
  } finally {
    await file.close();
  }
}

/** A line of small gray pictures under a title. */
export interface SheetRow {
  readonly title: string;
  readonly pictures: readonly { readonly data: Uint8Array; readonly width: number; readonly height: number; readonly color?: string }[];
}

/** px of a sheet. */
const SHEET = { gap: 4, title: 22, left: 8 } as const;

/**
 * Writes rows of pictures as one PNG, each enlarged pixel by pixel to the same cell, framed in its colour.
 * @param cell px of the largest picture on the sheet
 */
export async function writeSheet(path: string, rows: readonly SheetRow[], cell: { readonly width: number; readonly height: number }): Promise<void> {
  const step = { x: cell.width + SHEET.gap, y: cell.height + SHEET.gap + SHEET.title };
  const width = SHEET.left + Math.max(1, ...rows.map(({ pictures }) => pictures.length)) * step.x;
  const height = Math.max(1, rows.length) * step.y;
  const placed = rows.flatMap(({ pictures }, row) => pictures.map((picture, column) => ({
    picture, left: SHEET.left + column * step.x, top: row * step.y + SHEET.title,
  })));
  const layers = await Promise.all(placed.map(async ({ picture, left, top }) => ({
    input: await sharp(picture.data, { raw: { width: picture.width, height: picture.height, channels: 1 } })
      .resize(cell.width, cell.height, { kernel: 'nearest' }).png().toBuffer(),
    left, top,
  })));
  const frames = placed.map(({ picture, left, top }) => `<rect x="${String(left - 1)}" y="${String(top - 1)}" width="${String(cell.width + 2)}" height="${String(cell.height + 2)}" `
    + `fill="none" stroke="${picture.color ?? '#888'}" stroke-width="2"/>`);
  const titles = rows.map(({ title }, row) => `<text x="${String(SHEET.left)}" y="${String(row * step.y + 15)}">${escapeText(title)}</text>`);
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${String(width)}" height="${String(height)}" font-family="sans-serif" font-size="13">`
    + `${frames.join('')}${titles.join('')}</svg>`;
  await sharp({ create: { width, height, channels: 3, background: '#fff' } })
    .composite([...layers, { input: Buffer.from(overlay), left: 0, top: 0 }]).png().withExif(debugMark).toFile(path);
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
