/**
 * Cuts squares out of rasters and resamples them to the size that a net looks at.
 */
import { byteAt } from '../core/typed-array.js';
import type { Point, Raster } from '../core/raster.js';

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
 * What lies outside the image is black; a gray image gives three equal channels.
 *
 * Bilinear samples; where the square is shrunk by `SHRUNK` or more, means of four single pixels spread evenly over the step
 * between samples.
 */
export function sampleSquare(image: Raster, square: Square, size: number, out: Uint8Array, offset = 0): void {
  out.fill(0, offset, offset + size * size * 3);
  const step = square.side / size;
  const cos = Math.cos(square.angle) * step;
  const sin = Math.sin(square.angle) * step;
  const shrunk = step >= SHRUNK;
  // Pixels that a sample reaches beyond its own; one more, since positions are rounded.
  const reach = shrunk ? Math.ceil((Math.abs(cos) + Math.abs(sin)) / 2) + 1 : 1;
  const taps = tapOffsets(image, cos, sin);
  const middle = (size - 1) / 2;
  for (let row = 0; row < size; row += 1) {
    const startX = square.center.x - middle * cos - (row - middle) * sin;
    const startY = square.center.y - middle * sin + (row - middle) * cos;
    const line: Line = { startX, startY, cos, sin, at: offset + row * size * 3 };
    const [from, to] = columnsWithin(line, image, 0, size);
    const [first, last] = columnsWithin(line, image, reach, size);
    const inner = Math.max(from, Math.min(first, to));
    const outer = Math.max(inner, Math.min(last, to));
    sampleEdge(image, line, from, inner, out);
    if (shrunk) sampleTaps(image, line, inner, outer, taps, out);
    else sampleBilinear(image, line, inner, outer, out);
    sampleEdge(image, line, outer, to, out);
  }
}

/** Pixels of the image a sample, along each axis, from which four of them are a better mean than the nearest. */
const SHRUNK = 3.75;
/** 1 with 16 bits behind the point. */
const ONE = 65536;

/** A row of samples: where its first one lies in the image, how far apart they are, and where its bytes go. */
interface Line {
  readonly startX: number;
  readonly startY: number;
  readonly cos: number;
  readonly sin: number;
  readonly at: number;
}

/** Bilinear samples of columns `from` to `to`, all of whose neighbours lie within the image. */
function sampleBilinear({ data, width, channels }: Raster, line: Line, from: number, to: number, out: Uint8Array): void {
  const green = channels === 3 ? 1 : 0;
  const blue = channels === 3 ? 2 : 0;
  const dx = Math.round(line.cos * ONE);
  const dy = Math.round(line.sin * ONE);
  let x = Math.round((line.startX + from * line.cos - 0.5) * ONE);
  let y = Math.round((line.startY + from * line.sin - 0.5) * ONE);
  let at = line.at + from * 3;
  const stride = width * channels;
  // Hot loop: every pixel that a net sees. Red and blue share one number: two sums for one multiplication.
  for (let column = from; column < to; column += 1) {
    const upper = Math.imul(y >> 16, stride) + Math.imul(x >> 16, channels);
    const lower = upper + stride;
    const wx = (x >> 8) & 255;
    const wy = (y >> 8) & 255;
    const w11 = (wx * wy) >> 8;
    const w10 = wy - w11;
    const w01 = wx - w11;
    const w00 = 256 - wx - w10;
    const pair = (Math.imul(byteAt(data, upper) | (byteAt(data, upper + blue) << 16), w00)
      + Math.imul(byteAt(data, upper + channels) | (byteAt(data, upper + channels + blue) << 16), w01)
      + Math.imul(byteAt(data, lower) | (byteAt(data, lower + blue) << 16), w10)
      + Math.imul(byteAt(data, lower + channels) | (byteAt(data, lower + channels + blue) << 16), w11) + 0x800080) | 0;
    const sum = Math.imul(byteAt(data, upper + green), w00) + Math.imul(byteAt(data, upper + channels + green), w01)
      + Math.imul(byteAt(data, lower + green), w10) + Math.imul(byteAt(data, lower + channels + green), w11) + 128;
    out[at] = (pair >> 8) & 255;
    out[at + 1] = sum >> 8;
    out[at + 2] = pair >>> 24;
    at += 3;
    x += dx;
    y += dy;
  }
}

/** Where the four pixels of a mean lie, in bytes from the one at its middle. */
type Taps = readonly [number, number, number, number];

/** Means of four pixels around each of the columns `from` to `to`, all of them within the image. */
function sampleTaps(
  { data, width, channels }: Raster, line: Line, from: number, to: number, [a, b, c, d]: Taps, out: Uint8Array,
): void {
  const green = channels === 3 ? 1 : 0;
  const blue = channels === 3 ? 2 : 0;
  const dx = Math.round(line.cos * ONE);
  const dy = Math.round(line.sin * ONE);
  let x = Math.round((line.startX + from * line.cos) * ONE);
  let y = Math.round((line.startY + from * line.sin) * ONE);
  let at = line.at + from * 3;
  // Hot loop, as above.
  for (let column = from; column < to; column += 1) {
    const i = (Math.imul(y >> 16, width) + (x >> 16)) * channels;
    const red = byteAt(data, i + a) + byteAt(data, i + b) + byteAt(data, i + c) + byteAt(data, i + d);
    const j = i + green;
    const greens = byteAt(data, j + a) + byteAt(data, j + b) + byteAt(data, j + c) + byteAt(data, j + d);
    const k = i + blue;
    const blues = byteAt(data, k + a) + byteAt(data, k + b) + byteAt(data, k + c) + byteAt(data, k + d);
    out[at] = (red + 2) >> 2;
    out[at + 1] = (greens + 2) >> 2;
    out[at + 2] = (blues + 2) >> 2;
    at += 3;
    x += dx;
    y += dy;
  }
}

/** A pixel for each quarter of the area that a sample stands for. */
function tapOffsets({ width, channels }: Raster, cos: number, sin: number): Taps {
  const at = (u: number, v: number): number =>
    (Math.round(u * sin + v * cos) * width + Math.round(u * cos - v * sin)) * channels;
  return [at(-0.25, -0.25), at(0.25, -0.25), at(-0.25, 0.25), at(0.25, 0.25)];
}

/** Bilinear samples next to the border, which is repeated beyond it. Few pixels come this way. */
function sampleEdge({ data, width, height, channels }: Raster, line: Line, from: number, to: number, out: Uint8Array): void {
  for (let column = from; column < to; column += 1) {
    const x = Math.min(Math.max(line.startX + column * line.cos - 0.5, 0), width - 1);
    const y = Math.min(Math.max(line.startY + column * line.sin - 0.5, 0), height - 1);
    const [x0, y0] = [Math.floor(x), Math.floor(y)];
    const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)];
    for (let channel = 0; channel < 3; channel += 1) {
      const of = (column: number, row: number): number => byteAt(data, (row * width + column) * channels + (channels === 3 ? channel : 0));
      const upper = of(x0, y0) + (x - x0) * (of(x1, y0) - of(x0, y0));
      const lower = of(x0, y1) + (x - x0) * (of(x1, y1) - of(x0, y1));
      out[line.at + column * 3 + channel] = Math.round(upper + (y - y0) * (lower - upper));
    }
  }
}

/** First column, and the one after the last, whose samples lie at least `margin` px within the image. */
function columnsWithin(
  { startX, startY, cos, sin }: Line, { width, height }: Raster, margin: number, count: number,
): readonly [number, number] {
  let from = 0;
  let to = count - 1;
  for (const [start, step, length] of [[startX, cos, width], [startY, sin, height]] as const) {
    if (step === 0) {
      if (start < margin || start > length - margin) to = -1;
      continue;
    }
    const a = (margin - start) / step;
    const b = (length - margin - start) / step;
    from = Math.max(from, Math.ceil(Math.min(a, b)));
    to = Math.min(to, Math.floor(Math.max(a, b)));
  }
  return [from, Math.max(from, to + 1)];
}
