/**
 * What detection gives to the stages after it.
 */
import type { EyeAnswer } from '../core/eye.js';
import type { Landmarks, PerEye } from '../core/face.js';
import type { Box, Point, Raster } from '../core/raster.js';

/** A face as a detector found it, in px of the raster that was given. */
export interface Detection {
  /** A square from the middle of the forehead to the chin and about from ear to ear, whichever detector found the face. */
  readonly box: Box;
  /** The detector's confidence, 0 to 1. */
  readonly score: number;
  /** Both eye centres where the detector gives them (BlazeFace does); the person's own left and right. */
  readonly eyes?: { readonly left: Point; readonly right: Point };
  /** What the detector says of each eye, chances from 0 to 1 (portrait does). */
  readonly detected?: PerEye<EyeAnswer>;
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

/** Finds the points of a face. One instance serves one caller at a time. */
export interface LandmarkNet {
  readonly name: string;
  /** Side of the square that the net looks at, px. */
  readonly inputSize: number;
  /** Landmarks in px of `image`, one for every detection, in the same order. */
  locate(image: Raster, detections: readonly Detection[]): Promise<Landmarks[]>;
  release(): Promise<void>;
}
