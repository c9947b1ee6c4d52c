/**
 * One photo's way through all stages.
 */
import { scoreBlur } from '../blur/sharpness.js';
import type { EyeCrop } from '../core/eye.js';
import type { Config } from '../config/schema.js';
import { findEyes, regionBox, type EyeSight } from '../detect/eye-region.js';
import { mapLandmarks, type Face } from '../detect/faces.js';
import type { Side } from '../detect/types.js';
import { cutLuminance } from '../image/crop.js';
import {
  decodePhoto, decodeRegion, openPhoto, PhotoError, shrinkFor, type DecodedPhoto, type OpenPhoto,
} from '../image/decode.js';
import { makePreview } from '../image/preview.js';
import { boxInPhoto, boxInView, isFullSize, pointInPhoto, regionInView } from '../image/view.js';
import { clipBox, growBox, unionBox, type Box } from '../core/raster.js';
import { writeDebugCrops } from './debug-crops.js';
import { StageClock } from './stage-clock.js';
import type { Stages } from './stages.js';
import { errorResult, type EyeResult, type FaceResult, type PhotoFile, type PhotoResult } from '../core/result.js';
import { eyesState, eyeState, faceReasons, isBystander, photoVerdict, withDamage, type EyeThresholds } from './verdict.js';

/** What a worker has to know besides the photo. Crosses a process boundary: plain data only. */
export interface PhotoSettings {
  readonly config: Config;
  /** Folder for pictures of what was measured where, if wanted. */
  readonly debugCrops?: string;
  /** Make the small pictures that the HTML report shows. */
  readonly previews?: boolean;
}

/**
 * Judges one photo. Never throws for what is wrong with the photo: its result says so.
 * @param stages may still be loading: the photo is opened meanwhile
 * @throws if the stages cannot be loaded
 */
export async function processPhoto(
  file: PhotoFile, stages: Stages | Promise<Stages>, settings: PhotoSettings,
): Promise<PhotoResult> {
  const decoded = await decode(file, settings).catch((error: unknown) => failed(file, error));
  const loaded = await stages;
  if ('status' in decoded) return decoded;
  // The nets serve one photo at a time; the decoding above goes on meanwhile for the next one.
  return loaded.exclusive(() => judge(decoded, loaded, settings)).catch((error: unknown) => failed(file, error));
}

async function decode(file: PhotoFile, { config: { image } }: PhotoSettings): Promise<Decoded> {
  const clock = new StageClock();
  const photo = await clock.time('decode', () => openPhoto(file.path, image));
  const whole = await clock.time('decode', () => decodePhoto(photo, shrinkFor(photo, image.decode_side)));
  return { file, photo, whole, clock };
}

function failed(file: PhotoFile, error: unknown): PhotoResult {
  if (error instanceof PhotoError) return errorResult(file, error.message);
  return errorResult(file, `Unexpected: ${error instanceof Error ? error.message : String(error)}`);
}

/** A photo on its way, decoded. */
interface Decoded {
  readonly file: PhotoFile;
  readonly photo: OpenPhoto;
  readonly whole: DecodedPhoto;
  readonly clock: StageClock;
}

async function judge(decoded: Decoded, stages: Stages, settings: PhotoSettings): Promise<PhotoResult> {
  const { file, photo, whole, clock } = decoded;
  const { config } = stages;
  const found = await stages.faces.find(whole.raster, (net, milliseconds) => { clock.add(net, milliseconds); });
  const located = found.map((face) => locate(face, whole, photo, config))
    .filter((face) => face.box.width >= config.detect.min_face);
  const detail = await clock.time('decode', () => closerLook(photo, whole, located, stages));

  const views = located.map((face) => (needsCloserLook(face, whole, stages) ? detail : whole));
  const crops = await clock.time('eye_crops', () => located.map((face, index) => cutEyes(face, views[index] ?? whole, stages)));
  const open = await clock.time('classify', () => classifyEyes(crops, stages));
  const judged = await clock.time('blur', () => located.map((face, index) =>
    judgeFace(face, views[index] ?? whole, open[index] ?? {}, stages)));
  const faces = largestFirst(judged, photo, config.verdict.min_relative_area);

  if (settings.debugCrops !== undefined) {
    await writeDebugCrops(settings.debugCrops, file, whole, located, crops.flatMap((pair) => Object.values(pair)));
  }
  const previews = settings.previews === true ? await makePreview(whole, detail, faces) : undefined;
  return {
    photo: file.photo,
    status: faces.length > 0 ? 'ok' : 'no_face',
    width: photo.width,
    height: photo.height,
    faces,
    ...withDamage(photoVerdict(faces), whole.damage),
    times: clock.times(),
    ...(previews === undefined ? {} : { preview: previews }),
  };
}

/** A face with its eyes, in px of the upright full-size photo. */
export interface LocatedFace {
  readonly box: Box;
  readonly score: number;
  readonly left: EyeSight;
  readonly right: EyeSight;
}

/** Something per eye; an eye that nothing was found out about is left out. */
type PerEye<T> = { readonly [side in Side]?: T };

function locate(face: Face, whole: DecodedPhoto, photo: OpenPhoto, config: Config): LocatedFace {
  const landmarks = mapLandmarks(face.landmarks, (point) => pointInPhoto(point, whole));
  return { box: boxInPhoto(face.box, whole), score: face.score, ...findEyes(landmarks, photo, config.eyes) };
}

/** Whether a face has too few px in the shrunk photo to be judged there. */
function needsCloserLook(face: LocatedFace, whole: DecodedPhoto, stages: Stages): boolean {
  if (isFullSize(whole)) return false;
  const box = boxInView(face.box, whole);
  const eyes = [face.left, face.right].flatMap((eye) => eye.region ?? []);
  return Math.min(box.width, box.height) < stages.config.blur.face_size
    || eyes.some((region) => regionInView(region, whole).width < stages.eyes.info.width);
}

/** The part of the photo with those faces that need it, in the pixels that the camera gave; else the photo as it is. */
async function closerLook(
  photo: OpenPhoto,
  whole: DecodedPhoto,
  faces: readonly LocatedFace[],
  stages: Stages,
): Promise<DecodedPhoto> {
  const boxes = faces.filter((face) => needsCloserLook(face, whole, stages)).map((face) => growBox(face.box, 2));
  return boxes.length === 0 ? whole : decodeRegion(photo, unionBox(boxes));
}

function cutEyes(face: LocatedFace, view: DecodedPhoto, stages: Stages): PerEye<EyeCrop> {
  const { width, height } = stages.eyes.info;
  const cut = ({ region }: EyeSight): EyeCrop | undefined => region === undefined
    ? undefined
    : { data: cutLuminance(view.raster, regionInView(region, view), width, height), width, height };
  return definedEyes(cut(face.left), cut(face.right));
}

/** One inference for all eyes of the photo. */
async function classifyEyes(crops: readonly PerEye<EyeCrop>[], stages: Stages): Promise<PerEye<number>[]> {
  const all = crops.flatMap((pair) => [pair.left ?? [], pair.right ?? []].flat());
  if (all.length === 0) return crops.map(() => ({}));
  const open = (await stages.eyes.classify(all)).values();
  const take = (crop: EyeCrop | undefined): number | undefined => crop === undefined ? undefined : open.next().value;
  return crops.map((pair) => definedEyes(take(pair.left), take(pair.right)));
}

function definedEyes<T>(left: T | undefined, right: T | undefined): PerEye<T> {
  return { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
}

function judgeFace(face: LocatedFace, view: DecodedPhoto, open: PerEye<number>, stages: Stages): FaceResult {
  const leftEye = judgeEye(face.left, open.left, stages.thresholds);
  const rightEye = judgeEye(face.right, open.right, stages.thresholds);
  const eyes = eyesState(leftEye, rightEye);
  const eyeBoxes = [leftEye.box, rightEye.box].flatMap((box) => (box === undefined ? [] : boxInView(box, view)));
  const blur = scoreBlur(view.raster, boxInView(face.box, view), stages.config.blur, eyeBoxes);
  return {
    box: face.box,
    score: face.score,
    leftEye,
    rightEye,
    eyes,
    blur,
    bystander: false,
    reasons: faceReasons(eyes, blur, leftEye.reason ?? rightEye.reason),
  };
}

function judgeEye(eye: EyeSight, open: number | undefined, thresholds: EyeThresholds): EyeResult {
  if (eye.region === undefined || open === undefined) {
    return { state: 'unknown', open: undefined, box: undefined, ...(eye.reason === undefined ? {} : { reason: eye.reason }) };
  }
  return { state: eyeState(open, thresholds), open, box: regionBox(eye.region) };
}

/** Report order, boxes cut at the photo's edge, and who is a bystander. */
function largestFirst(faces: readonly FaceResult[], photo: OpenPhoto, minRelativeArea: number): FaceResult[] {
  const clipped = faces.map((face) => ({ ...face, box: clipBox(face.box, photo.width, photo.height) }));
  const area = ({ box }: FaceResult): number => box.width * box.height;
  clipped.sort((a, b) => area(b) - area(a) || a.box.x - b.box.x || a.box.y - b.box.y);
  const largest = clipped[0] === undefined ? 0 : area(clipped[0]);
  return clipped.map((face) => ({ ...face, bystander: isBystander(area(face), largest, minRelativeArea) }));
}
