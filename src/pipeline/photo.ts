/**
 * One photo's way through all stages.
 */
import { regionBox, type EyeSight } from '../core/face.js';
import { clipBox, type Box } from '../core/raster.js';
import { errorResult, type FaceResult, type PhotoFile, type PhotoResult } from '../core/result.js';
import type { Measurements } from '../core/measurements.js';
import {
  decodePhoto, openBytes, openPhoto, PhotoError, shrinkFor, type DecodedPhoto, type DecodeLimits, type OpenPhoto,
} from '../image/decode.js';
import { lookOf } from '../image/look.js';
import { makePreview } from '../image/preview.js';
import { boxInView } from '../image/view.js';
import type { Config } from './config.js';
import { writeDebugCrops } from './debug-crops.js';
import { seeFaces, type LocatedFace } from './face-views.js';
import { StageClock } from './stage-clock.js';
import type { Stages } from './stages.js';
import { faceReasons, isBystander, photoVerdict, withDamage } from './verdict.js';

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
  const photo = await clock.time('decode', () => openSource(file, image));
  const whole = await clock.time('decode', () => decodePhoto(photo, shrinkFor(photo, image.decode_side)));
  return { file, photo, whole, clock };
}

function openSource({ path, content }: PhotoFile, limits: DecodeLimits): Promise<OpenPhoto> {
  if (content === undefined) return openPhoto(path, limits);
  return openBytes(Buffer.from(content.buffer, content.byteOffset, content.byteLength), limits);
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
  const seen = await seeFaces(photo, whole, stages, clock);
  const measured = await stages.measure(seen.views, clock);
  const judged = seen.faces.flatMap((face, index) => {
    const values = measured[index];
    return values === undefined ? [] : [faceResult(face, values, whole)];
  });
  const look = await clock.time('look', () => lookOf(whole.raster));
  const faces = largestFirst(judged, photo, stages.config.verdict.min_relative_area);
  if (settings.debugCrops !== undefined) await writeDebugCrops(settings.debugCrops, file, whole, seen);
  const previews = settings.previews === true ? await makePreview(whole, seen.detail, faces) : undefined;
  return {
    photo: file.photo,
    status: faces.length > 0 ? 'ok' : 'no_face',
    width: photo.width,
    height: photo.height,
    faces,
    ...withDamage(photoVerdict(faces, stages.config.verdict.strictness), whole.damage),
    times: clock.times(),
    capture: photo.capture,
    look,
    ...(previews === undefined ? {} : { preview: previews }),
  };
}

function faceResult({ box, score, left, right }: LocatedFace, measured: Measurements, whole: DecodedPhoto): FaceResult {
  return {
    box, score, measured,
    eyeBoxes: { ...eyeBox('left', left), ...eyeBox('right', right) },
    bystander: false,
    reasons: faceReasons(measured),
    look: lookOf(whole.raster, boxInView(box, whole)),
  };
}

function eyeBox(side: 'left' | 'right', { region }: EyeSight): FaceResult['eyeBoxes'] {
  return region === undefined ? {} : { [side]: regionBox(region) };
}

/** Report order, boxes cut at the photo's edge, and who is a bystander. */
function largestFirst(faces: readonly FaceResult[], photo: OpenPhoto, minRelativeArea: number): FaceResult[] {
  const clipped = faces.map((face) => ({ ...face, box: clipBox(face.box, photo.width, photo.height) }));
  const area = ({ box }: { readonly box: Box }): number => box.width * box.height;
  clipped.sort((a, b) => area(b) - area(a) || a.box.x - b.box.x || a.box.y - b.box.y);
  const largest = clipped[0] === undefined ? 0 : area(clipped[0]);
  return clipped.map((face) => ({ ...face, bystander: isBystander(area(face), largest, minRelativeArea) }));
}
