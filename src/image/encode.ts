/**
 * Pixels to picture files in memory.
 */
import sharp from 'sharp';
import type { Raster } from '../core/raster.js';
import { withOwnWords } from './decoder-words.js';

/**
 * Encodes pixels as PNG.
 * @param enlarge whole factor by which each pixel is repeated, so that small crops can be seen
 */
export async function encodePng(image: Raster, enlarge = 1): Promise<Buffer> {
  const { data, width, height, channels } = image;
  const picture = sharp(data, { raw: { width, height, channels } });
  if (enlarge > 1) picture.resize(width * enlarge, height * enlarge, { kernel: 'nearest' });
  return picture.png().toBuffer();
}

/** Draws an SVG text as PNG; its size in px is the one that the text gives. */
export async function rasterizeSvg(svg: string): Promise<{ readonly png: Buffer; readonly width: number; readonly height: number }> {
  const { data, info } = await sharp(Buffer.from(svg)).png().toBuffer({ resolveWithObject: true });
  return { png: data, width: info.width, height: info.height };
}

/**
 * Encodes pixels as JPEG.
 * @param quality 1 to 100
 */
export async function encodeJpeg({ data, width, height, channels }: Raster, quality: number): Promise<Buffer> {
  return withOwnWords(() => sharp(data, { raw: { width, height, channels } }).jpeg({ quality, chromaSubsampling: '4:4:4' }).toBuffer());
}
