/**
 * How alike two pictures are at a glance, though the camera moved, zoomed or exposed a little differently between them.
 */
import { byteAt, floatAt } from '../core/typed-array.js';
import { lookSide, type Look } from '../core/capture.js';

/** Cells that a look is smoothed over before that is taken away: what is left are shapes, without light and shade. */
const smoothing = 4;
/** How much larger or smaller the other frame may show things: tried first. */
const zooms = [1, 0.9, 1.11];
/** What is tried around the best of these. */
const finer = [-1, 0, 1];
const fineZoom = 0.05;
const fineMove = 0.5;
/** Cells that the other frame may be moved by. */
const reach = 4;
/** Cells at each side that are not compared, since they may lie outside the other frame. */
const border = 3;

/** A look made ready for comparing: its local contrast. */
export type Shapes = Float32Array;

/** The shapes of a look: light that is the same over a large part of the picture is taken away. */
export function shapesOf(look: Look): Shapes {
  const shapes = new Float32Array(lookSide * lookSide);
  for (let row = 0; row < lookSide; row += 1) {
    for (let column = 0; column < lookSide; column += 1) {
      shapes[row * lookSide + column] = byteAt(look, row * lookSide + column) - meanAround(look, row, column);
    }
  }
  return shapes;
}

function meanAround(look: Look, row: number, column: number): number {
  let [sum, count] = [0, 0];
  for (let y = Math.max(0, row - smoothing); y <= Math.min(lookSide - 1, row + smoothing); y += 1) {
    for (let x = Math.max(0, column - smoothing); x <= Math.min(lookSide - 1, column + smoothing); x += 1) {
      sum += byteAt(look, y * lookSide + x);
      count += 1;
    }
  }
  return sum / count;
}

/** How a frame lies over another: in cells, from centre to centre. */
interface Lie {
  readonly zoom: number;
  readonly right: number;
  readonly down: number;
}

/**
 * Likeness of two pictures, -1 to 1 (the same): the best correlation of their shapes over small moves and zooms.
 */
export function likeness(a: Shapes, b: Shapes): number {
  const [lie, coarse] = bestOf(a, b, coarseLies, 2);
  if (coarse < hopeless) return coarse;
  const near = finer.flatMap((zoom) => finer.flatMap((right) => finer.map((down) => ({
    zoom: lie.zoom + zoom * fineZoom, right: lie.right + right * fineMove, down: lie.down + down * fineMove,
  }))));
  const [, best] = bestOf(a, b, near, 1);
  return best;
}

/** A likeness that finer steps do not make a good one. */
const hopeless = 0.3;
const moves = Array.from({ length: 2 * reach + 1 }, (_, index) => index - reach);
const unmoved: Lie = { zoom: 1, right: 0, down: 0 };
const coarseLies = zooms.flatMap((zoom) => moves.flatMap((right) => moves.map((down): Lie => ({ zoom, right, down }))));

/** @param step every so many cells, across and down, are compared */
function bestOf(a: Shapes, b: Shapes, lies: readonly Lie[], step: number): readonly [Lie, number] {
  let [at, best] = [unmoved, -1];
  for (const lie of lies) {
    const found = correlation(a, b, lie, step);
    if (found > best) [at, best] = [lie, found];
  }
  return [at, best];
}

/** Hot loop: 243 of these a pair with 81 cells each, then 27 with 324. */
function correlation(a: Shapes, b: Shapes, { zoom, right, down }: Lie, step: number): number {
  const center = (lookSide - 1) / 2;
  let [sumA, sumB, sumAA, sumBB, sumAB, count] = [0, 0, 0, 0, 0, 0];
  for (let row = border; row < lookSide - border; row += step) {
    const y = center + (row - center) * zoom + down;
    const y0 = Math.floor(y);
    if (y0 < 0 || y0 >= lookSide - 1) continue;
    for (let column = border; column < lookSide - border; column += step) {
      const x = center + (column - center) * zoom + right;
      const x0 = Math.floor(x);
      if (x0 < 0 || x0 >= lookSide - 1) continue;
      const at = y0 * lookSide + x0;
      const top = floatAt(b, at) + (x - x0) * (floatAt(b, at + 1) - floatAt(b, at));
      const bottom = floatAt(b, at + lookSide) + (x - x0) * (floatAt(b, at + lookSide + 1) - floatAt(b, at + lookSide));
      const first = floatAt(a, row * lookSide + column);
      const second = top + (y - y0) * (bottom - top);
      sumA += first;
      sumB += second;
      sumAA += first * first;
      sumBB += second * second;
      sumAB += first * second;
      count += 1;
    }
  }
  const spread = Math.sqrt((sumAA - (sumA * sumA) / count) * (sumBB - (sumB * sumB) / count));
  // A wall has no shapes: nothing can be said.
  return spread > 1e-6 * count ? (sumAB - (sumA * sumB) / count) / spread : 0;
}
