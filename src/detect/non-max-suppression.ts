/**
 * Keeps one of several boxes around the same face.
 */
import { intersectionOverUnion, type Box } from '../image/raster.js';

/**
 * Greedy non-maximum suppression.
 * @param overlap intersection over union above which the weaker of two boxes is dropped, 0 to 1
 * @returns what is kept, best score first
 */
export function suppressOverlaps<T extends { readonly box: Box; readonly score: number }>(
  candidates: readonly T[],
  overlap: number,
): T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    if (kept.every((better) => intersectionOverUnion(better.box, candidate.box) <= overlap)) kept.push(candidate);
  }
  return kept;
}
