/**
 * Where a part of a photo's pixels, shrunk or not, lies in the photo: the way from px of the one to px of the other.
 */
import type { Box, Point } from '../core/raster.js';
import type { TurnedRegion } from './crop.js';

/** A raster's place in the upright full-size photo. */
export interface ViewPlace {
  /**
   * px of the full-size photo per px of the raster, across and down. Both sides of a shrunk photo are whole numbers of px, so
   * that the two differ: by 1 % where a photo is twelve times as wide as high.
   */
  readonly scaleX: number;
  readonly scaleY: number;
  /** Top left corner of the raster, px of the full-size photo. */
  readonly left: number;
  readonly top: number;
}

/** Whether the raster has the pixels that the camera gave. */
export function isFullSize({ scaleX, scaleY }: ViewPlace): boolean {
  return scaleX === 1 && scaleY === 1;
}

/** A point of the raster, in px of the full-size photo. */
export function pointInPhoto({ x, y }: Point, view: ViewPlace): Point {
  return { x: x * view.scaleX + view.left, y: y * view.scaleY + view.top };
}

/** A point of the full-size photo, in px of the raster. */
export function pointInView({ x, y }: Point, view: ViewPlace): Point {
  return { x: (x - view.left) / view.scaleX, y: (y - view.top) / view.scaleY };
}

/** A box of the raster, in px of the full-size photo. */
export function boxInPhoto(box: Box, view: ViewPlace): Box {
  return { ...pointInPhoto(box, view), width: box.width * view.scaleX, height: box.height * view.scaleY };
}

/** A box of the full-size photo, in px of the raster. */
export function boxInView(box: Box, view: ViewPlace): Box {
  return { ...pointInView(box, view), width: box.width / view.scaleX, height: box.height / view.scaleY };
}

/** A turned region of the full-size photo, in px of the raster: its line is kept, its height follows from the crop's aspect. */
export function regionInView(region: TurnedRegion, view: ViewPlace): TurnedRegion {
  const center = pointInView(region.center, view);
  if (view.scaleX === view.scaleY) return { center, width: region.width / view.scaleX, angle: region.angle };
  const across = (region.width * Math.cos(region.angle)) / view.scaleX;
  const down = (region.width * Math.sin(region.angle)) / view.scaleY;
  return { center, width: Math.hypot(across, down), angle: Math.atan2(down, across) };
}
