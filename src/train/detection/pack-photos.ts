/**
 * Makes packed photos: boxes from people, eye points from the present finder where it is sure, eye states from labels.
 */
import type { Box, Raster } from '../../core/raster.js';
import type { Config } from '../../pipeline/config.js';
import { findEyes } from '../../detect/eye-region.js';
import type { FaceFinder } from '../../detect/faces.js';
import type { Face, Landmarks } from '../../core/face.js';
import { decodePhoto, openPhoto, shrinkFor } from '../../image/decode.js';
import { encodeJpeg } from '../../image/encode.js';
import { cutRaster } from '../../image/crop.js';
import { HIDDEN, type EyeLabel } from '../data/labels.js';
import type { LabelledImage } from '../data/sources.js';
import type { AnnotatedPhoto } from './annotations.js';
import type { CropEye, CropFace } from './faces.js';
import { PACKED_SIDE, type PackedPhoto } from './packed-photos.js';

/**
 * An annotated box beside the square that a detector gives for the same face: medians over upright, unhidden faces of WIDER
 * FACE's training part, in sides of the square.
 */
export const ANNOTATED_BOX = { width: 0.92, height: 1.17, down: -0.078 } as const;

/** The finder's points are taken from here on, 0 to 1. */
const SURE = 0.95;
/** The finder is asked about faces from this size on, px. */
const SMALLEST_TAUGHT = 20;
/** It looks at this much around the face, in sides of its box. */
const AROUND = 3;

/** Packs one photo with boxes. @throws PhotoError if it cannot be read */
export async function packAnnotated(photo: AnnotatedPhoto, source: string, finder: FaceFinder, config: Config): Promise<PackedPhoto> {
  const { bytes, raster, scaleX, scaleY } = await readPhoto(photo.file, config);
  const faces: CropFace[] = [];
  for (const face of photo.faces) {
    const box = { x: face.x / scaleX, y: face.y / scaleY, width: face.width / scaleX, height: face.height / scaleY };
    faces.push(await taught(raster, { ...face, ...box }, finder, config));
  }
  return { bytes, width: raster.width, height: raster.height, source, path: photo.path, faces };
}

/**
 * Packs one picture of a face whose eyes are labelled: the finder draws the box. Undefined where it is not sure of exactly one
 * face. @throws PhotoError if it cannot be read
 */
export async function packPortrait(
  image: LabelledImage, source: string, finder: FaceFinder, config: Config,
): Promise<PackedPhoto | undefined> {
  const { bytes, raster } = await readPhoto(image.file, config);
  const [found, ...others] = await finder.find(raster);
  if (found === undefined || others.length > 0 || found.landmarks.faceScore < SURE) return undefined;
  const { x, y, width: side } = found.box;
  const width = ANNOTATED_BOX.width * side;
  const height = ANNOTATED_BOX.height * side;
  const box = {
    x: x + side / 2 - width / 2, y: y + side / 2 + ANNOTATED_BOX.down * side - height / 2, width, height,
  };
  const [right, left] = seenEyes(found.landmarks, raster, config);
  const face: CropFace = {
    ...box, ignored: false, points: pointsOf(found.landmarks),
    eyes: [labelled(right, image.faces[0]?.right), labelled(left, image.faces[0]?.left)],
  };
  return { bytes, width: raster.width, height: raster.height, source, path: image.path, faces: [face] };
}

function labelled(seen: CropEye, eye: EyeLabel | undefined): CropEye {
  return seen.visible === 1 && eye !== undefined && eye.label !== HIDDEN ? { ...seen, open: eye.label } : seen;
}

interface ReadPhoto {
  readonly bytes: Uint8Array;
  readonly raster: Raster;
  /** px of the photo per px of the raster, across and down. */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Large photos are shrunk and compressed again, little. */
async function readPhoto(file: string, config: Config): Promise<ReadPhoto> {
  const photo = await openPhoto(file, config.image);
  if (Math.max(photo.width, photo.height) <= PACKED_SIDE) {
    const { raster } = await decodePhoto(photo, 1);
    return { bytes: photo.bytes, raster, scaleX: 1, scaleY: 1 };
  }
  const { raster, scaleX, scaleY } = await decodePhoto(photo, shrinkFor(photo, PACKED_SIDE));
  return { bytes: await encodeJpeg(raster, 95), raster, scaleX, scaleY };
}

/** A face with what the finder says of its eyes, if it is sure that it sees the same face. */
async function taught(raster: Raster, face: CropFace, finder: FaceFinder, config: Config): Promise<CropFace> {
  if (face.ignored || Math.max(face.width, face.height) < SMALLEST_TAUGHT) return face;
  const side = AROUND * Math.max(face.width, face.height);
  const window = cutRaster(raster, {
    x: face.x + (face.width - side) / 2, y: face.y + (face.height - side) / 2, width: side, height: side,
  });
  const found = (await finder.find(window.raster))
    .map((each) => ({ ...each, box: { ...each.box, x: each.box.x + window.left, y: each.box.y + window.top } }));
  const same = found.filter((each) => each.landmarks.faceScore >= SURE && isSame(each, face));
  const [match] = same;
  if (match === undefined || same.length > 1) return face;
  const landmarks = match.landmarks;
  const points = pointsOf(landmarks).map((value, index) => value + (index % 2 === 0 ? window.left : window.top));
  const seen = seenEyes(landmarks, window.raster, config);
  const eye = (own: CropEye, finders: CropEye): CropEye => (own.visible === undefined ? finders : own);
  return { ...face, points, eyes: [eye(face.eyes[0], seen[0]), eye(face.eyes[1], seen[1])] };
}

function isSame({ box }: Face, face: Box): boolean {
  const side = Math.max(face.width, face.height);
  const off = Math.hypot(box.x + box.width / 2 - face.x - face.width / 2, box.y + box.height / 2 - face.y - face.height / 2);
  const ratio = box.width / side;
  return off < 0.3 * side && ratio > 0.55 && ratio < 1.4;
}

/** What the finder says of the right eye and the left one: seen, or turned away. */
function seenEyes(landmarks: Landmarks, image: Raster, config: Config): [CropEye, CropEye] {
  const sights = findEyes(landmarks, image, config.eyes);
  const eye = ({ region, reason }: { readonly region?: unknown; readonly reason?: string }): CropEye => {
    if (region !== undefined) return { visible: 1 };
    return reason === 'eye turned away' ? { visible: 0 } : {};
  };
  return [eye(sights.right), eye(sights.left)];
}

/** In the order of `POINTS`. */
function pointsOf({ right, left, nose }: Landmarks): number[] {
  return [right.outer, right.inner, right.center, left.outer, left.inner, left.center, nose].flatMap(({ x, y }) => [x, y]);
}
