/**
 * The energies that sharpness is made of, in one pass over a small luminance grid.
 */
import type { Box } from '../core/raster.js';
import type { LuminanceGrid } from './luminance-grid.js';

/** Energies are means over the pixels measured, in squared gray levels. Nothing is NaN; all is 0 for a flat grid. */
export interface FocusEnergy {
  /** Variance of the Laplacian of the luminance as it is: the classic figure. */
  readonly plainLaplacian: number;
  /** Variance of the Laplacian of the 3x3-smoothed luminance, the noise's share taken off; may be below 0. */
  readonly laplacian: number;
  /** Mean squared gradient of the 3x3-smoothed luminance, the noise's share taken off; may be below 0. */
  readonly gradient: number;
  /**
   * The Laplacian is the sum of the second derivatives along any two directions at right angles. Here is the energy of
   * one second derivative over that of the first along the same direction: for the direction where that is lowest and
   * for the one where it is highest. Noise taken off; 0 where nothing is left.
   */
  readonly lowest: number;
  readonly highest: number;
  /** Standard deviation of the white noise of the grid, in gray levels. */
  readonly noise: number;
  /** Share of the smoothed Laplacian's variance that is noise, 0-1. */
  readonly noiseShare: number;
  /** Pixels measured. */
  readonly count: number;
}

/**
 * What noise of variance 1 leaves behind a filter, as a polynomial in the correlation r between neighbouring cells:
 * `[a, b, c]` stands for `a + b r + c r^2` (the filter's autocorrelation at distance 0, along a side, along a diagonal).
 */
type NoiseGain = readonly [number, number, number];
/** 1 -2 1 / -2 4 -2 / 1 -2 1, the operator of Immerkaer 1996. */
const gainOfOperator: NoiseGain = [36, -96, 64];
/** The filters below follow the 3x3 binomial: Laplacian, first difference, and products of second differences. */
const gainOfLaplacian: NoiseGain = [0.40625, 0.5, 0.03125];
const gainOfGradient: NoiseGain = [0.05859375, 0.125, 0.0625];
const gainOfXxXx: NoiseGain = [0.140625, 0.1875, 0];
const gainOfXxYy: NoiseGain = [0.0625, 0.0625, 0.015625];
const gainOfXyXy: NoiseGain = [0.0244140625, 0.0390625, 0.015625];

/** Side in px of the blocks among which the quiet ones tell the noise. */
const blockSide = 8;
/** The block at this rank, counted from the quietest (0) to the loudest (1), is taken for one without detail. */
const quietRank = 0.15;
/** What that rank shows of white noise: the quiet blocks of many are below the mean by chance as well. */
const quietBias = 0.68;
/** Directions tried over half a turn. */
const directions = 16;
/** A direction with less than this share of the gradient energy has no detail to be judged by. */
const leastShare = 0.1;

let smoothScratch = new Float32Array(0);
let blockScratch = new Float32Array(0);
let blockCounts = new Uint16Array(0);

/**
 * Measures a grid, or the ellipse inscribed in a box of it.
 *
 * With I the luminance and S = (1 2 1)' (1 2 1) / 16, the smoothed luminance is S * I, the Laplacian is the kernel
 * 0 1 0 / 1 -4 1 / 0 1 0, and the gradient is the central difference. Variance of the Laplacian as a focus measure:
 * Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000. Added to it: the smoothing, the
 * directions and the noise floor. Noise is estimated with the operator of Immerkaer, "Fast noise variance estimation",
 * CVIU 1996, in blocks of 8 x 8 px, of which a quiet one stands for the noise, since a face's detail only adds to it.
 *
 * @param grid luminance
 * @param ellipse box in px of the grid within whose inscribed ellipse is measured; without it, the whole grid
 */
export function focusEnergy(grid: LuminanceGrid, ellipse?: Box): FocusEnergy {
  const { data: image, width, height } = grid;
  const blocksAcross = Math.ceil(width / blockSide);
  const blockCount = blocksAcross * Math.ceil(height / blockSide);
  reserve(width * height, blockCount);
  const smooth = smoothScratch;
  const blocks = blockScratch.subarray(0, blockCount).fill(0);
  const counts = blockCounts.subarray(0, blockCount).fill(0);
  let n = 0, plainSum = 0, plainSquares = 0;
  let m = 0, sum = 0, gxx = 0, gxy = 0, gyy = 0;
  let xxxx = 0, xxxy = 0, xxyy = 0, xyxy = 0, xyyy = 0, yyyy = 0;
  // Hot loop. Each row is smoothed; then the row above it has all its neighbours and gets its derivatives.
  for (let y = 1; y < height - 1; y += 1) {
    const [first, last] = span(width, y, ellipse);
    const blockRow = (y >> 3) * blocksAcross;
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
      n += 1;
      // A clipped pixel has lost its noise.
      if (here < 3 || here > 252) continue;
      const operator = corners - 2 * cross + 4 * here;
      const block = blockRow + (x >> 3);
      blocks[block] = (blocks[block] ?? 0) + operator * operator;
      counts[block] = (counts[block] ?? 0) + 1;
    }
    if (y < 3) continue;
    const [from, to] = span(width, y - 1, ellipse);
    const end = Math.min(to, width - 3);
    for (let x = Math.max(2, from), i = (y - 1) * width + x; x <= end; x += 1, i += 1) {
      const up = i - width;
      const down = i + width;
      const here = 2 * (smooth[i] ?? 0);
      const left = smooth[i - 1] ?? 0;
      const right = smooth[i + 1] ?? 0;
      const above = smooth[up] ?? 0;
      const below = smooth[down] ?? 0;
      const gx = (right - left) / 2;
      const gy = (below - above) / 2;
      const xx = left + right - here;
      const yy = above + below - here;
      const xy = ((smooth[up - 1] ?? 0) + (smooth[down + 1] ?? 0) - (smooth[up + 1] ?? 0) - (smooth[down - 1] ?? 0)) / 4;
      m += 1;
      sum += xx + yy;
      gxx += gx * gx;
      gxy += gx * gy;
      gyy += gy * gy;
      xxxx += xx * xx;
      xxxy += xx * xy;
      xxyy += xx * yy;
      xyxy += xy * xy;
      xyyy += xy * yy;
      yyyy += yy * yy;
    }
  }
  if (m === 0) return nothing;
  const r = grid.correlation;
  const noise = quietNoise(blocks, counts) / Math.max(gain(gainOfOperator, r), 1);
  const variance = (xxxx + 2 * xxyy + yyyy) / m - (sum / m) ** 2;
  const noiseInLaplacian = noise * gain(gainOfLaplacian, r);
  const noiseInGradient = noise * gain(gainOfGradient, r);
  const noiseInXx = noise * gain(gainOfXxXx, r);
  const noiseInMixed = noise * (gain(gainOfXxYy, r) + 2 * gain(gainOfXyXy, r));
  const gradient = (gxx + gyy) / m - 2 * noiseInGradient;
  let lowest = Infinity;
  let highest = 0;
  for (let k = 0; k < directions; k += 1) {
    const c = Math.cos(Math.PI * k / directions);
    const s = Math.sin(Math.PI * k / directions);
    const cc = c * c, cs = c * s, ss = s * s;
    const slope = (cc * gxx + 2 * cs * gxy + ss * gyy) / m - noiseInGradient;
    if (slope <= leastShare * gradient) continue;
    const bend = (cc * cc * xxxx + 4 * cs * (cc * xxxy + ss * xyyy) + 2 * cc * ss * (xxyy + 2 * xyxy) + ss * ss * yyyy) / m
      - (cc * cc + ss * ss) * noiseInXx - 2 * cc * ss * noiseInMixed;
    const ratio = Math.max(0, bend) / slope;
    if (ratio < lowest) lowest = ratio;
    if (ratio > highest) highest = ratio;
  }
  return {
    plainLaplacian: Math.max(0, plainSquares / n - (plainSum / n) ** 2),
    laplacian: variance - noiseInLaplacian,
    gradient,
    lowest: Math.min(lowest, highest),
    highest,
    noise: Math.sqrt(noise),
    noiseShare: variance > 0 ? Math.min(1, noiseInLaplacian / variance) : 0,
    count: m,
  };
}

const nothing: FocusEnergy = {
  plainLaplacian: 0, laplacian: 0, gradient: 0, lowest: 0, highest: 0, noise: 0, noiseShare: 0, count: 0,
};

function gain([a, b, c]: NoiseGain, correlation: number): number {
  return a + b * correlation + c * correlation * correlation;
}

function reserve(pixels: number, blocks: number): void {
  if (smoothScratch.length < pixels) smoothScratch = new Float32Array(pixels);
  if (blockScratch.length >= blocks) return;
  blockScratch = new Float32Array(blocks);
  blockCounts = new Uint16Array(blocks);
}

const spanScratch: [number, number] = [0, 0];

/** First and last column of a row that are measured; the same array every time. */
function span(width: number, y: number, ellipse: Box | undefined): readonly [number, number] {
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

/** Energy of the noise operator in a quiet block; blocks that are half outside the measured part do not count. */
function quietNoise(blocks: Float32Array, counts: Uint16Array): number {
  let used = 0;
  for (let i = 0; i < blocks.length; i += 1) {
    const count = counts[i] ?? 0;
    if (count < blockSide * blockSide / 2) continue;
    blocks[used] = (blocks[i] ?? 0) / count;
    used += 1;
  }
  if (used === 0) return 0;
  const sorted = blocks.subarray(0, used).sort();
  return (sorted[Math.floor(quietRank * used)] ?? 0) / quietBias;
}
