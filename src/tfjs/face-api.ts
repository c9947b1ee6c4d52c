/**
 * The part of @vladmandic/face-api and of TensorFlow.js that is used here.
 *
 * face-api ships one build for each TensorFlow.js package and re-exports that package as `tf`, so both always belong together.
 */
import type * as tfjs from '@tensorflow/tfjs';

export type Tf = typeof tfjs;

/** Square images of one size, as face-api's nets take them. */
export type NetInput = object;

/** What every net of face-api can do. */
export interface Net {
  loadFromWeightMap(weights: tfjs.NamedTensorMap): void;
  dispose(throwOnRedispose?: boolean): void;
}

/** Boxes (top, left, bottom, right, 0 to 1) and scores of the anchors, one tensor of each for every image. */
export interface SsdNet extends Net {
  forwardInput(input: NetInput): { readonly boxes: tfjs.Tensor2D[]; readonly scores: tfjs.Tensor1D[] };
}

/** Images x rows x columns x (anchors * 5). */
export interface TinyNet extends Net {
  forwardInput(input: NetInput, inputSize: number): tfjs.Tensor4D;
}

/** Images x 136: x and y of 68 points, 0 to 1. */
export interface LandmarksNet extends Net {
  runNet(input: NetInput): tfjs.Tensor2D;
}

export interface FaceApi {
  readonly tf: Tf;
  readonly NetInput: new (images: readonly tfjs.Tensor3D[]) => NetInput;
  readonly SsdMobilenetv1: new () => SsdNet;
  readonly TinyFaceDetector: new () => TinyNet;
  readonly FaceLandmark68Net: new () => LandmarksNet;
}

const nets = ['NetInput', 'SsdMobilenetv1', 'TinyFaceDetector', 'FaceLandmark68Net'] as const;
const functions = ['setBackend', 'ready', 'getBackend', 'env', 'tensor3d', 'conv2d', 'tidy', 'loadGraphModel'] as const;

/** Whether a module is a build of face-api with a TensorFlow.js that can run its nets and graph models. */
export function isFaceApi(module: unknown): module is FaceApi {
  if (!isObject(module)) return false;
  const { tf } = module;
  return nets.every((name) => typeof module[name] === 'function')
    && isObject(tf) && functions.every((name) => typeof tf[name] === 'function');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
