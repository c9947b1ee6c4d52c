/**
 * What every landmark net does alike: cut squares around the faces, run the net on all of them, bring its points back.
 */
import type { Point, Raster } from '../core/raster.js';
import { fromSquare, sampleSquare, type Square } from './sample.js';
import type { EyeLandmarks, Landmarks, Side } from '../core/face.js';
import type { Detection, LandmarkNet } from './types.js';

/** Which points belong to an eye: its corners, and all along both lids, corners included. */
export interface EyePoints {
  readonly outer: number;
  readonly inner: number;
  readonly lids: readonly number[];
}

/** What a net says about one image. */
export interface PointResult {
  /** A point by its number in the net's own order, px of the net's input. */
  pointAt(index: number): Point;
  /** How sure it is that this is a face, 0 to 1; 1 where the net does not say. */
  readonly faceScore: number;
}

/** A landmark net as it is: square images in, points in px of those squares out. */
export interface PointNet {
  readonly name: string;
  /** Side of the square input, px. */
  readonly inputSize: number;
  /** Side of the square that the net wants to see, in widths of the face's box. */
  readonly margin: number;
  readonly eyes: Readonly<Record<Side, EyePoints>>;
  readonly noseTip: number;
  /** Corners of the mouth. */
  readonly mouth: Readonly<Record<Side, number>>;
  /** @param pixels `count` images, RGB bytes, NHWC */
  run(pixels: Uint8Array, count: number): Promise<PointResult[]>;
  release(): Promise<void>;
}

/** The landmark stage that a net makes. All faces of a photo go through it in one run. */
export function landmarkNetOf(net: PointNet): LandmarkNet {
  return {
    name: net.name,
    inputSize: net.inputSize,
    locate: (image, detections) => locate(net, image, detections),
    release: () => net.release(),
  };
}

async function locate(net: PointNet, image: Raster, detections: readonly Detection[]): Promise<Landmarks[]> {
  if (detections.length === 0) return [];
  const bytes = net.inputSize * net.inputSize * 3;
  const squares = detections.map((detection) => squareFor(detection, net.margin));
  const pixels = new Uint8Array(squares.length * bytes);
  squares.forEach((square, index) => { sampleSquare(image, square, net.inputSize, pixels, index * bytes); });
  const results = await net.run(pixels, squares.length);
  return results.flatMap((result, index) => {
    const square = squares[index];
    return square === undefined ? [] : [landmarksOf(net, result, square)];
  });
}

/** Upright with respect to the eyes where the detector gave them: the nets are at their best there. */
function squareFor({ box, eyes }: Detection, margin: number): Square {
  const center = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const side = Math.max(box.width, box.height) * margin;
  const angle = eyes === undefined ? 0 : Math.atan2(eyes.left.y - eyes.right.y, eyes.left.x - eyes.right.x);
  return { center, side, angle };
}

function landmarksOf(net: PointNet, result: PointResult, square: Square): Landmarks {
  const at = (index: number): Point => {
    const { x, y } = result.pointAt(index);
    return fromSquare(square, net.inputSize, x, y);
  };
  return {
    left: eyeOf(at, net.eyes.left),
    right: eyeOf(at, net.eyes.right),
    nose: at(net.noseTip),
    mouth: { left: at(net.mouth.left), right: at(net.mouth.right) },
    faceScore: result.faceScore,
  };
}

function eyeOf(at: (index: number) => Point, { outer, inner, lids }: EyePoints): EyeLandmarks {
  const points = lids.map(at);
  const mean = (axis: 'x' | 'y'): number => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  return { outer: at(outer), inner: at(inner), center: { x: mean('x'), y: mean('y') } };
}
