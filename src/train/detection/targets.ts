/**
 * Which cells of the net's grids are to find which face, and what they are to say of it.
 */
import { floatAt } from '../../core/typed-array.js';
import { MULTIPLE, POINTS, STRIDES } from '../../detect/portrait-cells.js';
import type { CropFace } from './faces.js';

/**
 * Where each target lies among a cell's values. Lengths are in strides of the cell's grid, from the cell's centre:
 * - `face`: 1 where the cell is to find a face, else 0; `counts`: 0 where it does not matter what it says;
 * - `box`: centre x and y, width, height; `inverseSize`: 1 / square root of the box's area;
 * - `points`, as in the net's values; `pointsKnown`: 1 or 0;
 * - `visible`, `open` of the right eye and the left one, then the same with 1 where that is known, else 0.
 */
export const TARGETS = {
  face: 0, counts: 1, box: 2, inverseSize: 6, points: 7, pointsKnown: 7 + 2 * POINTS.length,
  visible: 8 + 2 * POINTS.length, visibleKnown: 10 + 2 * POINTS.length,
  open: 12 + 2 * POINTS.length, openKnown: 14 + 2 * POINTS.length,
} as const;

export const TARGETS_PER_CELL = 16 + 2 * POINTS.length;

/** Square roots of box areas, px of the input, that each grid is for. They overlap: both grids learn a face between two. */
const RANGES = [[0, 40], [28, 96], [68, Infinity]] as const;
/** A face that is smaller than this, px of the input, is neither wanted nor wrong. */
const SMALLEST = 9;
/** Cells whose centre lies within this share of the box's sides from its centre are to find it; at least the nearest ones. */
const CENTRAL_SHARE = 0.18;
const NEAREST = 0.55;
/** Cells this far around a face that does not count do not count either, in sides of its box. */
const IGNORED_SHARE = 0.55;

/** Cells of all grids for a square input. */
export function cellCount(size: number): number {
  return STRIDES.reduce((sum, stride) => sum + (size / stride) ** 2, 0);
}

/**
 * Writes the targets of one crop, [TARGETS_PER_CELL, cells], into `out` from `offset` on.
 * @param faces px of the crop
 * @param size side of the crop, px, a multiple of 32
 */
export function writeTargets(faces: readonly CropFace[], size: number, out: Float32Array, offset: number): void {
  if (size % MULTIPLE !== 0) throw new Error(`a crop of ${String(size)} px does not fit the grids`);
  const cells = cellCount(size);
  out.fill(0, offset, offset + TARGETS_PER_CELL * cells);
  out.fill(1, offset + TARGETS.counts * cells, offset + (TARGETS.counts + 1) * cells);
  // A box of one stride where there is none, so that no loss divides by 0.
  out.fill(1, offset + (TARGETS.box + 2) * cells, offset + (TARGETS.box + 4) * cells);
  let start = 0;
  for (const [level, stride] of STRIDES.entries()) {
    const side = size / stride;
    const grid: Grid = { start: offset + start, cells, side, stride, nearest: new Float32Array(side * side).fill(Infinity) };
    for (const face of faces) {
      if (!isWanted(face)) ignore(grid, face, out);
    }
    const [low = 0, high = 0] = RANGES[level] ?? [];
    for (const face of faces) {
      const root = Math.sqrt(face.width * face.height);
      if (isWanted(face) && root >= low && root < high) assign(grid, face, out);
    }
    start += side * side;
  }
}

interface Grid {
  /** Of its first cell in the output. */
  readonly start: number;
  /** Of all grids: how far two values of a cell lie apart. */
  readonly cells: number;
  readonly side: number;
  readonly stride: number;
  /** Distance to the centre of the face that a cell is to find, in sides of that face. */
  readonly nearest: Float32Array;
}

function isWanted(face: CropFace): boolean {
  return !face.ignored && Math.sqrt(face.width * face.height) >= SMALLEST;
}

function ignore(grid: Grid, face: CropFace, out: Float32Array): void {
  const { side, stride } = grid;
  const [x, y] = [face.x + face.width / 2, face.y + face.height / 2];
  const [reachX, reachY] = [Math.max(stride / 2, IGNORED_SHARE * face.width), Math.max(stride / 2, IGNORED_SHARE * face.height)];
  for (let row = cellFrom(y - reachY, stride); row < side && (row + 0.5) * stride <= y + reachY; row += 1) {
    for (let column = cellFrom(x - reachX, stride); column < side && (column + 0.5) * stride <= x + reachX; column += 1) {
      out[grid.start + TARGETS.counts * grid.cells + row * side + column] = 0;
    }
  }
}

function assign(grid: Grid, face: CropFace, out: Float32Array): void {
  const { side, stride } = grid;
  const [x, y] = [face.x + face.width / 2, face.y + face.height / 2];
  const reachX = Math.max(NEAREST * stride, CENTRAL_SHARE * face.width);
  const reachY = Math.max(NEAREST * stride, CENTRAL_SHARE * face.height);
  for (let row = cellFrom(y - reachY, stride); row < side && (row + 0.5) * stride <= y + reachY; row += 1) {
    for (let column = cellFrom(x - reachX, stride); column < side && (column + 0.5) * stride <= x + reachX; column += 1) {
      const cell = row * side + column;
      const [cellX, cellY] = [(column + 0.5) * stride, (row + 0.5) * stride];
      const distance = Math.hypot((cellX - x) / face.width, (cellY - y) / face.height);
      if (distance >= floatAt(grid.nearest, cell)) continue;
      grid.nearest[cell] = distance;
      writeCell(grid, cell, face, cellX, cellY, out);
    }
  }
}

/** The first row or column whose cells' centres lie at `from` px or beyond. */
function cellFrom(from: number, stride: number): number {
  return Math.max(0, Math.ceil(from / stride - 0.5));
}

function writeCell(grid: Grid, cell: number, face: CropFace, cellX: number, cellY: number, out: Float32Array): void {
  const { stride } = grid;
  const put = (target: number, value: number): void => { out[grid.start + target * grid.cells + cell] = value; };
  put(TARGETS.face, 1);
  put(TARGETS.counts, 1);
  put(TARGETS.box, (face.x + face.width / 2 - cellX) / stride);
  put(TARGETS.box + 1, (face.y + face.height / 2 - cellY) / stride);
  put(TARGETS.box + 2, face.width / stride);
  put(TARGETS.box + 3, face.height / stride);
  put(TARGETS.inverseSize, stride / Math.sqrt(face.width * face.height));
  put(TARGETS.pointsKnown, face.points ? 1 : 0);
  for (let index = 0; index < 2 * POINTS.length; index += 1) {
    const value = face.points?.[index];
    put(TARGETS.points + index, value === undefined ? 0 : (value - (index % 2 === 0 ? cellX : cellY)) / stride);
  }
  for (const [side, { visible, open }] of face.eyes.entries()) {
    put(TARGETS.visible + side, visible ?? 0);
    put(TARGETS.visibleKnown + side, visible === undefined ? 0 : 1);
    put(TARGETS.open + side, open ?? 0);
    put(TARGETS.openKnown + side, open === undefined ? 0 : 1);
  }
}
