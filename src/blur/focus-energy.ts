/**
 * The energies that sharpness is made of, in one pass over a small luminance grid.
 */
import type { Box } from '../image/raster.js';
import type { LuminanceGrid } from './luminance-grid.js';

/** Squared gray levels per pixel of the grid, means over the pixels measured. Nothing is NaN; all are 0 for a flat grid. */
export interface FocusEnergy {
  /** Variance of the Laplacian of the luminance as it is: the classic figure. */
  readonly plainLaplacian: number;
  /** Variance of the Laplacian of the 3x3-smoothed luminance, the noise's share taken off; may be below 0. */
  readonly laplacian: number;
  /** Mean squared gradient of the 3x3-smoothed luminance, the noise's share taken off; may be below 0. */
  readonly gradient: number;
  /** Standard deviation of the white noise, in gray levels. */
  readonly noise: number;
  /** Share of the smoothed Laplacian's variance that is noise, 0-1. */
  readonly noiseShare: number;
  /** Structure tensor of the smoothed luminance (means of gx gx, gx gy, gy gy). */
  readonly tensor: Tensor;
  /** Structure tensor of the Laplacian of the smoothed luminance: the same for the finest detail. */
  readonly fineTensor: Tensor;
  /** Pixels measured. */
  readonly count: number;
}

/** A symmetric 2x2 matrix. */
export interface Tensor {
  readonly xx: number;
  readonly xy: number;
  readonly yy: number;
}

/**
 * What white noise of variance 1 leaves behind each filter: the sum of the squared weights of the 3x3 binomial followed by
 * the Laplacian, and by the two central differences.
 */
const noiseInLaplacian = 0.40625;
const noiseInGradient = 0.05859375;
/** Sum of the squared weights of the noise operator (Immerkaer 1996): 1 -2 1 / -2 4 -2 / 1 -2 1. */
const noiseInOperator = 36;
/** Side in px of the blocks among which the quiet ones tell the noise. */
const blockSide = 8;
/** The block at this rank, counted from the quietest, is taken for one without detail. */
const quietRank = 0.15;
/** Mean of that rank over white noise: a quiet block's energy is below the mean by chance as well. */
const quietBias = 0.68;

let smoothScratch = new Float32Array(0);
let laplacianScratch = new Float32Array(0);
let blockScratch = new Float32Array(0);
let blockCounts = new Uint16Array(0);

/**
 * Measures a grid, or the ellipse inscribed in a box of it.
 *
 * With I the luminance and S = (1 2 1)' (1 2 1) / 16, the smoothed luminance is S * I, the Laplacian is the kernel
 * 0 1 0 / 1 -4 1 / 0 1 0, and the gradient is the central difference. Variance of the Laplacian as a focus measure:
 * Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000. Added to it: the smoothing, and the
 * noise floor. Noise is estimated with the operator of Immerkaer, "Fast noise variance estimation", CVIU 1996, in blocks
 * of 8 x 8 px, of which a quiet one stands for the noise, since detail of the face only ever adds to it.
 *
 * @param grid luminance
 * @param ellipse box in px of the grid within whose inscribed ellipse is measured; without it, the whole grid
 */
export function focusEnergy(grid: LuminanceGrid, ellipse?: Box): FocusEnergy {
  const { data: image, width, height } = grid;
  reserve(width, height);
  const smooth = smoothScratch;
  const fine = laplacianScratch;
  const blocksAcross = Math.ceil(width / blockSide);
  const blockCount = blocksAcross * Math.ceil(height / blockSide);
  const blocks = blockScratch.subarray(0, blockCount).fill(0);
  const counts = blockCounts.subarray(0, blockCount).fill(0);
  let count = 0;
  let plainSum = 0;
  let plainSquares = 0;
  let sum = 0;
  let squares = 0;
  let fineCount = 0;
  let xx = 0, xy = 0, yy = 0;
  let fineXx = 0, fineXy = 0, fineYy = 0;
  // Hot loop. Each row is smoothed, then the row above gets its Laplacian, then the row above that its fine gradient.
  for (let y = 1; y < height - 1; y += 1) {
    const [first, last] = span(width, y, ellipse);
    for (let x = 1, i = y * width + 1; x < width - 1; x += 1, i += 1) {
      const up = i - width;
      const down = i + width;
      const cross = (image[up] ?? 0) + (image[i - 1] ?? 0) + (image[i + 1] ?? 0) + (image[down] ?? 0);
      const corners = (image[up - 1] ?? 0) + (image[up + 1] ?? 0) + (image[down - 1] ?? 0) + (image[down + 1] ?? 0);
      const here = image[i] ?? 0;
      smooth[i] = (corners + 2 * cross + 4 * here) / 16;
      if (x < first || x > last) continue;
      const plain = cross - 4 * here;
      plainSum += plain;
      plainSquares += plain * plain;
      count += 1;
      const operator = corners - 2 * cross + 4 * here;
      const block = Math.floor(y / blockSide) * blocksAcross + Math.floor(x / blockSide);
      blocks[block] = (blocks[block] ?? 0) + operator * operator;
      counts[block] = (counts[block] ?? 0) + 1;
    }
    if (y < 3) continue;
    const [from, to] = span(width, y - 1, ellipse);
    for (let x = 2, i = (y - 1) * width + 2; x < width - 2; x += 1, i += 1) {
      const left = smooth[i - 1] ?? 0;
      const right = smooth[i + 1] ?? 0;
      const above = smooth[i - width] ?? 0;
      const below = smooth[i + width] ?? 0;
      const value = left + right + above + below - 4 * (smooth[i] ?? 0);
      fine[i] = value;
      if (x < from || x > to) continue;
      sum += value;
      squares += value * value;
      const gx = (right - left) / 2;
      const gy = (below - above) / 2;
      xx += gx * gx;
      xy += gx * gy;
      yy += gy * gy;
      fineCount += 1;
    }
  }
  for (let y = 3; y < height - 3; y += 1) {
    const [from, to] = span(width, y, ellipse);
    for (let x = Math.max(3, from), i = y * width + x; x <= Math.min(width - 4, to); x += 1, i += 1) {
      const gx = ((fine[i + 1] ?? 0) - (fine[i - 1] ?? 0)) / 2;
      const gy = ((fine[i + width] ?? 0) - (fine[i - width] ?? 0)) / 2;
      fineXx += gx * gx;
      fineXy += gx * gy;
      fineYy += gy * gy;
    }
  }
  const n = Math.max(1, count);
  const m = Math.max(1, fineCount);
  const variance = squares / m - (sum / m) ** 2;
  const noiseVariance = quietNoise(blocks, counts);
  return {
    plainLaplacian: Math.max(0, plainSquares / n - (plainSum / n) ** 2),
    laplacian: variance - noiseInLaplacian * noiseVariance,
    gradient: (xx + yy) / m - 2 * noiseInGradient * noiseVariance,
    noise: Math.sqrt(noiseVariance),
    noiseShare: variance > 0 ? Math.min(1, noiseInLaplacian * noiseVariance / variance) : 0,
    tensor: { xx: xx / m, xy: xy / m, yy: yy / m },
    fineTensor: { xx: fineXx / m, xy: fineXy / m, yy: fineYy / m },
    count: fineCount,
  };
}

function reserve(width: number, height: number): void {
  const size = width * height;
  if (smoothScratch.length >= size) return;
  smoothScratch = new Float32Array(size);
  laplacianScratch = new Float32Array(size);
  const blocks = Math.ceil(size / blockSide) + width + height;
  blockScratch = new Float32Array(blocks);
  blockCounts = new Uint16Array(blocks);
}

const spanScratch: [number, number] = [0, 0];

/** First and last column of a row that are measured. */
function span(width: number, y: number, ellipse: Box | undefined): [number, number] {
  spanScratch[0] = 0;
  spanScratch[1] = width - 1;
  if (ellipse === undefined) return spanScratch;
  const v = (y + 0.5 - ellipse.y - ellipse.height / 2) / (ellipse.height / 2);
  const half = ellipse.width / 2 * Math.sqrt(Math.max(0, 1 - v * v));
  const center = ellipse.x + ellipse.width / 2;
  spanScratch[0] = Math.ceil(center - half - 0.5);
  spanScratch[1] = Math.floor(center + half - 0.5);
  return spanScratch;
}

/** Variance of the noise in the quiet blocks; blocks that are half outside the measured part do not count. */
function quietNoise(blocks: Float32Array, counts: Uint16Array): number {
  const full = blockSide * blockSide / 2;
  let used = 0;
  for (let i = 0; i < blocks.length; i += 1) {
    const count = counts[i] ?? 0;
    if (count < full) continue;
    blocks[used] = (blocks[i] ?? 0) / (count * noiseInOperator);
    used += 1;
  }
  if (used === 0) return 0;
  const sorted = blocks.subarray(0, used).sort();
  return (sorted[Math.floor(quietRank * used)] ?? 0) / quietBias;
}
