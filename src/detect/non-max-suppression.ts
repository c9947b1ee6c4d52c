/**
 * Keeps one of several boxes around the same face.
 */
import { intersectionOverUnion, type Box } from '../core/raster.js';

interface Scored {
  readonly box: Box;
  readonly score: number;
}

/**
 * Greedy non-maximum suppression.
 * @param overlap intersection over union above which the weaker of two boxes is dropped, 0 to 1
 * @returns what is kept, best score first
 */
export function suppressOverlaps<T extends Scored>(candidates: readonly T[], overlap: number): T[] {
  return keepDistinct(candidates, (a, b) => intersectionOverUnion(a, b) > overlap);
}

/**
 * Keeps, of boxes from different looks at the same photo, the best of each face. A look that cut a face off gives a box
 * inside the whole one, so what counts is how much of the smaller box lies in the larger.
 * @returns what is kept, best score first
 */
export function mergeLooks<T extends Scored>(candidates: readonly T[]): T[] {
  return keepDistinct(candidates, isSameFace);
}

/** Whether more than half of the smaller box lies in the larger one. */
export function isSameFace(a: Box, b: Box): boolean {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return false;
  return width * height > 0.5 * Math.min(a.width * a.height, b.width * b.height);
}

function keepDistinct<T extends Scored>(candidates: readonly T[], same: (a: Box, b: Box) => boolean): T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    if (!kept.some((better) => same(better.box, candidate.box))) kept.push(candidate);
  }
  return kept;
}
