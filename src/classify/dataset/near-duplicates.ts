/**
 * Finds eyes that are the same picture, copied, resized, recompressed or cut a little differently.
 */
import { CANVAS, CANVAS_BYTES } from './canvas.js';
import type { EyeDataset } from './packed-file.js';

/** Gradients along each row and rows: a 256-bit difference hash. 64 bits are too few: small eyes all look alike. */
const HASH_COLUMNS = 16;
const HASH_ROWS = 16;
const HASH_WORDS = (HASH_COLUMNS * HASH_ROWS) / 32;

/**
 * Difference hash (dHash) of one canvas: bit (row, column) tells whether brightness rises from one cell of a 17 x 16
 * grid of means to the next on its right.
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
  const top = Math.floor((row * CANVAS.height) / HASH_ROWS);
  const bottom = Math.floor(((row + 1) * CANVAS.height) / HASH_ROWS);
  const left = Math.floor((column * CANVAS.width) / (HASH_COLUMNS + 1));
  const right = Math.floor(((column + 1) * CANVAS.width) / (HASH_COLUMNS + 1));
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
  /** Bits of 256 in which their hashes differ. */
  readonly distance: number;
}

/**
 * All pairs of eyes whose hashes differ in at most `maxDistance` of 256 bits.
 * Compares every pair: about a second for 20,000 eyes, as most pairs are told apart by the first words.
 */
export function nearDuplicates(dataset: EyeDataset, maxDistance: number): DuplicatePair[] {
  const hashes = new Uint32Array(dataset.length * HASH_WORDS);
  for (let row = 0; row < dataset.length; row += 1) {
    const canvas = dataset.pixels.subarray(row * CANVAS_BYTES, (row + 1) * CANVAS_BYTES);
    hashes.set(differenceHash(canvas), row * HASH_WORDS);
  }
  const pairs: DuplicatePair[] = [];
  // Hot loop: n * (n - 1) / 2 pairs.
  for (let first = 0; first < dataset.length; first += 1) {
    for (let second = first + 1; second < dataset.length; second += 1) {
      const distance = hammingWithin(hashes, first * HASH_WORDS, second * HASH_WORDS, maxDistance);
      if (distance <= maxDistance) pairs.push({ first, second, distance });
    }
  }
  return pairs;
}

/** Hamming distance of two hashes; stops counting once it is above `limit`. */
function hammingWithin(hashes: Uint32Array, a: number, b: number, limit: number): number {
  let distance = 0;
  for (let word = 0; word < HASH_WORDS && distance <= limit; word += 1) {
    let bits = (hashes[a + word] ?? 0) ^ (hashes[b + word] ?? 0);
    bits -= (bits >>> 1) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
    distance += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return distance;
}
