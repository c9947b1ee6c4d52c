/**
 * Compares found faces with annotated ones.
 */
import { intersectionOverUnion, type Box } from '../core/raster.js';

/** Which annotated faces were found, and which finds belong to none. */
export interface Comparison {
  readonly found: readonly Box[];
  readonly missed: readonly Box[];
  readonly falseFaces: readonly Box[];
}

/**
 * Pairs every annotated face with the nearest find of its own.
 *
 * Detectors and annotators disagree on what a face's box is (with or without forehead and ears), so a pair need not overlap
 * much: 0.3 of the union, or centres less than a third of the annotated side apart and sides within a factor of 2.2.
 */
export function compareFaces(annotated: readonly Box[], finds: readonly Box[]): Comparison {
  const free = new Set(finds);
  const found: Box[] = [];
  const missed: Box[] = [];
  for (const face of annotated) {
    const match = [...free].filter((find) => sameAnnotatedFace(face, find))
      .sort((a, b) => centerDistance(face, a) - centerDistance(face, b))[0];
    if (match === undefined) missed.push(face);
    else {
      found.push(face);
      free.delete(match);
    }
  }
  return { found, missed, falseFaces: [...free] };
}

/** Whether a find is about where an annotated face is, and about as large. */
export function sameAnnotatedFace(face: Box, find: Box): boolean {
  const side = Math.max(face.width, face.height);
  const ratio = Math.max(find.width, find.height) / side;
  return intersectionOverUnion(face, find) >= 0.3
    || (centerDistance(face, find) < side / 3 && ratio < 2.2 && ratio > 1 / 2.2);
}

function centerDistance(a: Box, b: Box): number {
  return Math.hypot(a.x + a.width / 2 - b.x - b.width / 2, a.y + a.height / 2 - b.y - b.height / 2);
}
