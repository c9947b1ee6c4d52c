/**
 * One photo's way through all stages.
 */
import { createHash } from 'node:crypto';
import { regionBox, type EyeSight } from '../core/face.js';
import { headPose } from '../core/pose.js';
import { clipBox, type Box } from '../core/raster.js';
import { errorResult, type FaceResult, type PhotoFile, type PhotoResult } from '../core/result.js';
import type { Measurements } from '../core/measurements.js';
import {
  decodePhoto, openBytes, PhotoError, readPhoto, shrinkFor, type DecodedPhoto, type OpenPhoto,
} from '../image/decode.js';
import { lookOf } from '../image/look.js';
import { makePreview } from '../image/preview.js';
import { boxInView } from '../image/view.js';
import type { Config } from './config.js';
import { writeDebugCrops } from './debug-crops.js';
import { seeFaces, smallestFace, type LocatedFace } from './face-views.js';
import { StageClock } from './stage-clock.js';
import type { Stages } from './stages.js';
import { faceReasons, isBystander, photoVerdict, withDamage, withLimit } from './verdict.js';

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
  const decoded = await decode(file, settings);
  const loaded = await stages;
  if ('status' in decoded) return decoded;
  // The nets serve one photo at a time; the decoding above goes on meanwhile for the next one.
  return loaded.exclusive(() => judge(decoded, loaded, settings)).catch((error: unknown) => failed(decoded, error));
}

async function decode(file: PhotoFile, { config: { image } }: PhotoSettings): Promise<Decoded | PhotoResult> {
  const clock = new StageClock();
  let sha256: string | undefined;
  try {
    const bytes = await clock.time('decode', () => bytesOf(file, image.max_megabytes));
    sha256 = createHash('sha256').update(bytes).digest('hex');
    const photo = await clock.time('decode', () => openBytes(bytes, image));
    const whole = await clock.time('decode', () => decodePhoto(photo, shrinkFor(photo, image.decode_side)));
    return { file, sha256, photo, whole, clock };
  } catch (error) {
    return failed({ file, sha256 }, error);
  }
}

function bytesOf({ path, content, part }: PhotoFile, maxMegabytes: number): Promise<Buffer> {
  if (content === undefined) return readPhoto(path, maxMegabytes, part);
  return Promise.resolve(Buffer.from(content.buffer, content.byteOffset, content.byteLength));
}

function failed({ file, sha256 }: { readonly file: PhotoFile; readonly sha256: string | undefined }, error: unknown): PhotoResult {
  const message = error instanceof Error ? error.message : String(error);
  return {
    ...errorResult(file, error instanceof PhotoError ? message : `Unexpected: ${message}`),
    ...(sha256 === undefined ? {} : { sha256 }),
  };
}

/** A photo on its way, decoded. */
interface Decoded {
  readonly file: PhotoFile;
  readonly sha256: string;
  readonly photo: OpenPhoto;
  readonly whole: DecodedPhoto;
  readonly clock: StageClock;
}

async function judge(decoded: Decoded, stages: Stages, settings: PhotoSettings): Promise<PhotoResult> {
  const { file, sha256, photo, whole, clock } = decoded;
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
    ...withLimit(
      withDamage(photoVerdict(faces, stages.config.verdict.strictness), whole.damage), faces, smallestFace(photo, stages)),
    times: clock.times(),
    sha256,
    capture: photo.capture,
    look,
    ...(previews === undefined ? {} : { preview: previews }),
  };
}

function faceResult({ box, score, landmarks, left, right }: LocatedFace, measured: Measurements, whole: DecodedPhoto): FaceResult {
  const pose = headPose(landmarks);
  return {
    box, score, measured, landmarks,
    ...(pose === undefined ? {} : { pose }),
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
