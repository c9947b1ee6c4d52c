/**
 * Cuts squares out of rasters and resamples them to the size that a net looks at.
 */
import type { Point, Raster } from '../image/raster.js';

/** A square of an image, px of it, which may be turned and may reach beyond the image. */
export interface Square {
  readonly center: Point;
  readonly side: number;
  /** Radians, clockwise in the image (y down). */
  readonly angle: number;
}

/** Where a point of the square's own px (0 to `size` in x and y) lies in the image. */
export function fromSquare(square: Square, size: number, x: number, y: number): Point {
  const step = square.side / size;
  const u = (x - size / 2) * step;
  const v = (y - size / 2) * step;
  const cos = Math.cos(square.angle);
  const sin = Math.sin(square.angle);
  return { x: square.center.x + u * cos - v * sin, y: square.center.y + u * sin + v * cos };
}

/**
 * Resamples a square of `image` to `size` x `size` RGB bytes, row-major, written into `out` from `offset` on.
 * What lies outside the image is black. A gray image gives three equal channels.
 *
 * Bilinear samples; where the square is shrunk, the mean of up to 2 x 2 of them a pixel.
 */
export function sampleSquare(image: Raster, square: Square, size: number, out: Uint8Array, offset = 0): void {
  const taps = square.side / size > 1.25 ? 2 : 1;
  if (square.angle === 0) sampleUpright(image, square, size, taps, out, offset);
  else sampleTurned(image, square, size, taps, out, offset);
}

/** The two neighbours of each sample along one axis: byte offsets, -1 outside the image, and the second one's weight / 256. */
interface Axis {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly weight: Int32Array;
}

function axisOf(start: number, step: number, count: number, length: number, stride: number): Axis {
  const axis = { first: new Int32Array(count), second: new Int32Array(count), weight: new Int32Array(count) };
  for (let i = 0; i < count; i += 1) {
    const position = start + (i + 0.5) * step;
    if (position < 0 || position > length) {
      axis.first[i] = -1;
      continue;
    }
    const from = Math.min(Math.max(position - 0.5, 0), length - 1);
    const index = Math.floor(from);
    axis.first[i] = index * stride;
    axis.second[i] = Math.min(index + 1, length - 1) * stride;
    axis.weight[i] = Math.round((from - index) * 256);
  }
  return axis;
}

function sampleUpright(image: Raster, square: Square, size: number, taps: number, out: Uint8Array, offset: number): void {
  const { data, channels } = image;
  const step = square.side / size / taps;
  const columns = axisOf(square.center.x - square.side / 2, step, size * taps, image.width, channels);
  const rows = axisOf(square.center.y - square.side / 2, step, size * taps, image.height, image.width * channels);
  const green = channels === 3 ? 1 : 0;
  const blue = channels === 3 ? 2 : 0;
  const shift = taps === 2 ? 18 : 16;
  const half = 1 << (shift - 1);
  // Hot loop: every pixel that a net sees.
  for (let y = 0; y < size; y += 1) {
    for (let x = 0; x < size; x += 1) {
      let r = half;
      let g = half;
      let b = half;
      for (let j = y * taps; j < (y + 1) * taps; j += 1) {
        const top = rows.first[j] ?? -1;
        if (top < 0) continue;
        const bottom = rows.second[j] ?? 0;
        const wy = rows.weight[j] ?? 0;
        for (let i = x * taps; i < (x + 1) * taps; i += 1) {
          const left = columns.first[i] ?? -1;
          if (left < 0) continue;
          const right = columns.second[i] ?? 0;
          const wx = columns.weight[i] ?? 0;
          const w11 = wx * wy;
          const w10 = (wy << 8) - w11;
          const w01 = (wx << 8) - w11;
          const w00 = 65536 - w01 - w10 - w11;
          const a = top + left;
          const c = top + right;
          const d = bottom + left;
          const e = bottom + right;
          r += (data[a] ?? 0) * w00 + (data[c] ?? 0) * w01 + (data[d] ?? 0) * w10 + (data[e] ?? 0) * w11;
          g += (data[a + green] ?? 0) * w00 + (data[c + green] ?? 0) * w01
            + (data[d + green] ?? 0) * w10 + (data[e + green] ?? 0) * w11;
          b += (data[a + blue] ?? 0) * w00 + (data[c + blue] ?? 0) * w01
            + (data[d + blue] ?? 0) * w10 + (data[e + blue] ?? 0) * w11;
        }
      }
      const to = offset + (y * size + x) * 3;
      out[to] = r >>> shift;
      out[to + 1] = g >>> shift;
      out[to + 2] = b >>> shift;
    }
  }
}

function sampleTurned(image: Raster, square: Square, size: number, taps: number, out: Uint8Array, offset: number): void {
  const { data, width, height, channels } = image;
  const step = square.side / size / taps;
  const cos = Math.cos(square.angle) * step;
  const sin = Math.sin(square.angle) * step;
  const middle = (size * taps) / 2 - 0.5;
  const stride = width * channels;
  const green = channels === 3 ? 1 : 0;
  const blue = channels === 3 ? 2 : 0;
  const shift = taps === 2 ? 18 : 16;
  const half = 1 << (shift - 1);
  // Hot loop: every pixel that a landmark net sees.
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      let r = half;
      let g = half;
      let b = half;
      for (let j = 0; j < taps; j += 1) {
        const v = row * taps + j - middle;
        for (let i = 0; i < taps; i += 1) {
          const u = column * taps + i - middle;
          const px = square.center.x + u * cos - v * sin;
          const py = square.center.y + u * sin + v * cos;
          if (px < 0 || py < 0 || px > width || py > height) continue;
          const sx = Math.min(Math.max(px - 0.5, 0), width - 1);
          const sy = Math.min(Math.max(py - 0.5, 0), height - 1);
          const x0 = sx | 0;
          const y0 = sy | 0;
          const wx = ((sx - x0) * 256) | 0;
          const wy = ((sy - y0) * 256) | 0;
          const w11 = wx * wy;
          const w10 = (wy << 8) - w11;
          const w01 = (wx << 8) - w11;
          const w00 = 65536 - w01 - w10 - w11;
          const a = y0 * stride + x0 * channels;
          const c = x0 < width - 1 ? a + channels : a;
          const d = y0 < height - 1 ? a + stride : a;
          const e = d + c - a;
          r += (data[a] ?? 0) * w00 + (data[c] ?? 0) * w01 + (data[d] ?? 0) * w10 + (data[e] ?? 0) * w11;
          g += (data[a + green] ?? 0) * w00 + (data[c + green] ?? 0) * w01
            + (data[d + green] ?? 0) * w10 + (data[e + green] ?? 0) * w11;
          b += (data[a + blue] ?? 0) * w00 + (data[c + blue] ?? 0) * w01
            + (data[d + blue] ?? 0) * w10 + (data[e + blue] ?? 0) * w11;
        }
      }
      const to = offset + (row * size + column) * 3;
      out[to] = r >>> shift;
      out[to + 1] = g >>> shift;
      out[to + 2] = b >>> shift;
    }
  }
}
