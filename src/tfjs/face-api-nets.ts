/**
 * Runs the nets of @vladmandic/face-api on TensorFlow.js itself, behind the interface of an ONNX session.
 */
import type * as tfjs from '@tensorflow/tfjs';
import { z } from 'zod';
import { readPackageFile } from '../files/weight-packages.js';
import { floatTensor, type Session } from '../onnx/session.js';
import type { FaceApi, Net, NetInput } from './face-api.js';
import { sharedTfjs } from './shared.js';
import { bytesOf, valuesOf } from './tensors.js';

export type FaceApiNetName = 'ssd-mobilenet-v1' | 'tiny-face' | 'landmarks68';

/** A net, loaded: images in, the tensors that the ONNX graph of the same name gives out, in the order of `outputs`. */
interface LoadedNet {
  readonly inputSize: number;
  readonly outputs: readonly string[];
  forward(images: NetInput): tfjs.Tensor[];
  dispose(): void;
}

const loaders: Readonly<Record<FaceApiNetName, (api: FaceApi) => Promise<LoadedNet>>> = {
  'ssd-mobilenet-v1': loadSsd,
  'tiny-face': loadTiny,
  'landmarks68': loadLandmarks,
};

/**
 * Loads one of face-api's nets.
 * @returns a session that takes `pixels` (uint8, count x size x size x 3) and gives what the ONNX graph of that net gives
 * @throws if no TensorFlow.js is installed
 */
export async function openFaceApiNet(name: FaceApiNetName): Promise<Session> {
  const { api } = await sharedTfjs();
  const net = await loaders[name](api);
  return {
    inputNames: ['pixels'],
    outputNames: net.outputs,
    run: async (inputs) => {
      const tensors = api.tf.tidy(() => net.forward(imagesOf(api, bytesOf(inputs, 'pixels'), net.inputSize)));
      const shapes = tensors.map(({ shape }) => shape);
      const values = await valuesOf(tensors);
      return Object.fromEntries(net.outputs.map((output, index) =>
        [output, floatTensor(values[index] ?? new Float32Array(), shapes[index] ?? [])]));
    },
    release: () => { net.dispose(); return Promise.resolve(); },
  };
}

/** The images have the size that the nets want, so that face-api neither pads nor resizes them. */
function imagesOf({ tf, NetInput }: FaceApi, pixels: Uint8Array, size: number): NetInput {
  const length = size * size * 3;
  return new NetInput(Array.from({ length: pixels.length / length }, (_, image) =>
    tf.tensor3d(pixels.subarray(image * length, (image + 1) * length), [size, size, 3], 'int32')));
}

const weightsManifest = z.custom<tfjs.io.WeightsManifestConfig>((value) => Array.isArray(value));

/** Gives a net its weights, as its own loader does, from the files of the package. */
async function loadWeights({ tf }: FaceApi, net: Net, model: string): Promise<void> {
  const [json, bytes] = await Promise.all([
    readPackageFile('@vladmandic/face-api', `model/${model}-weights_manifest.json`),
    readPackageFile('@vladmandic/face-api', `model/${model}.bin`),
  ]);
  const manifest = weightsManifest.parse(JSON.parse(new TextDecoder().decode(json)));
  // Copied: a Buffer may be a part of a larger one.
  net.loadFromWeightMap(tf.io.decodeWeights(Uint8Array.from(bytes).buffer, manifest.flatMap((group) => group.weights)));
}

async function loadSsd(api: FaceApi): Promise<LoadedNet> {
  const { tf } = api;
  const net = new api.SsdMobilenetv1();
  await loadWeights(api, net, 'ssd_mobilenetv1_model');
  return {
    inputSize: 512,
    outputs: ['boxes', 'scores'],
    forward: (images) => {
      const { boxes, scores } = net.forwardInput(images);
      return [tf.stack(boxes), tf.stack(scores)];
    },
    dispose: () => { net.dispose(); },
  };
}

async function loadTiny(api: FaceApi): Promise<LoadedNet> {
  const inputSize = 416;
  const net = new api.TinyFaceDetector();
  await loadWeights(api, net, 'tiny_face_detector_model');
  return {
    inputSize,
    outputs: ['boxes'],
    forward: (images) => {
      const cells = net.forwardInput(images, inputSize);
      return [cells.reshape([cells.shape[0], -1, 5])];
    },
    dispose: () => { net.dispose(); },
  };
}

async function loadLandmarks(api: FaceApi): Promise<LoadedNet> {
  const net = new api.FaceLandmark68Net();
  await loadWeights(api, net, 'face_landmark_68_model');
  return {
    inputSize: 112,
    outputs: ['points'],
    forward: (images) => [net.runNet(images)],
    dispose: () => { net.dispose(); },
  };
}
