import { basename } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDetector, createLandmarkNet } from '../../src/detect/registry.js';
import type { Landmarks } from '../../src/core/face.js';
import type { Detection, Detector, LandmarkNet } from '../../src/detect/types.js';
import { decodePhoto, openPhoto, shrinkFor } from '../../src/image/decode.js';
import { intersectionOverUnion, type Point, type Raster } from '../../src/core/raster.js';
import { demoPhotos } from '../support/shared-data.js';

/** What the two engines may differ by. */
const tolerance = { box: 1, score: 1e-3, landmark: 0.5 };

async function photo(path: string): Promise<Raster> {
  const opened = await openPhoto(path, { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 20 });
  return (await decodePhoto(opened, shrinkFor(opened, 640))).raster;
}

/** The detection that `other` has for the same face. */
function partner(face: Detection, others: readonly Detection[]): Detection | undefined {
  return others.find((other) => intersectionOverUnion(face.box, other.box) > 0.9);
}

/** Group photos with small and with large faces. The report's test compares SSD on all six. */
const photos = demoPhotos.slice(1, 3).map((path) => ({ name: basename(path), path }));

describe.each(['ssd-mobilenet-v1', 'tiny-face', 'blazeface'])('%s on TensorFlow.js', (name) => {
  let onnx: Detector;
  let tfjs: Detector;
  beforeAll(async () => {
    onnx = await createDetector(name, { minScore: 0.5 });
    tfjs = await createDetector(name, { minScore: 0.5, engine: 'tfjs' });
  });
  afterAll(async () => {
    await onnx.release();
    await tfjs.release();
  });

  it.each(photos)('finds the faces that it finds on onnxruntime in $name', async ({ path }) => {
    const image = await photo(path);
    const expected = await onnx.detect(image);
    const found = await tfjs.detect(image);
    expect(found).toHaveLength(expected.length);
    expect(found.length).toBeGreaterThan(0);
    for (const face of expected) {
      const same = partner(face, found);
      expect(same).toBeDefined();
      for (const side of ['x', 'y', 'width', 'height'] as const) {
        expect(Math.abs((same?.box[side] ?? NaN) - face.box[side])).toBeLessThan(tolerance.box);
      }
      expect(Math.abs((same?.score ?? NaN) - face.score)).toBeLessThan(tolerance.score);
    }
  });

  it('looks at several windows of a photo at once', async () => {
    const image = await photo(demoPhotos[0] ?? '');
    const windows = [0, 1].map((half) => ({ x: (half * image.width) / 3, y: 0, width: image.height, height: image.height }));
    expect((await tfjs.detect(image, windows)).length).toBe((await onnx.detect(image, windows)).length);
  });
});

function pointsOf({ left, right, nose }: Landmarks): Point[] {
  return [left, right].flatMap(({ outer, inner, center }) => [outer, inner, center]).concat(nose);
}

describe.each(['landmarks68', 'facemesh'])('%s on TensorFlow.js', (name) => {
  let detector: Detector;
  let onnx: LandmarkNet;
  let tfjs: LandmarkNet;
  beforeAll(async () => {
    detector = await createDetector('blazeface', { minScore: 0.5 });
    onnx = await createLandmarkNet(name);
    tfjs = await createLandmarkNet(name, { engine: 'tfjs' });
  });
  afterAll(async () => {
    for (const net of [detector, onnx, tfjs]) await net.release();
  });

  it.each(photos)('puts the points where they are on onnxruntime in $name', async ({ path }) => {
    const image = await photo(path);
    const faces = await detector.detect(image);
    const expected = await onnx.locate(image, faces);
    const found = await tfjs.locate(image, faces);
    expect(found).toHaveLength(faces.length);
    expected.forEach((landmarks, face) => {
      expect(Math.abs((found[face]?.faceScore ?? NaN) - landmarks.faceScore)).toBeLessThan(tolerance.score);
      const same = found[face];
      pointsOf(landmarks).forEach((point, index) => {
        const there = same && pointsOf(same)[index];
        expect(Math.hypot((there?.x ?? NaN) - point.x, (there?.y ?? NaN) - point.y)).toBeLessThan(tolerance.landmark);
      });
    });
  });
});
