/**
 * Luminance of a part of a photo, shrunk to the size at which sharpness is measured.
 */
import { byteAt, floatAt } from '../core/typed-array.js';
import type { Box, Raster } from '../core/raster.js';

/**
 * Luminance in gray levels (0-255, fractions kept), row-major, `width * height` values at the start of `data`.
 * `data` is scratch memory: it holds until the next grid is made.
 */
export interface LuminanceGrid {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  /** Share of the samples that are black or white to the stop (below 3 or above 252), 0-1. */
  readonly clipped: number;
  /** The box asked for, in px of the grid; reaches beyond it where the box reaches beyond the image. */
  readonly box: Box;
}

/** Samples taken per grid cell and axis, at least; below twice this number every pixel is read. */
const tapsPerCell = 2;

let gridScratch = new Float32Array(0);
/** Sums of the columns of the cells at hand, and of those below them. */
let sumScratch = new Float32Array(0);
let belowScratch = new Float32Array(0);

/**
 * Area-averages the part of `box` that lies within the image, `scale` source px to a grid cell.
 *
 * At scale 1 the pixels are copied as they are: the box is moved to whole pixels, since a shift by half a pixel would
 * already blur. Above, a cell is the exact area average of its source pixels; from a scale of 4 on, of every n-th pixel
 * and row, n = floor(scale / 2), so that the cost is bounded by 16 samples a cell. What finer detail then folds back is
 * averaged over at least 4 samples. Luma weights are those of ITU-R BT.601.
 *
 * @param image RGB or luminance, 8 bit
 * @param box in px of `image`; may reach beyond it, that part is left out
 * @param scale source px per grid cell, >= 1
 * @returns the grid, or undefined where less than 3 x 3 cells are left
 */
export function luminanceGrid(image: Raster, box: Box, scale: number): LuminanceGrid | undefined {
  const left = Math.max(0, Math.round(box.x));
  const top = Math.max(0, Math.round(box.y));
  const stride = Math.max(1, Math.floor(scale / tapsPerCell));
  const columns = Math.floor((Math.min(image.width, Math.round(box.x + box.width)) - left) / stride);
  const rows = Math.floor((Math.min(image.height, Math.round(box.y + box.height)) - top) / stride);
  const width = Math.round(columns * stride / scale);
  const height = Math.round(rows * stride / scale);
  if (!(width >= 3 && height >= 3)) return undefined;
  if (gridScratch.length < width * height) gridScratch = new Float32Array(width * height);
  if (sumScratch.length < columns) [sumScratch, belowScratch] = [new Float32Array(columns), new Float32Array(columns)];
  const grid = gridScratch;
  let [sums, below] = [sumScratch, belowScratch];
  sums.fill(0, 0, columns);
  below.fill(0, 0, columns);
  let clipped = 0;
  let cell = 0;
  // Rows are added up first: that leaves few lines to be shrunk.
  for (let row = 0; row < rows; row += 1) {
    const bottom = (row + 1) * height / rows;
    const share = Math.max(0, Math.min(1, (bottom - cell - 1) * rows / height));
    const line = { left, y: top + row * stride, stride, columns };
    clipped += addLine(image, line, sums, below, share);
    if (bottom < cell + 1 && row < rows - 1) continue;
    shrinkLine(sums, columns, grid, cell * width, width, height / rows);
    [sums, below] = [below, sums];
    below.fill(0, 0, columns);
    cell = Math.min(cell + 1, height - 1);
  }
  return {
    data: grid,
    width,
    height,
    clipped: clipped / (rows * columns),
    box: {
      x: (Math.round(box.x) - left) / scale,
      y: (Math.round(box.y) - top) / scale,
      width: box.width / scale,
      height: box.height / scale,
    },
  };
}

/** Every `stride`-th pixel of a row of the image. */
interface SourceLine {
  readonly left: number;
  readonly y: number;
  readonly stride: number;
  readonly columns: number;
}

/** Adds the luminance of a row to `sums`, the `share` of it that belongs to the cells below to theirs; returns how many pixels are clipped. */
function addLine(
  { data, width, channels }: Raster, { left, y, stride, columns }: SourceLine,
  sums: Float32Array, below: Float32Array, share: number,
): number {
  const step = stride * channels;
  const green = channels === 3 ? 1 : 0;
  const blue = channels === 3 ? 2 : 0;
  let clipped = 0;
  const shared = share > 0;
  // Hot loop: up to 200,000 samples for a large face.
  for (let x = 0, from = (y * width + left) * channels; x < columns; x += 1, from += step) {
    const value = 0.299 * byteAt(data, from) + 0.587 * byteAt(data, from + green) + 0.114 * byteAt(data, from + blue);
    if (value < 2.9999 || value > 252.0001) clipped += 1;
    if (shared) {
      sums[x] = floatAt(sums, x) + (1 - share) * value;
      below[x] = floatAt(below, x) + share * value;
    } else sums[x] = floatAt(sums, x) + value;
  }
  return clipped;
}

/** Area average of `columns` samples, times `factor`, over `width` cells of `cells` from `at` on. */
function shrinkLine(line: Float32Array, columns: number, cells: Float32Array, at: number, width: number, factor: number): void {
  if (columns === width) {
    for (let x = 0; x < width; x += 1) cells[at + x] = factor * floatAt(line, x);
    return;
  }
  const step = columns / width;
  const share = factor / step;
  let x = 0;
  let rest = 0;
  for (let cell = 0; cell < width; cell += 1) {
    // `rest` is the part of the current sample that belongs to this cell's left.
    const end = cell === width - 1 ? columns : (cell + 1) * step;
    let sum = rest === 0 ? 0 : rest * floatAt(line, x - 1);
    const whole = Math.min(columns, Math.floor(end));
    for (; x < whole; x += 1) sum += floatAt(line, x);
    const part = end - whole;
    if (part > 0 && x < columns) {
      sum += part * floatAt(line, x);
      x += 1;
      rest = 1 - part;
    } else rest = 0;
    cells[at + cell] = sum * share;
  }
}
