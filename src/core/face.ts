/**
 * A face as the stages know it: its points, where its eyes are, and the pixels that it is judged by.
 */
import type { EyeAnswer } from './eye.js';
import type { Box, Point, Raster } from './raster.js';

/** One eye in px of the raster it was measured on. */
export interface EyeLandmarks {
  /** The corner towards the ear. */
  readonly outer: Point;
  /** The corner towards the nose. */
  readonly inner: Point;
  /** Mean of the points along both lids, corners included. */
  readonly center: Point;
}

/** The facial points that later stages use, in px of the raster they were measured on. Left and right are the person's own. */
export interface Landmarks {
  readonly left: EyeLandmarks;
  readonly right: EyeLandmarks;
  /** Tip of the nose: with the eyes it tells how far the head is turned. */
  readonly nose: Point;
  /** Corners of the mouth. */
  readonly mouth: { readonly left: Point; readonly right: Point };
  /** How sure the net is that this is a face at all, 0 to 1; 1 where the net does not say. */
  readonly faceScore: number;
}

/** The points of a face by name, for lists: `right_eye_outer` to `mouth_left`, in px of the raster they were measured on. */
export function landmarkPoints({ left, right, nose, mouth }: Landmarks): Readonly<Record<LandmarkName, Point>> {
  return {
    right_eye_outer: right.outer, right_eye_inner: right.inner, right_eye_center: right.center,
    left_eye_outer: left.outer, left_eye_inner: left.inner, left_eye_center: left.center,
    nose, mouth_right: mouth.right, mouth_left: mouth.left,
  };
}

/** The points of `landmarkPoints`. */
export const landmarkNames = [
  'right_eye_outer', 'right_eye_inner', 'right_eye_center', 'left_eye_outer', 'left_eye_inner', 'left_eye_center',
  'nose', 'mouth_right', 'mouth_left',
] as const;
export type LandmarkName = (typeof landmarkNames)[number];

/** A face with its landmarks, in px of the raster that was given. */
export interface Face {
  readonly box: Box;
  /** The detector's confidence, 0 to 1. */
  readonly score: number;
  readonly landmarks: Landmarks;
  /** What the detector says of each eye, chances from 0 to 1, where it says anything (portrait does). */
  readonly detected?: PerEye<EyeAnswer>;
}

/** Which eye of the person, not of the image. */
export type Side = 'left' | 'right';

/** Both eyes of a person. */
export const SIDES = ['left', 'right'] as const;

/** Something per eye; an eye that nothing is known of is left out. */
export type PerEye<T> = { readonly [side in Side]?: T };

/** Of each eye what is known of it. */
export function perEye<T>(left: T | undefined, right: T | undefined): PerEye<T> {
  return { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
}

/**
 * The rectangle that an eye crop is cut from: 3 wide to 2 high, turned so that its x axis runs along the eye line.
 * In px of the raster that the landmarks were measured on.
 */
export interface EyeRegion {
  readonly center: Point;
  /** Along the eye line; the height is two thirds of it. */
  readonly width: number;
  /** Radians, clockwise in the image (y down), of the eye line. */
  readonly angle: number;
}

/** What can be seen of one eye: the region to cut, or why there is none. */
export interface EyeSight {
  readonly region?: EyeRegion;
  /** In a photographer's words. */
  readonly reason?: string;
}

/** A face in the pixels that it is judged by. Boxes, points and regions are in px of `raster`. */
export interface FaceView {
  /** The photo, upright, or the part of it that was decoded for its faces. */
  readonly raster: Raster;
  /** px of the upright full-size photo per px of `raster`. */
  readonly scale: number;
  /** The whole photo as its faces were first looked for in; `raster` where that is not a part of it. */
  readonly photo: Raster;
  /** The detector's box; may reach beyond the raster. */
  readonly box: Box;
  readonly landmarks: Landmarks;
  /** The person's own left and right eye. */
  readonly left: EyeSight;
  readonly right: EyeSight;
  /** What the detector said of each eye, chances from 0 to 1; absent where it says nothing of eyes. */
  readonly detected?: PerEye<EyeAnswer>;
}

/** Width to height of an eye region. */
const aspect = 3 / 2;

/** The upright box around a turned eye region, px of the same image. */
export function regionBox(region: EyeRegion): Box {
  const cos = Math.abs(Math.cos(region.angle));
  const sin = Math.abs(Math.sin(region.angle));
  const tall = region.width / aspect;
  const width = region.width * cos + tall * sin;
  const height = region.width * sin + tall * cos;
  return { x: region.center.x - width / 2, y: region.center.y - height / 2, width, height };
}

/**
 * How far the head is turned to the side: 0 where the tip of the nose is midway between the eyes' outer corners, 1 where it
 * is level with one of them or beyond.
 */
export function headTurn(landmarks: Landmarks): number {
  return Math.min(1, Math.abs(2 * noseShare(landmarks) - 1));
}

/** Where the nose falls on the line from the right eye's outer corner (0) to the left one's (1). */
export function noseShare({ left, right, nose }: Landmarks): number {
  const line = { x: left.outer.x - right.outer.x, y: left.outer.y - right.outer.y };
  const length = line.x ** 2 + line.y ** 2;
  if (length === 0) return 1;
  return ((nose.x - right.outer.x) * line.x + (nose.y - right.outer.y) * line.y) / length;
}
