/**
 * The parts of a photo in which sharpness may be measured.
 */
import { growBox, type Box } from '../core/raster.js';

/** How far an eye's box is grown, so that brow and lashes, the finest detail of a face, are within. */
const eyeGrowth = 1.4;

/** Head and shoulders: the face's box made wider to both sides, higher by hair and lower by chest. In px of the face's image. */
export function bodyBox(face: Box): Box {
  return {
    x: face.x - face.width,
    y: face.y - 0.5 * face.height,
    width: 3 * face.width,
    height: 3 * face.height,
  };
}

/**
 * The boxes around the eyes, in px of the face's image.
 * @param face the detector's face box
 * @param eyes the eyes' boxes where they are known; without them, the band of the face's box in which eyes lie
 */
export function eyeBoxes(face: Box, eyes: readonly Box[] | undefined): readonly Box[] {
  if (eyes !== undefined && eyes.length > 0) return eyes.map((eye) => growBox(eye, eyeGrowth));
  return [{
    x: face.x + 0.1 * face.width,
    y: face.y + 0.15 * face.height,
    width: 0.8 * face.width,
    height: 0.35 * face.height,
  }];
}
