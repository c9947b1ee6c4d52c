/**
 * Finds eyes that are the same picture, copied, resized, recompressed or cut a little differently.
 */
import { CANVAS, CANVAS_BYTES, CROP } from './canvas.js';
import type { EyeDataset } from './packed-file.js';

/** Gradients along each row and rows: a 256-bit difference hash. 64 bits are too few: small eyes all look alike. */
const HASH_COLUMNS = 16;
const HASH_ROWS = 16;
/** px from the canvas's corner to the crop's. */
const LEFT = (CANVAS.width - CROP.width) / 2;
const TOP = (CANVAS.height - CROP.height) / 2;
const HASH_WORDS = (HASH_COLUMNS * HASH_ROWS) / 32;

/**
 * Difference hash (dHash) of one canvas's middle, the classifier's crop: around it patches have nothing but their repeated
 * border, in which all of them agree. Bit (row, column) tells whether brightness rises from one cell of a 17 x 16 grid of
 * means to the next on its right.
 * @param canvas CANVAS_BYTES of luminance
 * @returns 256 bits in eight 32-bit words
 */
export function differenceHash(canvas: Uint8Array): Uint32Array {
  const hash = new Uint32Array(HASH_WORDS);
  for (let row = 0; row < HASH_ROWS; row += 1) {
    let before = cellMean(canvas, row, 0);
    for (let column = 0; column < HASH_COLUMNS; column += 1) {
      const after = cellMean(canvas, row, column + 1);
      const bit = row * HASH_COLUMNS + column;
      if (after > before) hash[bit >> 5] = (hash[bit >> 5] ?? 0) | (1 << (bit & 31));
      before = after;
    }
  }
  return hash;
}

function cellMean(canvas: Uint8Array, row: number, column: number): number {
  const top = TOP + Math.floor((row * CROP.height) / HASH_ROWS);
  const bottom = TOP + Math.floor(((row + 1) * CROP.height) / HASH_ROWS);
  const left = LEFT + Math.floor((column * CROP.width) / (HASH_COLUMNS + 1));
  const right = LEFT + Math.floor(((column + 1) * CROP.width) / (HASH_COLUMNS + 1));
  let sum = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) sum += canvas[y * CANVAS.width + x] ?? 0;
  }
  return sum / ((bottom - top) * (right - left));
}

/** Two rows of a dataset that look the same. */
export interface DuplicatePair {
  readonly first: number;
  readonly second: number;
  /** Of their pixels, -1 to 1. */
  readonly correlation: number;
}

/**
 * Bits of 256 in which the hashes of one picture may differ. Small blurred eyes of different people come as near as this
 * too, so the hash only proposes pairs; the pixels decide.
 */
const CANDIDATE_BITS = 44;

/**
 * All pairs of eyes that show the same picture: near in their hashes, and their pixels correlate.
 * Compares every pair of hashes: a second or two for 20,000 eyes, as most are told apart by the first words.
 * @param minCorrelation from which on two crops are the same picture, 0 to 1
 */
export function nearDuplicates(dataset: EyeDataset, minCorrelation: number): DuplicatePair[] {
  const hashes = new Uint32Array(dataset.length * HASH_WORDS);
  for (let row = 0; row < dataset.length; row += 1) hashes.set(differenceHash(canvasOf(dataset, row)), row * HASH_WORDS);
  const pairs: DuplicatePair[] = [];
  // Hot loop: n * (n - 1) / 2 pairs.
  for (let first = 0; first < dataset.length; first += 1) {
    for (let second = first + 1; second < dataset.length; second += 1) {
      if (!withinBits(hashes, first * HASH_WORDS, second * HASH_WORDS, CANDIDATE_BITS)) continue;
      const correlation = cropCorrelation(canvasOf(dataset, first), canvasOf(dataset, second));
      if (correlation >= minCorrelation) pairs.push({ first, second, correlation });
    }
  }
  return pairs;
}

function canvasOf(dataset: EyeDataset, row: number): Uint8Array {
  return dataset.pixels.subarray(row * CANVAS_BYTES, (row + 1) * CANVAS_BYTES);
}

/** Whether two hashes differ in at most `limit` bits. */
function withinBits(hashes: Uint32Array, a: number, b: number, limit: number): boolean {
  let distance = 0;
  for (let word = 0; word < HASH_WORDS && distance <= limit; word += 1) {
    let bits = (hashes[a + word] ?? 0) ^ (hashes[b + word] ?? 0);
    bits -= (bits >>> 1) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
    distance += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return distance <= limit;
}

/** Pearson's correlation of the pixels of two canvases' middles; 0 where one of them is flat. */
function cropCorrelation(a: Uint8Array, b: Uint8Array): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let row = 0; row < CROP.height; row += 1) {
    const from = (TOP + row) * CANVAS.width + LEFT;
    for (let i = from; i < from + CROP.width; i += 1) {
      const x = a[i] ?? 0;
      const y = b[i] ?? 0;
      sumA += x;
      sumB += y;
      sumAA += x * x;
      sumBB += y * y;
      sumAB += x * y;
    }
  }
  const n = CROP.width * CROP.height;
  const spread = Math.sqrt((n * sumAA - sumA * sumA) * (n * sumBB - sumB * sumB));
  return spread === 0 ? 0 : (n * sumAB - sumA * sumB) / spread;
}
