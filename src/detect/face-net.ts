/**
 * What every detector does alike: cut squares out of the photo, run the net on them, bring its boxes back.
 */
import type { Box, Point, Raster } from '../core/raster.js';
import { suppressOverlaps } from './non-max-suppression.js';
import { fromSquare, sampleSquare, type Square } from './sample.js';
import type { Detection, Detector } from './types.js';

/** A detection net as it is: square images in, boxes in px of those squares out. */
export interface FaceNet {
  readonly name: string;
  /** Side of the square input, px. */
  readonly inputSize: number;
  /** Width of a face in px of the input, below which it begins to miss faces. */
  readonly smallestFace: number;
  /** Intersection over union above which two of the net's boxes are the same face. */
  readonly overlap: number;
  /**
   * Faces of each image, boxes as the net means them, in px of its input, best first, without duplicates.
   * @param pixels `count` images, RGB bytes, NHWC
   */
  run(pixels: Uint8Array, count: number): Promise<Detection[][]>;
  /** How the net's own kind of box becomes that of `Detection`. */
  readonly fit: BoxFit;
  release(): Promise<void>;
}

/**
 * Detectors disagree on what a face's box is. These two numbers, medians over the same faces, bring one's boxes to those of
 * BlazeFace.
 */
export interface BoxFit {
  /** Side of the square, in geometric means of the box's sides. */
  readonly side: number;
  /** How far the square's centre lies below the box's, in widths of the box. */
  readonly down: number;
}

/** The detector that a net makes. */
export function detectorOf(net: FaceNet): Detector {
  return {
    name: net.name,
    inputSize: net.inputSize,
    smallestFace: net.smallestFace,
    detect: (image, windows = [squareAround(image)]) => detect(net, image, windows),
    release: () => net.release(),
  };
}

/** The smallest square around the whole image, centred on it. */
export function squareAround(image: Raster): Box {
  const side = Math.max(image.width, image.height);
  return { x: (image.width - side) / 2, y: (image.height - side) / 2, width: side, height: side };
}

async function detect(net: FaceNet, image: Raster, windows: readonly Box[]): Promise<Detection[]> {
  const size = net.inputSize;
  const squares = windows.map(squareOf);
  const pixels = new Uint8Array(squares.length * size * size * 3);
  squares.forEach((square, index) => { sampleSquare(image, square, size, pixels, index * size * size * 3); });
  const found = await net.run(pixels, squares.length);
  const detections = found.flatMap((faces, index) => {
    const square = squares[index];
    return square === undefined ? [] : faces.map((face) => toImage(net, face, square));
  });
  return squares.length === 1 ? detections : suppressOverlaps(detections, net.overlap);
}

function squareOf(window: Box): Square {
  const side = Math.max(window.width, window.height);
  return { center: { x: window.x + window.width / 2, y: window.y + window.height / 2 }, side, angle: 0 };
}

/** What the net saw in a square, as px of the image that the square was cut from. */
export function toImage(net: Pick<FaceNet, 'inputSize' | 'fit'>, face: Detection, square: Square): Detection {
  const scale = square.side / net.inputSize;
  const place = (point: Point): Point => fromSquare(square, net.inputSize, point.x, point.y);
  const { x, y, width, height } = face.box;
  const center = place({ x: x + width / 2, y: y + height / 2 + net.fit.down * width });
  const side = net.fit.side * Math.sqrt(width * height) * scale;
  const box = { x: center.x - side / 2, y: center.y - side / 2, width: side, height: side };
  return {
    box, score: face.score,
    ...(face.detected === undefined ? {} : { detected: face.detected }),
    ...(face.eyes === undefined ? {} : { eyes: { left: place(face.eyes.left), right: place(face.eyes.right) } }),
  };
}
