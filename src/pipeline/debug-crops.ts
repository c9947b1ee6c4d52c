/**
 * Pictures that show what was measured where: the photo with its faces and eye regions drawn in, and every eye crop.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cutEyes } from '../classify/eye-crops.js';
import { CROP } from '../core/eye.js';
import type { Point } from '../core/raster.js';
import type { PhotoFile } from '../core/result.js';
import { isInside, realPath } from '../files/file-name.js';
import { PhotoError, type DecodedPhoto } from '../image/decode.js';
import { writeDrawing, writeGray, type Outline } from '../image/draw.js';
import { pointInView } from '../image/view.js';
import type { LocatedFace, SeenFaces } from './face-views.js';

/**
 * Writes `FOLDER/PHOTO.faces.jpg` and `FOLDER/PHOTO.eye-N.png`, N counting the eyes that were looked at, left before right.
 * @throws where something else than an earlier picture is in their place, or a link leads out of the folder
 */
export async function writeDebugCrops(folder: string, file: PhotoFile, whole: DecodedPhoto, seen: SeenFaces): Promise<void> {
  const stem = join(folder, file.photo);
  await mkdir(dirname(stem), { recursive: true });
  // The folder may be somebody else's, with links in it.
  const [real, root] = [await realPath(dirname(stem)), await realPath(folder)];
  if (!isInside(real, root)) throw new PhotoError(`What was found in it cannot be drawn: ${dirname(stem)} is a link that leads out of ${folder}.`);
  const outlines = seen.faces.flatMap((face) => faceOutlines(face, whole));
  await writeDrawing(`${stem}.faces.jpg`, whole.raster, outlines);
  const crops = seen.views.flatMap((view) => Object.values(cutEyes(view, CROP.width, CROP.height)));
  for (const [index, crop] of crops.entries()) await writeGray(`${stem}.eye-${String(index + 1)}.png`, crop);
}

function faceOutlines(face: LocatedFace, whole: DecodedPhoto): Outline[] {
  const { x, y, width, height } = face.box;
  const corners = [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }];
  const outlines = [{ points: corners, color: '#00c8ff' }];
  for (const [eye, color] of [[face.left, '#40ff40'], [face.right, '#ffb000']] as const) {
    if (eye.region === undefined) continue;
    outlines.push({ points: turnedCorners(eye.region), color });
  }
  return outlines.map(({ points, color }) => ({ color, points: points.map((point) => pointInView(point, whole)) }));
}

function turnedCorners(region: { center: Point; width: number; angle: number }): Point[] {
  const cos = Math.cos(region.angle);
  const sin = Math.sin(region.angle);
  return [[-1, -1], [1, -1], [1, 1], [-1, 1]].map(([u = 0, v = 0]) => {
    const dx = (u * region.width) / 2;
    const dy = (v * region.width) / 3;
    return { x: region.center.x + dx * cos - dy * sin, y: region.center.y + dx * sin + dy * cos };
  });
}
