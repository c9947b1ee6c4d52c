/**
 * Small pictures of a photo for reports that people look at: the whole photo, its faces, their eyes.
 */
import sharp from 'sharp';
import type { PerEye } from '../core/face.js';
import type { FacePreview, PhotoPreview } from '../core/result.js';
import type { DecodedPhoto } from './decode.js';
import { growBox, type Box } from '../core/raster.js';
import { boxInView } from './view.js';
import { withOwnWords } from './decoder-words.js';

/** What to cut out, px of the upright full-size photo. */
export interface PreviewFace {
  readonly box: Box;
  readonly eyeBoxes: PerEye<Box>;
  readonly bystander: boolean;
}

const thumbnailSide = 320;
const eyeSide = 144;
/** Bystanders are there to be recognized, not to be judged. */
const bystanderSide = 112;
/** Room around a face, as a factor on its box: hair and chin. */
const faceRoom = 1.45;
/** A photo's faces share the pixels of two faces of this side, so that a group does not weigh more than a portrait. */
const faceSide = 340;
const smallestFaceSide = 150;

/**
 * Makes the pictures of one photo. Nothing is enlarged.
 * @param overview the whole photo, at any scale
 * @param detail the photo or a part of it, with as many pixels as there are; faces outside it are cut from `overview`
 * @param faces boxes in px of the full-size photo
 * @throws if a raster cannot be encoded
 */
export async function makePreview(
  overview: DecodedPhoto,
  detail: DecodedPhoto,
  faces: readonly PreviewFace[],
): Promise<PhotoPreview> {
  const { width, height } = overview.raster;
  const thumbnail = await encode(overview, { x: 0, y: 0, width, height }, thumbnailSide, 68) ?? new Uint8Array();
  const main = faces.filter((face) => !face.bystander).length;
  const side = Math.max(smallestFaceSide, Math.min(faceSide, Math.round(faceSide * Math.sqrt(2 / Math.max(1, main)))));
  const previews: FacePreview[] = [];
  for (const face of faces) {
    const view = covers(detail, face.box) ? detail : overview;
    const leftEye = await cut(view, face.eyeBoxes.left, eyeSide);
    const rightEye = await cut(view, face.eyeBoxes.right, eyeSide);
    previews.push({
      face: await cut(view, growBox(face.box, faceRoom), face.bystander ? bystanderSide : side) ?? thumbnail,
      ...(leftEye === undefined ? {} : { leftEye }),
      ...(rightEye === undefined ? {} : { rightEye }),
    });
  }
  return { thumbnail, faces: previews };
}

/** Whether a box lies in the part of the photo that was decoded, give or take a pixel of rounding. */
function covers({ raster, scaleX, scaleY, left, top }: DecodedPhoto, box: Box): boolean {
  return box.x >= left - 1 && box.y >= top - 1
    && box.x + box.width <= left + raster.width * scaleX + 1 && box.y + box.height <= top + raster.height * scaleY + 1;
}

/** Undefined where there is no box. */
async function cut(photo: DecodedPhoto, box: Box | undefined, side: number): Promise<Uint8Array | undefined> {
  if (box === undefined) return undefined;
  return encode(photo, boxInView(box, photo), side, 76);
}

/**
 * @param box px of the raster; the part outside is left out
 * @returns undefined where all of it lies outside
 */
async function encode(photo: DecodedPhoto, box: Box, side: number, quality: number): Promise<Uint8Array | undefined> {
  const { data, width: rasterWidth, height: rasterHeight, channels } = photo.raster;
  const left = Math.max(0, Math.floor(box.x));
  const top = Math.max(0, Math.floor(box.y));
  const width = Math.min(rasterWidth, Math.ceil(box.x + box.width)) - left;
  const height = Math.min(rasterHeight, Math.ceil(box.y + box.height)) - top;
  if (width < 1 || height < 1) return undefined;
  return withOwnWords(() => sharp(data, { raw: { width: rasterWidth, height: rasterHeight, channels } })
    .extract({ left, top, width, height })
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality })
    .toBuffer());
}
