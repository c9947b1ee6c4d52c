/**
 * What detection gives to the stages after it.
 */
import type { Box, Point, Raster } from '../core/raster.js';

/** A face as a detector found it, in px of the raster that was given. */
export interface Detection {
  /** A square from the middle of the forehead to the chin and about from ear to ear, whichever detector found the face. */
  readonly box: Box;
  /** The detector's confidence, 0 to 1. */
  readonly score: number;
  /** Both eye centres where the detector gives them (BlazeFace does); the person's own left and right. */
  readonly eyes?: { readonly left: Point; readonly right: Point };
}

/** Finds faces. One instance serves one caller at a time. */
export interface Detector {
  readonly name: string;
  /** Side of the square that the net looks at, px. */
  readonly inputSize: number;
  /** Width of a face, in px of that square, below which the net begins to miss faces. */
  readonly smallestFace: number;
  /**
   * Faces in px of `image`, best first, without duplicates.
   * @param windows squares of the image to look at one by one, px; they may reach beyond it, which reads as black.
   * Without them: the square around the whole image
   */
  detect(image: Raster, windows?: readonly Box[]): Promise<Detection[]>;
  release(): Promise<void>;
}

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
  /** How sure the net is that this is a face at all, 0 to 1; 1 where the net does not say. */
  readonly faceScore: number;
}

/** Finds the points of a face. One instance serves one caller at a time. */
export interface LandmarkNet {
  readonly name: string;
  /** Side of the square that the net looks at, px. */
  readonly inputSize: number;
  /** Landmarks in px of `image`, one for every detection, in the same order. */
  locate(image: Raster, detections: readonly Detection[]): Promise<Landmarks[]>;
  release(): Promise<void>;
}

/** A face with its landmarks, in px of the raster that was given. */
export interface Face {
  readonly box: Box;
  /** The detector's confidence, 0 to 1. */
  readonly score: number;
  readonly landmarks: Landmarks;
}

/** Which eye of the person, not of the image. */
export type Side = 'left' | 'right';

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
