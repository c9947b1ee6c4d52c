/**
 * The faces of a photo: a first look at the whole of it, a second one where that pays, and the landmark net's opinion.
 */
import type { Box, Point, Raster } from '../image/raster.js';
import type { EngineOptions } from './engine.js';
import { createDetector, createLandmarkNet } from './registry.js';
import type { Detection, Detector, EyeLandmarks, Face, LandmarkNet, Landmarks } from './types.js';

export type { Face } from './types.js';

/** The `detect` section of the configuration. */
export interface DetectSettings {
  readonly detector: string;
  readonly landmarks: string;
  /** A detection below this score is not a face, 0 to 1. */
  readonly min_score: number;
  /** The landmark net must be this sure that it sees a face, 0 to 1. */
  readonly min_face_score: number;
}

/** Finds the faces of photos. Loads its nets once. One instance serves one caller at a time. */
export interface FaceFinder {
  /** Faces with their landmarks, px of `image`, best first. */
  find(image: Raster): Promise<Face[]>;
  release(): Promise<void>;
}

/** @throws if a net's weights are not installed */
export async function createFaceFinder(settings: DetectSettings, options: EngineOptions = {}): Promise<FaceFinder> {
  const [detector, landmarkNet] = await Promise.all([
    createDetector(settings.detector, { ...options, minScore: settings.min_score }),
    createLandmarkNet(settings.landmarks, options),
  ]);
  return {
    find: (image) => find(image, detector, landmarkNet, settings),
    release: async () => {
      await Promise.all([detector.release(), landmarkNet.release()]);
    },
  };
}

async function find(image: Raster, detector: Detector, net: LandmarkNet, settings: DetectSettings): Promise<Face[]> {
  const first = await confirm(image, await detector.detect(image), net, settings);
  if (first.length > 0) return first;
  return confirm(image, await detector.detect(image, [paddedSquare(image)]), net, settings);
}

/** Faces that the landmark net takes for faces too. */
async function confirm(
  image: Raster,
  detections: readonly Detection[],
  net: LandmarkNet,
  settings: DetectSettings,
): Promise<Face[]> {
  const landmarks = await net.locate(image, detections);
  return detections.flatMap(({ box, score }, index) => {
    const found = landmarks[index];
    return found === undefined || found.faceScore < settings.min_face_score ? [] : [{ box, score, landmarks: found }];
  });
}

/** A square with a black border around the image, for crops that a face fills from edge to edge. */
function paddedSquare(image: Raster): Box {
  const side = Math.max(image.width, image.height) * 1.5;
  return { x: (image.width - side) / 2, y: (image.height - side) / 2, width: side, height: side };
}

/** The landmarks in px of an image whose sides are `scale` times as long. */
export function scaleLandmarks(landmarks: Landmarks, scale: number): Landmarks {
  const point = ({ x, y }: Point): Point => ({ x: x * scale, y: y * scale });
  const eye = ({ outer, inner, center }: EyeLandmarks): EyeLandmarks =>
    ({ outer: point(outer), inner: point(inner), center: point(center) });
  return {
    left: eye(landmarks.left),
    right: eye(landmarks.right),
    nose: point(landmarks.nose),
    faceScore: landmarks.faceScore,
    points: landmarks.points.map(point),
  };
}
