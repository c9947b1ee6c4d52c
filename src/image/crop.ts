/**
 * Cuts turned rectangles out of rasters. The one way in which eye crops are made, for photos, training and evaluation.
 */
import { byteAt, intAt } from '../core/typed-array.js';
import type { Box, Point, Raster } from '../core/raster.js';

/** A rectangle of `width` px of the raster, turned by `angle` radians (clockwise in the image); the height follows from the crop's aspect. */
export interface TurnedRegion {
  readonly center: Point;
  readonly width: number;
  readonly angle: number;
}

/**
 * Luminance of a turned region, resampled to `width` x `height`.
 *
 * Each output pixel is the mean of a grid of bilinear samples as fine as the source, so that shrinking does not alias.
 * Pixels outside the raster repeat its border. Luma weights are those of ITU-R BT.601, as JPEG uses them.
 *
 * @param image RGB or luminance, 8 bit
 * @param region in px of `image`; its height is `region.width * height / width`
 * @param width px of the crop
 * @param height px of the crop
 * @returns row-major luminance, `width * height` bytes
 */
export function cutLuminance(image: Raster, region: TurnedRegion, width: number, height: number): Uint8Array {
  const step = region.width / width;
  const taps = Math.min(16, Math.max(1, Math.ceil(step)));
  const cos = Math.cos(region.angle) * step;
  const sin = Math.sin(region.angle) * step;
  const luminance = luminanceWindow(image, region, height / width);
  const originX = region.center.x - 0.5 - luminance.left;
  const originY = region.center.y - 0.5 - luminance.top;
  const { data, width: stride } = luminance;
  const crop = new Uint8Array(width * height);
  // Hot loop: a few thousand samples an eye. The window reaches beyond every sample, so that none has to be looked after and
  // no coordinate is negative.
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      let sum = 0;
      for (let i = 0; i < taps; i += 1) {
        const v = row + (i + 0.5) / taps - height / 2;
        for (let j = 0; j < taps; j += 1) {
          const u = column + (j + 0.5) / taps - width / 2;
          const x = originX + u * cos - v * sin;
          const y = originY + u * sin + v * cos;
          const x0 = x | 0;
          const y0 = y | 0;
          const at = Math.imul(y0, stride) + x0;
          const a = byteAt(data, at);
          const b = byteAt(data, at + stride);
          const top = a + (x - x0) * (byteAt(data, at + 1) - a);
          const bottom = b + (x - x0) * (byteAt(data, at + stride + 1) - b);
          sum += top + (y - y0) * (bottom - top);
        }
      }
      crop[row * width + column] = Math.round(sum / (taps * taps));
    }
  }
  return crop;
}

/** Luminance of the part of an image around a region; beyond the image its border is repeated. */
interface LuminanceWindow {
  /** Row-major. */
  readonly data: Uint8Array;
  /** Corner, px of the image; may be negative. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

function luminanceWindow(image: Raster, region: TurnedRegion, aspect: number): LuminanceWindow {
  const radius = (region.width / 2) * Math.hypot(1, aspect) + 2;
  const left = Math.floor(region.center.x - radius);
  const top = Math.floor(region.center.y - radius);
  const width = Math.ceil(region.center.x + radius) - left;
  const height = Math.ceil(region.center.y + radius) - top;
  const data = new Uint8Array(width * height);
  const { data: source, channels } = image;
  const green = channels === 3 ? 1 : 0;
  const blue = channels === 3 ? 2 : 0;
  const columns = Int32Array.from({ length: width }, (_, x) => clamp(left + x, 0, image.width - 1) * channels);
  for (let y = 0; y < height; y += 1) {
    const row = clamp(top + y, 0, image.height - 1) * image.width * channels;
    const to = y * width;
    for (let x = 0; x < width; x += 1) {
      const from = row + intAt(columns, x);
      data[to + x] = (19595 * byteAt(source, from) + 38470 * byteAt(source, from + green) + 7471 * byteAt(source, from + blue) + 32768) >> 16;
    }
  }
  return { data, left, top, width };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** A part of a raster, and where its top left corner lies in it, px. */
export interface CutRaster {
  readonly raster: Raster;
  readonly left: number;
  readonly top: number;
}

/** The whole pixels of `image` that `box` touches, at least one of them. */
export function cutRaster(image: Raster, box: Box): CutRaster {
  const { channels } = image;
  const left = Math.min(Math.max(0, Math.floor(box.x)), image.width - 1);
  const top = Math.min(Math.max(0, Math.floor(box.y)), image.height - 1);
  const width = Math.max(1, Math.min(image.width, Math.ceil(box.x + box.width)) - left);
  const height = Math.max(1, Math.min(image.height, Math.ceil(box.y + box.height)) - top);
  const data = new Uint8Array(width * height * channels);
  for (let row = 0; row < height; row += 1) {
    const from = ((top + row) * image.width + left) * channels;
    data.set(image.data.subarray(from, from + width * channels), row * width * channels);
  }
  return { raster: { data, width, height, channels }, left, top };
}
