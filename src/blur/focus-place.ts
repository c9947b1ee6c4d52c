/**
 * Where the focus is instead, of a face that is soft.
 */
import type { FaceView } from '../core/face.js';
import type { Box } from '../core/raster.js';
import { measureDetail } from './detail.js';
import type { FocusPlace } from './measurement.js';
import { faceSquare, faceWidth } from './region.js';

/** Something beside the eyes is in focus where it has this many times their detail, and as much as was asked of them. */
const surelySharper = 2.5;

/**
 * What is sharp beside a soft face, where that is sure: the background to the sides of the head, or the ears and the hair
 * above them.
 * @param detail of the face, px across it
 * @param needed the detail that was asked of it
 */
export function focusPlace(face: FaceView, detail: number, needed: number): FocusPlace | undefined {
  const width = faceWidth(face);
  const square = faceSquare(face);
  const middle = { x: square.x + square.width / 2, y: square.y + square.height / 2 };
  /** Strips on both sides of the face, in widths of it: distance of their middle, half their width, top and bottom. */
  const isSharp = (distance: number, half: number, top: number, bottom: number): boolean => [-1, 1].some((side) => {
    const strip: Box = {
      x: middle.x + (side * distance - half) * width, y: middle.y + top * width,
      width: 2 * half * width, height: (bottom - top) * width,
    };
    const found = measureDetail(face.raster, strip, width)?.detail ?? 0;
    return found > surelySharper * detail && found > needed;
  });
  if (isSharp(0.85, 0.14, -0.6, 0.6)) return 'background';
  return isSharp(0.5, 0.08, -0.35, 0.25) ? 'ears' : undefined;
}
