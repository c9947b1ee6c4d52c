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
 * Bilinear samples; where the square is shrunk by 2.5 or more, of cells about half as wide as the step between samples,
 * each the mean of 2 x 2 pixels.
 */
export function sampleSquare(image: Raster, square: Square, size: number, out: Uint8Array, offset = 0): void {
  out.fill(0, offset, offset + size * size * 3);
  const step = square.side / size;
  const cells = cellsUnder(image, square, Math.max(1, Math.floor(step / 2 + 0.75)));
  if (cells === undefined) return;
  const { factor } = cells;
  const cos = (Math.cos(square.angle) * step) / factor;
  const sin = (Math.sin(square.angle) * step) / factor;
  const dx = Math.round(cos * ONE);
  const dy = Math.round(sin * ONE);
  const middle = size / 2 - 0.5;
  const centerX = (square.center.x - cells.left) / factor;
  const centerY = (square.center.y - cells.top) / factor;
  const image0 = { x: -cells.left / factor, y: -cells.top / factor };
  const { width, pairs, greens } = cells;
  // Hot loop: every pixel that a net sees. Positions are in cells, 16 bits behind the point.
  for (let row = 0; row < size; row += 1) {
    const startX = centerX - middle * cos - (row - middle) * sin;
    const startY = centerY - middle * sin + (row - middle) * cos;
    const [from, to] = within(
      startX, cos, image0.x, image0.x + image.width / factor, startY, sin, image0.y, image0.y + image.height / factor, size);
    // Half a cell back to the middle of the cell at the top left, and one on for the apron.
    let x = Math.round((startX + from * cos + 0.5) * ONE);
    let y = Math.round((startY + from * sin + 0.5) * ONE);
    let at = offset + (row * size + from) * 3;
    for (let column = from; column < to; column += 1) {
      const cell = Math.imul(y >> 16, width) + (x >> 16);
      const wx = (x >> 8) & 255;
      const wy = (y >> 8) & 255;
      const w11 = (wx * wy) >> 8;
      const w10 = wy - w11;
      const w01 = wx - w11;
      const w00 = 256 - wx - w10;
      const below = cell + width;
      const pair = (Math.imul(pairs[cell] ?? 0, w00) + Math.imul(pairs[cell + 1] ?? 0, w01)
        + Math.imul(pairs[below] ?? 0, w10) + Math.imul(pairs[below + 1] ?? 0, w11) + 0x800080) | 0;
      const green = (Math.imul(greens[cell] ?? 0, w00) + Math.imul(greens[cell + 1] ?? 0, w01)
        + Math.imul(greens[below] ?? 0, w10) + Math.imul(greens[below + 1] ?? 0, w11) + 128) | 0;
      out[at] = (pair >> 8) & 255;
      out[at + 1] = green >> 8;
      out[at + 2] = pair >>> 24;
      at += 3;
      x += dx;
      y += dy;
    }
  }
}

/** 1 with 16 bits behind the point. */
const ONE = 65536;

/** Cells of an image's window, with an apron of one cell around them that repeats the outermost ones. */
interface Cells {
  /** Red in the lower and blue in the upper half of each: two sums for one multiplication. */
  readonly pairs: Int32Array;
  readonly greens: Uint8Array;
  /** Cells a row, apron included. */
  readonly width: number;
  /** px of the image a cell. */
  readonly factor: number;
  /** Corner of the first cell within the apron, px of the image. */
  readonly left: number;
  readonly top: number;
}

let pairScratch = new Int32Array(0);
let greenScratch = new Uint8Array(0);

/** The cells of that part of the image which a square touches; undefined where it touches none. */
function cellsUnder(image: Raster, { center, side, angle }: Square, factor: number): Cells | undefined {
  const reach = (side / 2) * (Math.abs(Math.cos(angle)) + Math.abs(Math.sin(angle))) + factor + 1;
  const left = Math.max(0, Math.floor(center.x - reach));
  const top = Math.max(0, Math.floor(center.y - reach));
  const across = Math.ceil((Math.min(image.width, Math.ceil(center.x + reach)) - left) / factor);
  const down = Math.ceil((Math.min(image.height, Math.ceil(center.y + reach)) - top) / factor);
  if (across < 1 || down < 1) return undefined;
  const width = across + 2;
  const count = width * (down + 2);
  if (pairScratch.length < count) {
    pairScratch = new Int32Array(count);
    greenScratch = new Uint8Array(count);
  }
  const [pairs, greens] = [pairScratch, greenScratch];
  for (let row = 0; row < down; row += 1) {
    readCells(image, left, top + row * factor, factor, across, (row + 1) * width + 1);
  }
  // Rows below first: what they copy has its own ends already.
  for (let row = 1; row <= down; row += 1) {
    const first = row * width;
    pairs[first] = pairs[first + 1] ?? 0;
    greens[first] = greens[first + 1] ?? 0;
    pairs[first + across + 1] = pairs[first + across] ?? 0;
    greens[first + across + 1] = greens[first + across] ?? 0;
  }
  for (const scratch of [pairs, greens]) {
    scratch.copyWithin(0, width, 2 * width);
    scratch.copyWithin((down + 1) * width, down * width, (down + 1) * width);
  }
  return { pairs, greens, width, factor, left, top };
}

/** Reads a row of cells into the scratch arrays from `to` on. */
function readCells(image: Raster, left: number, top: number, factor: number, count: number, to: number): void {
  const { data, width, height, channels } = image;
  const [pairs, greens] = [pairScratch, greenScratch];
  const green = channels === 3 ? 1 : 0;
  const blue = channels === 3 ? 2 : 0;
  // Hot loop, as are the branches of it.
  if (factor === 1) {
    let i = (top * width + left) * channels;
    for (let column = 0; column < count; column += 1, i += channels) {
      pairs[to + column] = (data[i] ?? 0) | ((data[i + blue] ?? 0) << 16);
      greens[to + column] = data[i + green] ?? 0;
    }
    return;
  }
  // The two rows and columns of a cell that stand for all of it lie symmetrically about its middle.
  const first = factor >> 2;
  const last = factor - 1 - first;
  const upper = Math.min(top + first, height - 1) * width;
  const lower = Math.min(top + last, height - 1) * width;
  for (let column = 0; column < count; column += 1) {
    const x0 = Math.min(left + column * factor + first, width - 1);
    const x1 = Math.min(left + column * factor + last, width - 1);
    const a = (upper + x0) * channels;
    const b = (upper + x1) * channels;
    const c = (lower + x0) * channels;
    const d = (lower + x1) * channels;
    const r = ((data[a] ?? 0) + (data[b] ?? 0) + (data[c] ?? 0) + (data[d] ?? 0) + 2) >> 2;
    const g = ((data[a + green] ?? 0) + (data[b + green] ?? 0) + (data[c + green] ?? 0) + (data[d + green] ?? 0) + 2) >> 2;
    const bl = ((data[a + blue] ?? 0) + (data[b + blue] ?? 0) + (data[c + blue] ?? 0) + (data[d + blue] ?? 0) + 2) >> 2;
    pairs[to + column] = r | (bl << 16);
    greens[to + column] = g;
  }
}

const range: [number, number] = [0, 0];

/** First column, and the one after the last, at which a line through x and y stays within both ranges; the same array each time. */
function within(
  x: number, dx: number, minX: number, maxX: number,
  y: number, dy: number, minY: number, maxY: number, count: number,
): readonly [number, number] {
  let from = 0;
  let to = count - 1;
  for (const [start, step, low, high] of [[x, dx, minX, maxX], [y, dy, minY, maxY]] as const) {
    if (step === 0) {
      if (start < low || start > high) to = -1;
      continue;
    }
    const a = (low - start) / step;
    const b = (high - start) / step;
    from = Math.max(from, Math.ceil(Math.min(a, b)));
    to = Math.min(to, Math.floor(Math.max(a, b)));
  }
  range[0] = from;
  range[1] = Math.max(from, to + 1);
  return range;
}
