/**
 * The energies that sharpness is made of, over a small luminance grid or parts of it.
 */
import { doubleAt, floatAt } from '../core/typed-array.js';
import type { LuminanceGrid } from './luminance-grid.js';

/** A part of a grid: columns from `left` to below `right`, rows from `top` to below `bottom`. */
export interface GridPart {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/**
 * Sums over cells, each weighted by how strong the edges are around it, coarsely seen. Detail is judged where edges are:
 * elsewhere there is noise, and the blocks and ringing of JPEG.
 */
export interface FocusSums {
  readonly weight: number;
  /** Products of the first derivatives along x and y. */
  readonly gxx: number;
  readonly gxy: number;
  readonly gyy: number;
  /** Products of the second derivatives: xxxy is the one along x twice, times the mixed one. */
  readonly xxxx: number;
  readonly xxxy: number;
  readonly xxyy: number;
  readonly xyxy: number;
  readonly xyyy: number;
  readonly yyyy: number;
}

/** Energies in squared gray levels, noise taken off. Nothing is NaN; all is 0 for a flat grid. */
export interface FocusEnergy {
  /** Weighted mean square of the Laplacian of the 3x3-smoothed luminance; may be below 0. */
  readonly laplacian: number;
  /** Weighted mean squared gradient of the 3x3-smoothed luminance; may be below 0. */
  readonly gradient: number;
  /**
   * The Laplacian is the sum of the second derivatives along any two directions at right angles. Here is the energy of
   * one second derivative over that of the first along the same direction: for the direction where that is lowest and
   * for the one where it is highest; 0 where nothing is left.
   */
  readonly lowest: number;
  readonly highest: number;
  /** Share of the Laplacian's mean square that is noise, 0-1. */
  readonly noiseShare: number;
}

/**
 * Variance that white noise of variance 1 has behind a filter: the operator 1 -2 1 / -2 4 -2 / 1 -2 1 of Immerkaer 1996,
 * and, after the 3x3 binomial, the Laplacian, a first difference, and products of second differences.
 */
const noiseIn = {
  operator: 36, laplacian: 0.40625, gradient: 0.05859375, xxxx: 0.140625, xxyy: 0.0625, xyxy: 0.0244140625,
} as const;

/** Cells at each border of a grid that are looked at but not measured. */
export const gridMargin = 3;
/** Side in cells of the blocks among which the quiet ones tell the noise. */
const blockSide = 8;
/** The block at this rank, counted from the quietest (0) to the loudest (1), is taken for one without detail. */
const quietRank = 0.15;
/** What that rank shows of white noise: the quiet blocks of many are below the mean by chance as well. */
const quietBias = 0.68;
/** Directions tried over half a turn. */
const directions = 16;
/** A direction with less than this share of the gradient energy has no detail to be judged by. */
const leastShare = 0.1;
/**
 * Added to the gradient energy, squared gray levels: what is as faint as that is not taken for crisp because the even
 * fainter ringing of JPEG is.
 */
const contrastFloor = 10;

let smoothScratch = new Float32Array(0);

/** The grid smoothed by (1 2 1)' (1 2 1) / 16, but for its outermost cells; scratch memory that holds until the next call. */
export function smoothed({ data: image, width, height }: LuminanceGrid): Float32Array {
  if (smoothScratch.length < width * height) smoothScratch = new Float32Array(width * height);
  const smooth = smoothScratch;
  // Hot loop: the sum of each column of three is made once.
  for (let y = 1; y < height - 1; y += 1) {
    const row = y * width;
    let left = column(image, row, width);
    let middle = column(image, row + 1, width);
    for (let i = row + 1; i < row + width - 1; i += 1) {
      const right = column(image, i + 1, width);
      smooth[i] = (left + 2 * middle + right) / 16;
      left = middle;
      middle = right;
    }
  }
  return smooth;
}

function column(image: Float32Array, i: number, width: number): number {
  return floatAt(image, i - width) + 2 * floatAt(image, i) + floatAt(image, i + width);
}

/**
 * The sums over a part of a grid.
 *
 * With S the smoothed luminance, first derivatives are central differences of S, second ones differences of neighbours;
 * the weight is the squared gradient of S over a distance of four cells, which sees edges as one blurred with sigma 2 would.
 *
 * @param smooth from `smoothed`
 * @param part is measured but for what is nearer than `gridMargin` to the grid's border
 */
export function sumFocus(smooth: Float32Array, { width, height }: LuminanceGrid, part: GridPart): FocusSums {
  const left = Math.max(gridMargin, part.left);
  const right = Math.min(width - gridMargin, part.right);
  const bottom = Math.min(height - gridMargin, part.bottom);
  const twice = 2 * width;
  let weight = 0, gxx = 0, gxy = 0, gyy = 0;
  let xxxx = 0, xxxy = 0, xxyy = 0, xyxy = 0, xyyy = 0, yyyy = 0;
  // Hot loop.
  for (let y = Math.max(gridMargin, part.top); y < bottom; y += 1) {
    for (let i = y * width + left, end = y * width + right; i < end; i += 1) {
      const wideX = (floatAt(smooth, i + 2) - floatAt(smooth, i - 2)) / 4;
      const wideY = (floatAt(smooth, i + twice) - floatAt(smooth, i - twice)) / 4;
      const w = wideX * wideX + wideY * wideY;
      const up = i - width;
      const down = i + width;
      const here = 2 * floatAt(smooth, i);
      const before = floatAt(smooth, i - 1);
      const after = floatAt(smooth, i + 1);
      const above = floatAt(smooth, up);
      const below = floatAt(smooth, down);
      const gx = (after - before) / 2;
      const gy = (below - above) / 2;
      const xx = before + after - here;
      const yy = above + below - here;
      const xy = (floatAt(smooth, up - 1) + floatAt(smooth, down + 1) - floatAt(smooth, up + 1) - floatAt(smooth, down - 1)) / 4;
      const wgx = w * gx;
      const wxx = w * xx;
      const wyy = w * yy;
      const wxy = w * xy;
      weight += w;
      gxx += wgx * gx;
      gxy += wgx * gy;
      gyy += w * gy * gy;
      xxxx += wxx * xx;
      xxxy += wxx * xy;
      xxyy += wxx * yy;
      xyxy += wxy * xy;
      xyyy += wxy * yy;
      yyyy += wyy * yy;
    }
  }
  return { weight, gxx, gxy, gyy, xxxx, xxxy, xxyy, xyxy, xyyy, yyyy };
}

export const noSums: FocusSums = { weight: 0, gxx: 0, gxy: 0, gyy: 0, xxxx: 0, xxxy: 0, xxyy: 0, xyxy: 0, xyyy: 0, yyyy: 0 };

export function addSums(a: FocusSums, b: FocusSums): FocusSums {
  return {
    weight: a.weight + b.weight,
    gxx: a.gxx + b.gxx, gxy: a.gxy + b.gxy, gyy: a.gyy + b.gyy,
    xxxx: a.xxxx + b.xxxx, xxxy: a.xxxy + b.xxxy, xxyy: a.xxyy + b.xxyy,
    xyxy: a.xyxy + b.xyxy, xyyy: a.xyyy + b.xyyy, yyyy: a.yyyy + b.yyyy,
  };
}

/**
 * The energies of some sums.
 * @param noise variance of the grid's white noise, squared gray levels (see `noiseVariance`)
 */
export function focusEnergy(sums: FocusSums, noise: number): FocusEnergy {
  const { weight } = sums;
  if (!(weight > 0)) return { laplacian: 0, gradient: 0, lowest: 0, highest: 0, noiseShare: 0 };
  const noiseInLaplacian = noise * noiseIn.laplacian;
  const noiseInGradient = noise * noiseIn.gradient;
  const square = (sums.xxxx + 2 * sums.xxyy + sums.yyyy) / weight;
  const gradient = (sums.gxx + sums.gyy) / weight - 2 * noiseInGradient;
  let lowest = Infinity;
  let highest = 0;
  for (let k = 0; k < directions; k += 1) {
    const { slope, bend } = along(sums, Math.PI * k / directions, noise);
    if (slope <= leastShare * gradient) continue;
    const ratio = Math.max(0, bend) / (slope + contrastFloor / 2);
    if (ratio < lowest) lowest = ratio;
    if (ratio > highest) highest = ratio;
  }
  return {
    laplacian: square - noiseInLaplacian,
    gradient,
    lowest: Math.min(lowest, highest),
    highest,
    noiseShare: square > 0 ? Math.min(1, noiseInLaplacian / square) : 0,
  };
}

/** Energy of the first (`slope`) and second derivative (`bend`) along a direction, noise taken off. */
function along(sums: FocusSums, angle: number, noise: number): { slope: number; bend: number } {
  const { weight, gxx, gxy, gyy, xxxx, xxxy, xxyy, xyxy, xyyy, yyyy } = sums;
  const c = Math.cos(angle);
  const s = Math.sin(angle);
  const cc = c * c, cs = c * s, ss = s * s;
  const noiseInBend = noise * ((cc * cc + ss * ss) * noiseIn.xxxx + 2 * cc * ss * (noiseIn.xxyy + 2 * noiseIn.xyxy));
  return {
    slope: (cc * gxx + 2 * cs * gxy + ss * gyy) / weight - noise * noiseIn.gradient,
    bend: (cc * cc * xxxx + 4 * cs * (cc * xxxy + ss * xyyy) + 2 * cc * ss * (xxyy + 2 * xyxy) + ss * ss * yyyy) / weight
      - noiseInBend,
  };
}

/** Value of a part without any detail. */
const lowestFocus = -9;
/** How much the most blurred direction counts; the rest is the mean over all directions. */
const worstWeight = 2 / 3;

/**
 * The focus measure: `1/3 ln(laplacian / (gradient + c)) + 2/3 ln(lowest)`, about -0.8 for crisp detail, whatever the size
 * of the grid, and lower by 2 for each e-fold of a wide blur.
 *
 * The first term is the mean squared spatial frequency of the edges, in radians^2 per cell^2, in which contrast cancels
 * unless it is faint (the floor c). The second is the same for the direction in which it is lowest: motion leaves all the
 * detail across it. The Laplacian's energy as a focus measure: Pech-Pacheco et al., "Diatom autofocusing in brightfield
 * microscopy", ICPR 2000. Added to it: smoothing, weights, directions and the noise taken off.
 */
export function focusOf({ laplacian, gradient, lowest }: FocusEnergy): number {
  const all = laplacian / (Math.max(0, gradient) + contrastFloor);
  if (!(all > 0 && lowest > 0)) return lowestFocus;
  return Math.max(lowestFocus, (1 - worstWeight) * Math.log(all) + worstWeight * Math.log(lowest));
}

/**
 * Variance of the white noise of some grids of one scale, squared gray levels.
 *
 * Measured with the operator of Immerkaer, "Fast noise variance estimation", CVIU 1996, in blocks of 8 x 8 cells, of which
 * a quiet one stands for the noise, since a face's detail only adds to it.
 *
 * @param blocks from `noiseBlocks`, of all the grids
 */
export function noiseVariance(blocks: number[]): number {
  if (blocks.length === 0) return 0;
  const sorted = Float64Array.from(blocks).sort();
  return doubleAt(sorted, Math.floor(quietRank * sorted.length)) / quietBias / noiseIn.operator;
}

/** Mean square of the noise operator in each block of a grid; blocks that are mostly black or white to the stop are left out. */
export function noiseBlocks({ data, width, height }: LuminanceGrid): number[] {
  const blocks: number[] = [];
  for (let top = 1; top + blockSide < height; top += blockSide) {
    for (let left = 1; left + blockSide < width; left += blockSide) {
      const energy = blockNoise(data, width, left, top);
      if (energy !== undefined) blocks.push(energy);
    }
  }
  return blocks;
}

function blockNoise(image: Float32Array, width: number, left: number, top: number): number | undefined {
  let squares = 0;
  let count = 0;
  // Hot loop.
  for (let y = top; y < top + blockSide; y += 1) {
    for (let i = y * width + left, end = i + blockSide; i < end; i += 1) {
      const here = floatAt(image, i);
      // A clipped pixel has lost its noise.
      if (here < 3 || here > 252) continue;
      const up = i - width;
      const down = i + width;
      const cross = floatAt(image, up) + floatAt(image, i - 1) + floatAt(image, i + 1) + floatAt(image, down);
      const corners = floatAt(image, up - 1) + floatAt(image, up + 1) + floatAt(image, down - 1) + floatAt(image, down + 1);
      const operator = corners - 2 * cross + 4 * here;
      squares += operator * operator;
      count += 1;
    }
  }
  return count < blockSide * blockSide / 2 ? undefined : squares / count;
}
