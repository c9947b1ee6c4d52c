/**
 * Pixels in memory and the few shapes that every stage speaks of.
 */

/** 8-bit sRGB (3 channels) or luminance (1 channel) pixels, interleaved, row-major, upright. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** A point in px of the image that the context names; x to the right, y down; (0, 0) is the corner of the top left pixel. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An axis-aligned rectangle in px of the image that the context names. May reach beyond the image. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The box around the same centre with its sides multiplied by `factor`. */
export function growBox(box: Box, factor: number): Box {
  const width = box.width * factor;
  const height = box.height * factor;
  return { x: box.x - (width - box.width) / 2, y: box.y - (height - box.height) / 2, width, height };
}

/** The box in px of an image whose sides are `scale` times as long. */
export function scaleBox(box: Box, scale: number): Box {
  return { x: box.x * scale, y: box.y * scale, width: box.width * scale, height: box.height * scale };
}

/** Intersection over union of two boxes, 0 (apart) to 1 (equal). */
export function intersectionOverUnion(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (a.width * a.height + b.width * b.height - intersection);
}

/** The part of a box that lies within an image of `width` x `height` px; of no size where there is none. */
export function clipBox(box: Box, width: number, height: number): Box {
  const left = Math.min(Math.max(box.x, 0), width);
  const top = Math.min(Math.max(box.y, 0), height);
  const right = Math.min(Math.max(box.x + box.width, left), width);
  const bottom = Math.min(Math.max(box.y + box.height, top), height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** The smallest box that holds all of `boxes`, of which there is at least one. */
export function unionBox(boxes: readonly Box[]): Box {
  const left = Math.min(...boxes.map((box) => box.x));
  const top = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x: left, y: top, width: right - left, height: bottom - top };
}
