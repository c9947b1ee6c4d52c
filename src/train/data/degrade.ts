/**
 * Blur and compression on small gray pictures, in place. Hot loops throughout: augmentation runs them a thousand times a second.
 */
import { floatAt } from '../../core/typed-array.js';


/**
 * Gaussian blur.
 * @param grid luminance, `columns * rows`, row-major; overwritten
 * @param spare scratch of at least the same size
 * @param sigma px
 */
export function blurGaussian(grid: Float32Array, spare: Float32Array, columns: number, rows: number, sigma: number): void {
  const radius = Math.max(1, Math.ceil(2 * sigma));
  const kernel = new Float32Array(radius + 1);
  let sum = 0;
  for (let i = 0; i <= radius; i += 1) {
    kernel[i] = Math.exp(-(i * i) / (2 * sigma * sigma));
    sum += (i === 0 ? 1 : 2) * floatAt(kernel, i);
  }
  for (let i = 0; i <= radius; i += 1) kernel[i] = floatAt(kernel, i) / sum;
  blurLine(grid, spare, kernel, { lines: rows, length: columns, lineStep: columns, step: 1 });
  blurLine(spare, grid, kernel, { lines: columns, length: rows, lineStep: 1, step: columns });
}

interface Lines {
  readonly lines: number;
  readonly length: number;
  readonly lineStep: number;
  readonly step: number;
}

/** Symmetric kernel along each line; the borders repeat. */
function blurLine(from: Float32Array, to: Float32Array, kernel: Float32Array, layout: Lines): void {
  const { lines, length, lineStep, step } = layout;
  const radius = kernel.length - 1;
  for (let line = 0; line < lines; line += 1) {
    const base = line * lineStep;
    for (let i = 0; i < length; i += 1) {
      let sum = floatAt(from, base + i * step) * floatAt(kernel, 0);
      for (let k = 1; k <= radius; k += 1) {
        const before = i - k < 0 ? 0 : i - k;
        const after = i + k >= length ? length - 1 : i + k;
        sum += (floatAt(from, base + before * step) + floatAt(from, base + after * step)) * floatAt(kernel, k);
      }
      to[base + i * step] = sum;
    }
  }
}

/**
 * Motion blur: the mean along a straight path.
 * @param grid luminance, `columns * rows`; overwritten
 * @param spare scratch of at least the same size
 * @param length px of the path
 * @param angle radians of the path
 */
export function blurMotion(
  grid: Float32Array, spare: Float32Array, columns: number, rows: number, length: number, angle: number,
): void {
  const taps = Math.max(2, Math.ceil(length) + 1);
  const offsets: { dx: number; dy: number }[] = [];
  for (let tap = 0; tap < taps; tap += 1) {
    const along = length * (tap / (taps - 1) - 0.5);
    offsets.push({ dx: Math.round(along * Math.cos(angle)), dy: Math.round(along * Math.sin(angle)) });
  }
  const count = columns * rows;
  spare.fill(0, 0, count);
  for (const { dx, dy } of offsets) {
    for (let r = 0, i = 0; r < rows; r += 1) {
      const y = r + dy < 0 ? 0 : r + dy >= rows ? rows - 1 : r + dy;
      for (let c = 0; c < columns; c += 1, i += 1) {
        const x = c + dx < 0 ? 0 : c + dx >= columns ? columns - 1 : c + dx;
        spare[i] = floatAt(spare, i) + floatAt(grid, y * columns + x);
      }
    }
  }
  for (let i = 0; i < count; i += 1) grid[i] = floatAt(spare, i) / taps;
}

/** Luminance quantization of JPEG (ITU-T T.81, table K.1). */
const QUANTIZATION = Float32Array.of(
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
);

/** Orthonormal 8-point DCT-II: row is frequency, column is position. */
const COSINES = Float32Array.from({ length: 64 }, (_, index) => {
  const frequency = index >> 3;
  const position = index & 7;
  return Math.sqrt(frequency === 0 ? 1 / 8 : 2 / 8) * Math.cos(((2 * position + 1) * frequency * Math.PI) / 16);
});

const block = new Float32Array(64);
const half = new Float32Array(64);

/**
 * What JPEG does to luminance: 8x8 blocks, DCT, quantization, and back.
 * @param grid luminance 0 to 255, `columns * rows`; overwritten
 * @param quality 1 to 100, on the scale of libjpeg
 * @param offsetX px by which the first block begins left of the grid, 0 to 7
 * @param offsetY px by which the first block begins above the grid, 0 to 7
 */
export function jpegBlocks(
  grid: Float32Array, columns: number, rows: number, quality: number, offsetX: number, offsetY: number,
): void {
  const scale = (quality < 50 ? 50 / quality : 2 - quality / 50);
  for (let top = -offsetY; top < rows; top += 8) {
    for (let left = -offsetX; left < columns; left += 8) jpegBlock(grid, columns, rows, left, top, scale);
  }
}

function jpegBlock(grid: Float32Array, columns: number, rows: number, left: number, top: number, scale: number): void {
  for (let r = 0; r < 8; r += 1) {
    const y = Math.min(rows - 1, Math.max(0, top + r));
    for (let c = 0; c < 8; c += 1) {
      const x = Math.min(columns - 1, Math.max(0, left + c));
      block[r * 8 + c] = floatAt(grid, y * columns + x) - 128;
    }
  }
  forward(block, half);
  forward(half, block);
  for (let i = 0; i < 64; i += 1) {
    const step = Math.max(1, (QUANTIZATION[i] ?? 1) * scale);
    block[i] = Math.round(floatAt(block, i) / step) * step;
  }
  inverse(block, half);
  inverse(half, block);
  for (let r = Math.max(0, -top); r < 8 && top + r < rows; r += 1) {
    for (let c = Math.max(0, -left); c < 8 && left + c < columns; c += 1) {
      grid[(top + r) * columns + left + c] = floatAt(block, r * 8 + c) + 128;
    }
  }
}

/** DCT of each row of `from`, written as columns: twice gives the whole transform. */
function forward(from: Float32Array, to: Float32Array): void {
  for (let r = 0; r < 8; r += 1) {
    for (let f = 0; f < 8; f += 1) {
      let sum = 0;
      for (let p = 0; p < 8; p += 1) sum += floatAt(from, r * 8 + p) * floatAt(COSINES, f * 8 + p);
      to[f * 8 + r] = sum;
    }
  }
}

/** Inverse DCT of each row of `from`, written as columns. */
function inverse(from: Float32Array, to: Float32Array): void {
  for (let r = 0; r < 8; r += 1) {
    for (let p = 0; p < 8; p += 1) {
      let sum = 0;
      for (let f = 0; f < 8; f += 1) sum += floatAt(from, r * 8 + f) * floatAt(COSINES, f * 8 + p);
      to[p * 8 + r] = sum;
    }
  }
}
