/**
 * The geometry of a packed eye, face or photo: what the classifier sees (the crop) in the middle of a larger canvas, so that turning,
 * shifting and shrinking in augmentation bring in real pixels.
 */
import { cutEye } from '../../classify/eye-crops.js';
import type { TurnedRegion } from '../../image/crop.js';
import { CROPS, type CropKind } from '../../core/eye.js';
import type { Raster } from '../../core/raster.js';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** px of the packed canvas: one and a half crops each way of an eye, one and a quarter of a face or a photo. */
export const CANVASES: Readonly<Record<CropKind, Size>> = {
  eye: { width: 72, height: 48 }, face: { width: 200, height: 200 }, photo: { width: 200, height: 200 },
};

/** Bytes of one canvas: luminance, row-major. */
export function canvasBytes(kind: CropKind): number {
  const { width, height } = CANVASES[kind];
  return width * height;
}

/** How canvases lie in memory, and what lies in their middle. */
export interface CanvasLayout {
  readonly canvas: Size;
  /** The classifier's crop. */
  readonly crop: Size;
}

/** The layout of packed eyes, faces or photos. */
export function layoutOfCanvas(kind: CropKind): CanvasLayout {
  return { canvas: CANVASES[kind], crop: CROPS[kind] };
}

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
 * Cuts the packed canvas around an eye, a face or a photo.
 * @param image RGB or luminance
 * @param region the classifier's crop, px of `image`
 * @returns luminance, in whose middle lies what `cutEye` gives for the largest crop of this kind, up to the density of samples
 */
export function cutCanvas(image: Raster, region: TurnedRegion, kind: CropKind): Uint8Array {
  const { canvas, crop } = layoutOfCanvas(kind);
  const width = region.width * (canvas.width / crop.width);
  return cutEye(image, { ...region, width }, canvas.width, canvas.height).data;
}
