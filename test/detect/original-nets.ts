/**
 * The nets as their own packages run them, on the WASM backend of TensorFlow.js: what ours are compared with.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type * as faceApi from '@vladmandic/face-api';
import type * as tfjs from '@tensorflow/tfjs';
import type * as wasm from '@tensorflow/tfjs-backend-wasm';
import type { Box, Point } from '../../src/core/raster.js';

const require = createRequire(import.meta.url);
const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url));
// face-api's build for WASM is CommonJS and shares this TensorFlow.js.
const isModule = (value: unknown): boolean => typeof value === 'object' && value !== null;
const tf = z.custom<typeof tfjs>(isModule).parse(require('@tensorflow/tfjs'));
const backend = z.custom<typeof wasm>(isModule).parse(require('@tensorflow/tfjs-backend-wasm'));
const api = z.custom<typeof faceApi>(isModule).parse(require('@vladmandic/face-api/dist/face-api.node-wasm.js'));

export interface Found {
  readonly box: Box;
  readonly score: number;
}

/** Chooses the WASM backend; to be called before anything else here. */
export async function startWasm(): Promise<void> {
  backend.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'))}/dist/`);
  await tf.setBackend('wasm');
  await tf.ready();
}

function imageTensor(pixels: Uint8Array, size: number): tfjs.Tensor3D {
  return tf.tensor3d(pixels, [size, size, 3], 'int32');
}

/** Loads a graph model of @vladmandic/human with the converter's own loader. */
async function loadGraphModel(name: string): Promise<tfjs.GraphModel> {
  const file = join(modules, '@vladmandic', 'human', 'models', name);
  const json = z.custom<tfjs.io.ModelJSON>(isModule).parse(JSON.parse(readFileSync(`${file}.json`, 'utf8')));
  return tf.loadGraphModel(tf.io.fromMemory({
    modelTopology: json.modelTopology,
    weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
    weightData: Uint8Array.from(readFileSync(`${file}.bin`)).buffer,
  }));
}

/** Runs a graph model on `byte * scale + offset`. */
async function runGraphModel(
  model: tfjs.GraphModel, pixels: Uint8Array, size: number, scale: number, offset: number, outputs: string[],
): Promise<Float32Array[]> {
  const input = tf.tidy(() => imageTensor(pixels, size).toFloat().mul(scale).add(offset).expandDims(0));
  const results = model.execute(input, outputs);
  const tensors = Array.isArray(results) ? results : [results];
  return Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
}

/** BlazeFace on 256 x 256 px; boxes by the formula of its paper, thinned out by TensorFlow's own suppression. */
export async function originalBlazeFace(): Promise<(pixels: Uint8Array, minScore: number) => Promise<Found[]>> {
  const model = await loadGraphModel('blazeface');
  return async (pixels, minScore) => {
    const [scores16, boxes16, scores8, boxes8] = await runGraphModel(
      model, pixels, 256, 1 / 127.5, -1, ['Identity', 'Identity_2', 'Identity_1', 'Identity_3']);
    const all = [...anchored(scores16, boxes16, 16, 2), ...anchored(scores8, boxes8, 8, 6)];
    const corners = all.map(({ box }) => [box.y, box.x, box.y + box.height, box.x + box.width]);
    const kept = await tf.image.nonMaxSuppressionAsync(
      tf.tensor2d(corners, [all.length, 4]), all.map(({ score }) => score), all.length, 0.3, minScore);
    return Array.from(await kept.data(), (index) => all[index] ?? { box: { x: 0, y: 0, width: 0, height: 0 }, score: 0 });
  };
}

function anchored(scores: Float32Array | undefined, boxes: Float32Array | undefined, cells: number, perCell: number): Found[] {
  return Array.from({ length: cells * cells * perCell }, (_, index) => {
    const [x, y, width, height] = [0, 1, 2, 3].map((value) => boxes?.[index * 16 + value] ?? 0);
    const cell = Math.floor(index / perCell);
    const centerX = ((cell % cells) + 0.5) * (256 / cells) + (x ?? 0);
    const centerY = (Math.floor(cell / cells) + 0.5) * (256 / cells) + (y ?? 0);
    return {
      box: { x: centerX - (width ?? 0) / 2, y: centerY - (height ?? 0) / 2, width: width ?? 0, height: height ?? 0 },
      score: 1 / (1 + Math.exp(-(scores?.[index] ?? 0))),
    };
  });
}

/** FaceMesh on 192 x 192 px: its 468 points and the face score. */
export async function originalFaceMesh(): Promise<(pixels: Uint8Array) => Promise<{ points: Point[]; faceScore: number }>> {
  const model = await loadGraphModel('facemesh');
  return async (pixels) => {
    const [values, score] = await runGraphModel(model, pixels, 192, 1 / 255, 0, ['Identity_2', 'Identity_1']);
    const points = Array.from({ length: 468 }, (_, index) => ({ x: values?.[index * 3] ?? 0, y: values?.[index * 3 + 1] ?? 0 }));
    return { points, faceScore: score?.[0] ?? 0 };
  };
}

const models = join(modules, '@vladmandic', 'face-api', 'model');

function foundBy(detections: readonly faceApi.FaceDetection[]): Found[] {
  return detections.map(({ box, score }) => ({ box: { x: box.x, y: box.y, width: box.width, height: box.height }, score }));
}

/** SSD MobileNet v1 on 512 x 512 px, by face-api itself. It cuts its boxes off at the image's edge. */
export async function originalSsd(): Promise<(pixels: Uint8Array, minScore: number) => Promise<Found[]>> {
  const net = new api.SsdMobilenetv1();
  await net.loadFromDisk(models);
  return async (pixels, minScore) =>
    foundBy(await net.locateFaces(imageTensor(pixels, 512), { minConfidence: minScore, maxResults: 100 }));
}

/** The tiny face detector on 416 x 416 px, by face-api itself. */
export async function originalTinyFace(): Promise<(pixels: Uint8Array, minScore: number) => Promise<Found[]>> {
  const net = new api.TinyFaceDetector();
  await net.loadFromDisk(models);
  return async (pixels, minScore) =>
    foundBy(await net.locateFaces(imageTensor(pixels, 416), { inputSize: 416, scoreThreshold: minScore }));
}

/** The 68-point net on 112 x 112 px, by face-api itself. */
export async function originalLandmarks68(): Promise<(pixels: Uint8Array) => Promise<Point[]>> {
  const net = new api.FaceLandmark68Net();
  await net.loadFromDisk(models);
  return async (pixels) => {
    const result = await net.detectLandmarks(imageTensor(pixels, 112));
    return [result].flat().flatMap(({ positions }) => positions.map(({ x, y }) => ({ x, y })));
  };
}
