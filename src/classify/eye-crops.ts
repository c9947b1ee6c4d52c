/**
 * Cuts what the classifier sees: eyes, faces or whole photos. The one way in which they are cut, for runs, packing and evaluation.
 */
import type { EyeCrop } from '../core/eye.js';
import { perEye, type EyeSight, type FaceView, type PerEye } from '../core/face.js';
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
  return perEye(cut(face.left), cut(face.right));
}

/** One crop. @param region px of `raster` */
export function cutEye(raster: Raster, region: TurnedRegion, width: number, height: number): EyeCrop {
  return { data: cutLuminance(raster, region, width, height), width, height };
}

/** A face's crop in widths of its box: chin and forehead are in it. */
const FACE_SPAN = 1.25;

/** The square around a face, turned so that its eyes lie level; px of the face's raster. */
export function faceRegion({ box, landmarks: { left, right } }: Pick<FaceView, 'box' | 'landmarks'>): TurnedRegion {
  return {
    center: { x: box.x + box.width / 2, y: box.y + box.height / 2 },
    width: FACE_SPAN * Math.max(box.width, box.height),
    // The person's right eye is on the left in the image.
    angle: Math.atan2(left.center.y - right.center.y, left.center.x - right.center.x),
  };
}

/** The square that a whole photo fits into, px of it; its border is repeated in what lies outside. */
export function photoRegion({ width, height }: Pick<Raster, 'width' | 'height'>): TurnedRegion {
  return { center: { x: width / 2, y: height / 2 }, width: Math.max(width, height), angle: 0 };
}
