/**
 * FaceMesh (Kartynnik et al., 2019, https://arxiv.org/abs/1907.06724): 468 points of a face and how sure it is one, 192 px.
 */
import type { Point, Raster } from '../image/raster.js';
import { byteTensor, createSession, floatsOf, type SessionOptions } from '../onnx/session.js';
import { compileGraphModel } from './graph-model.js';
import { fromSquare, sampleSquare, type Square } from './sample.js';
import type { Detection, EyeLandmarks, LandmarkNet, Landmarks } from './types.js';

const inputSize = 192;
const pointCount = 468;
/** The net wants the face with a quarter of its size around it on every side. */
const margin = 1.5;

/** Points of the lids from the outer corner along the lower lid to the inner one, then back along the upper lid. */
const lids = {
  right: { outer: 33, inner: 133, all: [33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246] },
  left: { outer: 263, inner: 362, all: [263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466] },
} as const;
const noseTip = 1;

/** Bytes of the ONNX model, compiled from the weights in @vladmandic/human. */
export function compileFaceMesh(): Promise<Uint8Array> {
  return compileGraphModel({
    name: 'facemesh',
    inputSize,
    scale: 1 / 255,
    offset: 0,
    outputs: [
      { node: 'Identity_2', name: 'points', shape: [pointCount * 3] },
      { node: 'Identity_1', name: 'face', shape: [1] },
    ],
  });
}

/** Points (x, y in px of the net's input) and face score of each image. */
export interface MeshResult {
  readonly points: readonly Point[];
  readonly faceScore: number;
}

/** The net as it is: square images in, points in px of those squares out. */
export interface MeshNet {
  /** @param pixels `count` images of 192 x 192 px, RGB bytes, NHWC */
  run(pixels: Uint8Array, count: number): Promise<MeshResult[]>;
  release(): Promise<void>;
}

export async function createMeshNet(options: SessionOptions): Promise<MeshNet> {
  const session = await createSession(await compileFaceMesh(), options);
  return {
    run: async (pixels, count) => {
      const outputs = await session.run({ pixels: byteTensor(pixels, [count, inputSize, inputSize, 3]) });
      const values = floatsOf(outputs, 'points');
      const scores = floatsOf(outputs, 'face');
      return Array.from({ length: count }, (_, image) => ({
        points: Array.from({ length: pointCount }, (_unused, point) => {
          const from = (image * pointCount + point) * 3;
          return { x: values[from] ?? 0, y: values[from + 1] ?? 0 };
        }),
        faceScore: scores[image] ?? 0,
      }));
    },
    release: () => session.release(),
  };
}

export async function createFaceMesh(options: SessionOptions): Promise<LandmarkNet> {
  const net = await createMeshNet(options);
  return {
    name: 'facemesh',
    inputSize,
    locate: (image, detections) => locate(net, image, detections),
    release: () => net.release(),
  };
}

async function locate(net: MeshNet, image: Raster, detections: readonly Detection[]): Promise<Landmarks[]> {
  if (detections.length === 0) return [];
  const squares = detections.map(squareFor);
  const pixels = new Uint8Array(squares.length * inputSize * inputSize * 3);
  squares.forEach((square, index) => {
    sampleSquare(image, square, inputSize, pixels, index * inputSize * inputSize * 3);
  });
  const results = await net.run(pixels, squares.length);
  return results.flatMap((result, index) => {
    const square = squares[index];
    return square === undefined ? [] : [landmarksOf(result, square)];
  });
}

/** Upright with respect to the eyes where the detector gave them: the net is at its best there. */
function squareFor({ box, eyes }: Detection): Square {
  const center = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const side = Math.max(box.width, box.height) * margin;
  const angle = eyes === undefined ? 0 : Math.atan2(eyes.left.y - eyes.right.y, eyes.left.x - eyes.right.x);
  return { center, side, angle };
}

function landmarksOf(result: MeshResult, square: Square): Landmarks {
  const points = result.points.map((point) => fromSquare(square, inputSize, point.x, point.y));
  const at = (index: number): Point => points[index] ?? square.center;
  return {
    left: eyeOf(at, lids.left),
    right: eyeOf(at, lids.right),
    nose: at(noseTip),
    faceScore: result.faceScore,
    points,
  };
}

function eyeOf(
  at: (index: number) => Point,
  lid: { readonly outer: number; readonly inner: number; readonly all: readonly number[] },
): EyeLandmarks {
  const points = lid.all.map(at);
  const center = {
    x: points.reduce((sum, point) => sum + point.x, 0) / points.length,
    y: points.reduce((sum, point) => sum + point.y, 0) / points.length,
  };
  return { outer: at(lid.outer), inner: at(lid.inner), center };
}
