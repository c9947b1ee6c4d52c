/**
 * Writes pictures: rasters with outlines on them, gray crops.
 */
import sharp from 'sharp';
import type { Point, Raster } from '../core/raster.js';
import { debugMark } from './debug-mark.js';

/** A closed line, px of the raster it is drawn on. */
export interface Outline {
  readonly points: readonly Point[];
  /** As CSS writes it. */
  readonly color: string;
}

/** Writes a raster as JPEG with outlines drawn on it. */
export async function writeDrawing(path: string, raster: Raster, outlines: readonly Outline[]): Promise<void> {
  const { data, width, height, channels } = raster;
  const stroke = Math.max(1, Math.round(Math.max(width, height) / 700));
  const lines = outlines.map(({ points, color }) => {
    const list = points.map((point) => `${point.x.toFixed(1)},${point.y.toFixed(1)}`).join(' ');
    return `<polygon points="${list}" fill="none" stroke="${color}" stroke-width="${stroke}"/>`;
  });
  const overlay = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${lines.join('')}</svg>`;
  await sharp(data, { raw: { width, height, channels } })
    .composite([{ input: Buffer.from(overlay) }])
    .jpeg({ quality: 88 })
    .withExif(debugMark)
    .toFile(path);
}

/** Writes 8-bit luminance as PNG. */
export async function writeGray(
  path: string,
  image: { readonly data: Uint8Array; readonly width: number; readonly height: number },
): Promise<void> {
  const { data, width, height } = image;
  await sharp(data, { raw: { width, height, channels: 1 } }).png().withExif(debugMark).toFile(path);
}
