/**
 * What the `portrait` net says of each cell of its grids, and how that reads as a face. Shared by training and inference.
 */

/** Px of the input a cell, finest grid first. */
export const STRIDES = [8, 16, 32] as const;

/** The input's height and width are multiples of this. */
export const MULTIPLE = 32;

/** Points of a face, the person's own left and right, in the order of the net's values. */
export const POINTS = ['right.outer', 'right.inner', 'right.center', 'left.outer', 'left.inner', 'left.center', 'nose'] as const;

/**
 * Where each value lies among a cell's channels:
 * - `score`: logit of being a face's cell;
 * - `center`: the box's centre from the cell's, x and y, in strides;
 * - `size`: log of the box's width and height in strides;
 * - `points`: x and y of each point from the cell's centre, in strides;
 * - `visible`, `open`: logits for the right eye and the left one.
 */
export const VALUES = {
  score: 0, center: 1, size: 3, points: 5, visible: 5 + 2 * POINTS.length, open: 7 + 2 * POINTS.length,
} as const;

export const VALUES_PER_CELL = 9 + 2 * POINTS.length;
