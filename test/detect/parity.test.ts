import { beforeAll, describe, expect, it } from 'vitest';
import { createBlazeFace } from '../../src/detect/blazeface.js';
import { squareAround, type FaceNet } from '../../src/detect/face-net.js';
import { createFaceMeshNet } from '../../src/detect/facemesh.js';
import { createLandmarks68Net } from '../../src/detect/landmarks68.js';
import type { PointNet } from '../../src/detect/point-net.js';
import { createDetector } from '../../src/detect/registry.js';
import { sampleSquare } from '../../src/detect/sample.js';
import { createSsdMobileNet } from '../../src/detect/ssd-mobilenet.js';
import { createTinyFace } from '../../src/detect/tiny-face.js';
import type { Detection } from '../../src/detect/types.js';
import type { Box, Point, Raster } from '../../src/core/raster.js';
import { demoPhotos } from '../support/shared-data.js';
import {
  originalBlazeFace, originalFaceMesh, originalLandmarks68, originalSsd, originalTinyFace, startWasm, type Found,
} from './original-nets.js';
import { readRaster } from './photos.js';

const tolerance = { box: 1, score: 1e-3, landmark: 0.5 };
const minScore = 0.4;

let photos: Raster[];
beforeAll(async () => {
  await startWasm();
  photos = await Promise.all(demoPhotos.map((path) => readRaster(path)));
});

/** What a net sees of the square around a box. */
function pixelsOf(image: Raster, box: Box, size: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 3);
  const center = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  sampleSquare(image, { center, side: box.width, angle: 0 }, size, pixels);
  return pixels;
}

function clipped({ box, score }: Found, size: number): Found {
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  return {
    box: { x, y, width: Math.min(size, box.x + box.width) - x, height: Math.min(size, box.y + box.height) - y },
    score,
  };
}

/** Largest difference of any side of the boxes and of the scores, each with its partner by rank. */
function largestDifference(ours: readonly Found[], theirs: readonly Found[]): { box: number; score: number } {
  const byPlace = (a: Found, b: Found): number => a.box.x - b.box.x || a.box.y - b.box.y;
  const [a, b] = [[...ours].sort(byPlace), [...theirs].sort(byPlace)];
  const sides = ['x', 'y', 'width', 'height'] as const;
  return {
    box: Math.max(...a.flatMap((face, index) => sides.map((side) => Math.abs(face.box[side] - (b[index]?.box[side] ?? NaN))))),
    score: Math.max(...a.map((face, index) => Math.abs(face.score - (b[index]?.score ?? NaN)))),
  };
}

describe.each([
  ['blazeface', createBlazeFace, originalBlazeFace],
  ['ssd-mobilenet-v1', createSsdMobileNet, originalSsd],
  ['tiny-face', createTinyFace, originalTinyFace],
])('%s', (name, create, createOriginal) => {
  let net: FaceNet;
  let original: (pixels: Uint8Array, minScore: number) => Promise<Found[]>;
  beforeAll(async () => {
    net = await create(minScore, {});
    original = await createOriginal();
  });

  it.each([0, 1, 2, 3, 4, 5])('finds what the original net finds on demo photo %i', async (index) => {
    const image = photos[index];
    if (image === undefined) throw new Error('there is no such photo');
    const pixels = pixelsOf(image, squareAround(image), net.inputSize);
    const [ours = []] = await net.run(pixels, 1);
    const theirs = await original(pixels, minScore);
    expect(ours.length).toBeGreaterThan(0);
    expect(ours).toHaveLength(theirs.length);
    const difference = largestDifference(
      name === 'ssd-mobilenet-v1' ? ours.map((face) => clipped(face, net.inputSize)) : ours, theirs);
    expect(difference.box).toBeLessThan(tolerance.box);
    expect(difference.score).toBeLessThan(tolerance.score);
  });
});

describe.each([
  ['facemesh', createFaceMeshNet, originalFaceMesh],
  ['landmarks68', createLandmarks68Net, async () => {
    const locate = await originalLandmarks68();
    return async (pixels: Uint8Array) => ({ points: await locate(pixels), faceScore: 1 });
  }],
])('%s', (_name, create, createOriginal) => {
  let net: PointNet;
  let original: (pixels: Uint8Array) => Promise<{ points: Point[]; faceScore: number }>;
  let faces: Detection[][];
  beforeAll(async () => {
    net = await create({});
    original = await createOriginal();
    const detector = await createDetector('blazeface');
    faces = [];
    for (const photo of photos) faces.push(await detector.detect(photo));
  });

  it('puts every point of every face where the original net does', async () => {
    const boxes = photos.flatMap((image, index) => (faces[index] ?? []).map(({ box }) => ({ image, box })));
    expect(boxes.length).toBeGreaterThan(20);
    for (const { image, box } of boxes) {
      const pixels = pixelsOf(image, box, net.inputSize);
      const [ours] = await net.run(pixels, 1);
      const theirs = await original(pixels);
      expect(theirs.points).toHaveLength(net.name === 'facemesh' ? 468 : 68);
      const distances = theirs.points.map(({ x, y }, index) => {
        const point = ours?.pointAt(index);
        return Math.hypot(x - (point?.x ?? NaN), y - (point?.y ?? NaN));
      });
      expect(Math.max(...distances)).toBeLessThan(tolerance.landmark);
      expect(Math.abs(theirs.faceScore - (ours?.faceScore ?? NaN))).toBeLessThan(tolerance.score);
    }
  });

  it('gives each face of a batch what it gives it alone', async () => {
    const [image] = photos;
    const boxes = (faces[0] ?? []).map(({ box }) => box);
    if (image === undefined) throw new Error('there is no photo');
    const each = boxes.map((box) => pixelsOf(image, box, net.inputSize));
    const together = await net.run(Uint8Array.from(each.flatMap((pixels) => [...pixels])), each.length);
    for (const [index, pixels] of each.entries()) {
      const [alone] = await net.run(pixels, 1);
      expect(together[index]?.pointAt(0).x).toBeCloseTo(alone?.pointAt(0).x ?? NaN, 2);
    }
  });
});
