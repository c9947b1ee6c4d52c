/**
 * From an opened photo to its faces in the pixels that they are judged by. The one way there is: a run, packing and
 * evaluation all come through here.
 */
import type { EyeAnswer } from '../core/eye.js';
import type { EyeSight, Face, FaceView, PerEye } from '../core/face.js';
import { growBox, unionBox, type Box } from '../core/raster.js';
import { findEyes } from '../detect/eye-region.js';
import { mapLandmarks } from '../detect/faces.js';
import { mergeLooks } from '../detect/non-max-suppression.js';
import { decodePhoto, decodeRegion, shrinkFor, type DecodedPhoto, type OpenPhoto } from '../image/decode.js';
import { boxInPhoto, boxInView, isFullSize, pointInPhoto, pointInView, regionInView } from '../image/view.js';
import type { StageClock } from './stage-clock.js';
import type { Stages } from './stages.js';

/** A face with its eyes, in px of the upright full-size photo. */
export interface LocatedFace {
  readonly box: Box;
  readonly score: number;
  readonly landmarks: Face['landmarks'];
  readonly left: EyeSight;
  readonly right: EyeSight;
  /** What the detector said of each eye, chances from 0 to 1, where it says anything of eyes. */
  readonly detected?: PerEye<EyeAnswer>;
}

/** The faces of a photo, and what was decoded to see them. */
export interface SeenFaces {
  readonly faces: readonly LocatedFace[];
  /** One a face, in the same order. */
  readonly views: readonly FaceView[];
  /** The part of the photo with those faces that are too small in `whole`, at full size; `whole` where there are none. */
  readonly detail: DecodedPhoto;
}

/** What finding faces and looking closer at them takes. */
export type Lookout = Pick<Stages, 'config' | 'faces' | 'wants'>;

/**
 * Finds the faces of a photo and takes a closer look at those that have too few px in the shrunk photo.
 * @param whole the whole photo, shrunk or not
 */
export async function seeFaces(photo: OpenPhoto, whole: DecodedPhoto, stages: Lookout, clock: StageClock): Promise<SeenFaces> {
  const { config } = stages;
  const find = async (view: DecodedPhoto): Promise<LocatedFace[]> =>
    (await stages.faces.find(view.raster, (net, milliseconds) => { clock.add(net, milliseconds); }))
      .map((face) => locate(face, view, photo, stages));
  const first = await find(whole);
  const larger = largerSide(first, whole, photo, config.detect.smallest);
  const found = larger === undefined
    ? first : mergeLooks([...first, ...await find(await clock.time('decode', () => decodePhoto(photo, shrinkFor(photo, larger))))]);
  const faces = found.filter(({ box }) => box.width >= config.detect.min_face);
  const small = faces.filter((face) => needsCloserLook(face, whole, stages));
  const detail = small.length === 0
    ? whole
    : await clock.time('decode', () => decodeRegion(photo, unionBox(small.map(({ box }) => growBox(box, 2)))));
  return { faces, detail, views: faces.map((face) => viewOf(face, small.includes(face) ? detail : whole, whole)) };
}

/** Width of the smallest faces that are looked for, px of the full-size photo. */
export function smallestFace(
  photo: { readonly width: number; readonly height: number }, { faces, config }: Pick<Stages, 'faces' | 'config'>,
): number {
  return Math.max(config.detect.min_face, faces.smallest * Math.max(photo.width, photo.height));
}

/** Faces of a group with fewer px than this, in what was decoded, are looked for again in a larger picture. */
const ENOUGH = 40;
/** So many small faces make a group. */
const GROUP = 3;
/** No more than this is asked for, px of the longer side. */
const LARGEST = 4096;

/**
 * How large the photo has to be decoded for the faces of a large group, px of the longer side; undefined where they are
 * large enough, or there are no more px to be had.
 * @param smallest share of the longer side down to which faces are looked for, %
 */
function largerSide(faces: readonly LocatedFace[], whole: DecodedPhoto, photo: OpenPhoto, smallest: number): number | undefined {
  const longest = Math.max(whole.raster.width, whole.raster.height);
  const width = faces.map(({ box }) => boxInView(box, whole).width).sort((a, b) => a - b)[GROUP - 1];
  if (width === undefined || width >= ENOUGH || isFullSize(whole)) return undefined;
  // Others in the group may be smaller by a third, but no smaller than what is looked for.
  const expected = Math.max(width / 1.5, (smallest / 100) * longest);
  const side = Math.min(LARGEST, Math.max(photo.width, photo.height), (longest * ENOUGH) / expected);
  return side > 1.2 * longest ? Math.round(side) : undefined;
}

function locate(face: Face, whole: DecodedPhoto, photo: OpenPhoto, { config }: Lookout): LocatedFace {
  const landmarks = mapLandmarks(face.landmarks, (point) => pointInPhoto(point, whole));
  return {
    box: boxInPhoto(face.box, whole), score: face.score, landmarks, ...findEyes(landmarks, photo, config.eyes),
    ...(face.detected === undefined ? {} : { detected: face.detected }),
  };
}

/** Whether a face has too few px in the shrunk photo to be judged there. */
function needsCloserLook(face: LocatedFace, whole: DecodedPhoto, { wants }: Lookout): boolean {
  if (isFullSize(whole)) return false;
  const box = boxInView(face.box, whole);
  const eyes = [face.left, face.right].flatMap((eye) => eye.region ?? []);
  return Math.min(box.width, box.height) < wants.face || eyes.some((region) => regionInView(region, whole).width < wants.eye);
}

/** A face in px of what was decoded. */
function viewOf(face: LocatedFace, view: DecodedPhoto, whole: DecodedPhoto): FaceView {
  const sight = (eye: EyeSight): EyeSight => eye.region === undefined ? eye : { ...eye, region: regionInView(eye.region, view) };
  return {
    raster: view.raster,
    photo: whole.raster,
    scale: view.scaleX,
    box: boxInView(face.box, view),
    landmarks: mapLandmarks(face.landmarks, (point) => pointInView(point, view)),
    left: sight(face.left),
    right: sight(face.right),
    ...(face.detected === undefined ? {} : { detected: face.detected }),
  };
}
