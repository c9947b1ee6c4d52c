/**
 * The geometry of a packed eye: what the classifier sees (the crop) in the middle of a larger canvas, so that turning,
 * shifting and shrinking in augmentation bring in real pixels.
 */
import { cutEye } from '../../classify/eye-crops.js';
import type { TurnedRegion } from '../../image/crop.js';
import { CROP } from '../../core/eye.js';
import type { Raster } from '../../core/raster.js';

/** px of the packed canvas: one and a half crops each way. */
export const CANVAS = { width: 72, height: 48 } as const;

/** Bytes of one canvas: luminance, row-major. */
export const CANVAS_BYTES = CANVAS.width * CANVAS.height;

/**
 * How much wider than an eye-patch image the classifier's crop of it is. The tool's own crops are about 1.9 eye widths
 * wide; public eye patches are cut at 1.3 to 1.6. Reaching this far past the image (its border is repeated there) brings
 * both to about the same size of eye without knowing the source.
 */
const PATCH_SPAN = 1.2;

/** A patch wider than this many heights does not make its crop any larger: there would be mostly border in it. */
const WIDEST_PATCH = 1.8;

/**
 * Where the classifier's crop lies in an image that already shows one eye and little else.
 * @param width px of the image
 * @param height px of the image
 * @returns a level region around the image's centre, px of the image, for `cutEye` at 3:2
 */
export function patchRegion(width: number, height: number): TurnedRegion {
  return {
    center: { x: width / 2, y: height / 2 },
    width: PATCH_SPAN * Math.min(width, WIDEST_PATCH * height),
    angle: 0,
  };
}

/**
 * Cuts the packed canvas around an eye.
 * @param image RGB or luminance
 * @param region the classifier's crop (3:2), px of `image`
 * @returns CANVAS_BYTES of luminance whose centre CROP is what `cutEye(image, region, 48, 32)` gives, up to the
 *   density of samples
 */
export function cutCanvas(image: Raster, region: TurnedRegion): Uint8Array {
  const width = region.width * (CANVAS.width / CROP.width);
  return cutEye(image, { ...region, width }, CANVAS.width, CANVAS.height).data;
}
