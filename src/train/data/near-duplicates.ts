/**
 * Finds eyes that are the same picture, copied, resized, recompressed or cut a little differently.
 */
import { byteAt, doubleAt, floatAt, intAt } from '../../core/typed-array.js';
import { CROP } from '../../core/eye.js';
import type { EyeDataset } from './packed-file.js';
import { plainCrop } from './plain-crop.js';

/** Gradients along each row and rows: a 256-bit difference hash. 64 bits are too few: small eyes all look alike. */
const HASH_COLUMNS = 16;
const HASH_ROWS = 16;
const HASH_WORDS = (HASH_COLUMNS * HASH_ROWS) / 32;

/**
 * Difference hash (dHash) of one crop, without what lies around it in the canvas: patches have nothing but their repeated
 * border there, in which all of them agree. Bit (row, column) tells whether brightness rises from one cell of a 17 x 16 grid of
 * means to the next on its right.
 * @param crop 48x32 of luminance
 * @returns 256 bits in eight 32-bit words
 */
export function differenceHash(crop: Uint8Array): Uint32Array {
  const hash = new Uint32Array(HASH_WORDS);
  for (let row = 0; row < HASH_ROWS; row += 1) {
    let before = cellMean(crop, row, 0);
    for (let column = 0; column < HASH_COLUMNS; column += 1) {
      const after = cellMean(crop, row, column + 1);
      const bit = row * HASH_COLUMNS + column;
      if (after > before) hash[bit >> 5] = intAt(hash, bit >> 5) | (1 << (bit & 31));
      before = after;
    }
  }
  return hash;
}

function cellMean(crop: Uint8Array, row: number, column: number): number {
  const top = Math.floor((row * CROP.height) / HASH_ROWS);
  const bottom = Math.floor(((row + 1) * CROP.height) / HASH_ROWS);
  const left = Math.floor((column * CROP.width) / (HASH_COLUMNS + 1));
  const right = Math.floor(((column + 1) * CROP.width) / (HASH_COLUMNS + 1));
  let sum = 0;
  for (let y = top; y < bottom; y += 1) {
    for (let x = left; x < right; x += 1) sum += byteAt(crop, y * CROP.width + x);
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

/** The fingerprint's grid: cells of 8x8 px. */
const CELL = 8;
/** Rows whose fingerprints are compared with all others before the next ones are. */
const TILE = 256;
const CELLS = (CROP.width / CELL) * (CROP.height / CELL);

/**
 * All pairs of eyes that show the same picture: near in their hashes, and their pixels correlate.
 *
 * Every pair is looked at, but nearly all are dismissed after a few numbers: pixels of unit norm that correlate by c lie
 * sqrt(2 - 2c) apart, and their means over cells cannot lie further apart than they do.
 * @param minCorrelation from which on two crops are the same picture, 0 to 1
 */
export function nearDuplicates(dataset: EyeDataset, minCorrelation: number): DuplicatePair[] {
  const crops = cropsOf(dataset);
  const hashes = crops.map(differenceHash);
  const prints = fingerprints(crops);
  const reach = 2 - 2 * minCorrelation + 1e-5;
  const pairs: DuplicatePair[] = [];
  // Hot loop: n * (n - 1) / 2 pairs, in tiles that stay in the processor's nearest cache.
  for (let tile = 0; tile < dataset.length; tile += TILE) {
    const end = Math.min(dataset.length, tile + TILE);
    for (let first = 0; first < end; first += 1) {
      for (let second = Math.max(tile, first + 1); second < end; second += 1) {
        if (!withinReach(prints, first * CELLS, second * CELLS, reach)) continue;
        if (hammingDistance(hashes[first], hashes[second]) > CANDIDATE_BITS) continue;
        const [one, two] = [crops[first], crops[second]];
        if (one === undefined || two === undefined) continue;
        const correlation = cropCorrelation(one, two);
        if (correlation >= minCorrelation) pairs.push({ first, second, correlation });
      }
    }
  }
  return pairs;
}

/** Each eye's crop, shifted to mean 0 and scaled to norm 1, projected on the cells; the most telling cells first. */
function fingerprints(crops: readonly Uint8Array[]): Float32Array {
  const prints = new Float32Array(crops.length * CELLS);
  const spread = new Float64Array(CELLS);
  for (const [row, crop] of crops.entries()) {
    const print = fingerprint(crop);
    prints.set(print, row * CELLS);
    print.forEach((value, cell) => { spread[cell] = doubleAt(spread, cell) + value * value; });
  }
  const order = [...spread.keys()].sort((a, b) => doubleAt(spread, b) - doubleAt(spread, a));
  return prints.map((_, index) => {
    const cell = index % CELLS;
    return floatAt(prints, index - cell + (order[cell] ?? 0));
  });
}

function fingerprint(crop: Uint8Array): Float32Array {
  const sums = new Float32Array(CELLS);
  let sum = 0;
  let squares = 0;
  for (let y = 0; y < CROP.height; y += 1) {
    for (let x = 0; x < CROP.width; x += 1) {
      const value = byteAt(crop, y * CROP.width + x);
      const cell = Math.floor(y / CELL) * (CROP.width / CELL) + Math.floor(x / CELL);
      sums[cell] = floatAt(sums, cell) + value;
      sum += value;
      squares += value * value;
    }
  }
  const n = CROP.width * CROP.height;
  const norm = Math.sqrt(Math.max(1e-9, squares - (sum * sum) / n));
  return sums.map((cellSum) => (cellSum - (sum / n) * CELL * CELL) / (CELL * norm));
}

/** Whether two fingerprints lie within a squared distance. */
function withinReach(prints: Float32Array, a: number, b: number, reach: number): boolean {
  let distance = 0;
  for (let cell = 0; cell < CELLS && distance <= reach; cell += 2) {
    const one = floatAt(prints, a + cell) - floatAt(prints, b + cell);
    const two = floatAt(prints, a + cell + 1) - floatAt(prints, b + cell + 1);
    distance += one * one + two * two;
  }
  return distance <= reach;
}

/** All crops, 48x32 of luminance; faces and photos are squeezed into it. */
function cropsOf(dataset: EyeDataset): Uint8Array[] {
  return Array.from({ length: dataset.length }, (_, row) => plainCrop(dataset, row, CROP.width, CROP.height));
}

/** Bits in which two hashes differ. */
function hammingDistance(a: Uint32Array | undefined, b: Uint32Array | undefined): number {
  let distance = 0;
  for (let word = 0; word < HASH_WORDS; word += 1) {
    let bits = (a?.[word] ?? 0) ^ (b?.[word] ?? 0);
    bits -= (bits >>> 1) & 0x55555555;
    bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
    distance += Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return distance;
}

/** Pearson's correlation of the pixels of two crops; 0 where one of them is flat. */
function cropCorrelation(a: Uint8Array, b: Uint8Array): number {
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let row = 0; row < CROP.height; row += 1) {
    const from = row * CROP.width;
    for (let i = from; i < from + CROP.width; i += 1) {
      const x = byteAt(a, i);
      const y = byteAt(b, i);
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
