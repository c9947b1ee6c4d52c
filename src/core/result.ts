/**
 * What a run knows of a photo when it has gone all the way through: the one value that every report is written from.
 */
import type { Capture, Look, SceneOfPhoto } from './capture.js';
import type { Landmarks, PerEye } from './face.js';
import type { Measurements } from './measurements.js';
import type { Pose } from './pose.js';
import type { Box } from './raster.js';
import type { Reason, Verdict } from './verdict.js';

/** A part of a file, bytes. */
export interface FilePart {
  readonly offset: number;
  readonly length: number;
}

/** A file to judge. */
export interface PhotoFile {
  /** Absolute; not read where `content` is given. */
  readonly path: string;
  /** The file's bytes, of a photo that does not lie on the disk. */
  readonly content?: Uint8Array;
  /** Which bytes of the file are the photo, where it lies in a tar. */
  readonly part?: FilePart;
  /** How the reports call it: relative to the folder given, `/` between the parts. */
  readonly photo: string;
  /** How the file looked to whoever hands it out; absent where nobody looked. */
  readonly looks?: FileLooks;
}

/** One face of a photo. */
export interface FaceResult {
  /** px of the upright full-size photo. */
  readonly box: Box;
  /** The detector's confidence, 0 to 1. */
  readonly score: number;
  /** Bounding boxes of the eyes that can be looked at, px of the upright full-size photo; the person's own left and right. */
  readonly eyeBoxes: PerEye<Box>;
  /** px of the upright full-size photo. */
  readonly landmarks: Landmarks;
  /** Which way the face looks; absent where the landmarks do not say. */
  readonly pose?: Pose;
  /** What the stages found, a key a stage. */
  readonly measured: Measurements;
  /** Too small beside the largest face to decide about the photo. */
  readonly bystander: boolean;
  /** What is said about this face, worst first. */
  readonly reasons: readonly Reason[];
  /** Of the face's box: by it the same person is found in the next frame. Absent where nobody made one. */
  readonly look?: Look;
}

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

/** How a photo's file looked before it was read: by this a report's photos are told from others of the same names. */
export interface FileLooks {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970, with fractions. */
  readonly modified: number;
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
  /** SHA-256 of the photo's content, hexadecimal; absent where it could not be read. */
  readonly sha256?: string;
  /** What the camera wrote down. */
  readonly capture?: Capture;
  /** Of the whole photo; absent where it could not be read. */
  readonly look?: Look;
  /** Absent while later photos may still belong to its scene, and for a photo that is alone in its moment. */
  readonly scene?: SceneOfPhoto;
  /** Absent where the photo was no file, or could not be looked at. */
  readonly file?: FileLooks;
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
