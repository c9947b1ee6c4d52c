/**
 * Cuts turned rectangles out of rasters. The one way in which eye crops are made, for photos, training and evaluation.
 */
import type { Point, Raster } from './raster.js';

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
  const crop = new Uint8Array(width * height);
  // Hot loop: a few thousand samples an eye.
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      let sum = 0;
      for (let i = 0; i < taps; i += 1) {
        const v = row + (i + 0.5) / taps - height / 2;
        for (let j = 0; j < taps; j += 1) {
          const u = column + (j + 0.5) / taps - width / 2;
          const x = region.center.x + u * cos - v * sin - 0.5 - luminance.left;
          const y = region.center.y + u * sin + v * cos - 0.5 - luminance.top;
          sum += bilinear(luminance, x, y);
        }
      }
      crop[row * width + column] = Math.round(sum / (taps * taps));
    }
  }
  return crop;
}

/** Luminance of the part of an image that a region touches. */
interface LuminanceWindow {
  readonly data: Uint8Array;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function luminanceWindow(image: Raster, region: TurnedRegion, aspect: number): LuminanceWindow {
  const radius = (region.width / 2) * Math.hypot(1, aspect) + 2;
  const left = clamp(Math.floor(region.center.x - radius), 0, image.width - 1);
  const top = clamp(Math.floor(region.center.y - radius), 0, image.height - 1);
  const width = clamp(Math.ceil(region.center.x + radius), left + 1, image.width) - left;
  const height = clamp(Math.ceil(region.center.y + radius), top + 1, image.height) - top;
  const data = new Uint8Array(width * height);
  const { data: source, channels } = image;
  for (let y = 0; y < height; y += 1) {
    let from = ((top + y) * image.width + left) * channels;
    const to = y * width;
    for (let x = 0; x < width; x += 1, from += channels) {
      data[to + x] = channels === 1
        ? source[from] ?? 0
        : (19595 * (source[from] ?? 0) + 38470 * (source[from + 1] ?? 0) + 7471 * (source[from + 2] ?? 0) + 32768) >> 16;
    }
  }
  return { data, left, top, width, height };
}

function bilinear(image: LuminanceWindow, x: number, y: number): number {
  const { data, width, height } = image;
  const cx = clamp(x, 0, width - 1);
  const cy = clamp(y, 0, height - 1);
  const x0 = Math.floor(cx);
  const y0 = Math.floor(cy);
  const x1 = Math.min(x0 + 1, width - 1);
  const y1 = Math.min(y0 + 1, height - 1);
  const fx = cx - x0;
  const fy = cy - y0;
  const top = (data[y0 * width + x0] ?? 0) * (1 - fx) + (data[y0 * width + x1] ?? 0) * fx;
  const bottom = (data[y1 * width + x0] ?? 0) * (1 - fx) + (data[y1 * width + x1] ?? 0) * fx;
  return top * (1 - fy) + bottom * fy;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
