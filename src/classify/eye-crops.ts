/**
 * Cuts the eyes of a face as the classifier sees them. The one way in which eyes are cut, for runs, packing and evaluation.
 */
import type { EyeCrop } from '../core/eye.js';
import type { EyeSight, FaceView, PerEye } from '../core/face.js';
import type { Raster } from '../core/raster.js';
import { cutLuminance, type TurnedRegion } from '../image/crop.js';

/**
 * The crops of the eyes that can be looked at.
 * @param face its regions in px of its raster
 * @param width px of a crop
 * @param height px of a crop
 */
export function cutEyes(face: Pick<FaceView, 'raster' | 'left' | 'right'>, width: number, height: number): PerEye<EyeCrop> {
  const cut = ({ region }: EyeSight): EyeCrop | undefined => region === undefined ? undefined : cutEye(face.raster, region, width, height);
  const left = cut(face.left);
  const right = cut(face.right);
  return { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
}

/** One crop. @param region px of `raster` */
export function cutEye(raster: Raster, region: TurnedRegion, width: number, height: number): EyeCrop {
  return { data: cutLuminance(raster, region, width, height), width, height };
}
