/**
 * What a run knows of a photo when it has gone all the way through: the one value that every report is written from.
 */
import type { BlurScore } from '../blur/types.js';
import type { EyesState, EyeState } from './eye.js';
import type { Box } from './raster.js';

/** A file to judge. */
export interface PhotoFile {
  /** Absolute. */
  readonly path: string;
  /** How the reports call it: relative to the folder given, `/` between the parts. */
  readonly photo: string;
}

/** One eye of a face in a photo. */
export interface EyeResult {
  readonly state: EyeState;
  /** Probability that the eye is open, 0 to 1; undefined where the eye is `unknown`. */
  readonly open: number | undefined;
  /** Bounding box of the eye crop, px of the upright full-size photo. */
  readonly box: Box | undefined;
  /** Why the eye is `unknown`, in a photographer's words. */
  readonly reason?: string;
}

/** One face of a photo. */
export interface FaceResult {
  /** px of the upright full-size photo. */
  readonly box: Box;
  /** The detector's confidence, 0 to 1. */
  readonly score: number;
  /** The person's own left and right eye. */
  readonly leftEye: EyeResult;
  readonly rightEye: EyeResult;
  readonly eyes: EyesState;
  readonly blur: BlurScore;
  /** Too small beside the largest face to decide about the photo. */
  readonly bystander: boolean;
  /** What speaks against this face, in a photographer's words; empty where nothing does. */
  readonly reasons: readonly string[];
}

export type Verdict = 'keep' | 'review' | 'reject';

/** Milliseconds spent in each stage on this photo. */
export type StageTimes = Readonly<Record<string, number>>;

/** JPEG data of one face and its eyes. */
export interface FacePreview {
  /** The face with some room around it. */
  readonly face: Uint8Array;
  /** The person's own left and right eye; absent where no eye was looked at. */
  readonly leftEye?: Uint8Array;
  readonly rightEye?: Uint8Array;
}

/** JPEG data of a photo and its faces, in the order of the faces. */
export interface PhotoPreview {
  readonly thumbnail: Uint8Array;
  readonly faces: readonly FacePreview[];
}

/** Everything the tool says about one photo. */
export interface PhotoResult {
  /** Path relative to the folder that was given, with `/` between the parts. */
  readonly photo: string;
  readonly status: 'ok' | 'no_face' | 'error';
  /** px, upright; 0 where the photo could not be read. */
  readonly width: number;
  readonly height: number;
  /** Largest first. */
  readonly faces: readonly FaceResult[];
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  /** What went wrong, for status `error`. */
  readonly error?: string;
  readonly times: StageTimes;
  /** Small pictures, made only where a report shows them. */
  readonly preview?: PhotoPreview;
}

/** The row of a photo that could not be judged. */
export function errorResult(photo: PhotoFile, error: string): PhotoResult {
  return {
    photo: photo.photo, status: 'error', width: 0, height: 0, faces: [], verdict: 'review',
    reasons: ['photo could not be read'], error, times: {},
  };
}
