/**
 * Faces for stages, without a detector.
 */
import type { EyeLandmarks, FaceView, Landmarks } from '../../src/core/face.js';
import type { Box, Point, Raster } from '../../src/core/raster.js';

/** The points of a face that looks at the camera and fills its box. */
export function frontalLandmarks(box: Box): Landmarks {
  const at = (x: number, y: number): Point => ({ x: box.x + x * box.width, y: box.y + y * box.height });
  const eye = (x: number, outward: number): EyeLandmarks =>
    ({ center: at(x, 0.33), outer: at(x + 0.09 * outward, 0.33), inner: at(x - 0.09 * outward, 0.33) });
  return { left: eye(0.7, 1), right: eye(0.3, -1), nose: at(0.5, 0.57), mouth: { left: at(0.64, 0.77), right: at(0.36, 0.77) }, faceScore: 1 };
}

/** A face that looks at the camera and fills its box, with its eyes and nose where they are in such a face. */
export function frontalView(raster: Raster, box: Box): FaceView {
  const at = (x: number, y: number): Point => ({ x: box.x + x * box.width, y: box.y + y * box.height });
  const region = (x: number): { center: Point; width: number; angle: number } => ({ center: at(x, 0.33), width: 0.36 * box.width, angle: 0 });
  return {
    raster, photo: raster, box, scale: 1,
    landmarks: frontalLandmarks(box),
    left: { region: region(0.7) },
    right: { region: region(0.3) },
  };
}
