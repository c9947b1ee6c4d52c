/**
 * Detectors and landmark nets by name.
 */
import { createBlazeFace } from './blazeface.js';
import type { EngineOptions } from './engine.js';
import { createFaceMesh } from './facemesh.js';
import { detectorOf } from './face-net.js';
import { createLandmarks68 } from './landmarks68.js';
import { packageFileSize, type WeightPackage } from '../files/weight-packages.js';
import { createSsdMobileNet } from './ssd-mobilenet.js';
import { createTinyFace } from './tiny-face.js';
import type { Detector, LandmarkNet } from './types.js';

/** What a net is, for lists. */
export interface NetInfo {
  readonly name: string;
  /** Side of its square input, px. */
  readonly inputSize: number;
  /** The npm package that its weights come from. */
  readonly package: WeightPackage;
  /** Size of the weights in that package. */
  readonly weightBytes: number;
}

export interface DetectorOptions extends EngineOptions {
  /** Detections below this score are left out, 0 to 1. */
  readonly minScore?: number;
}

interface Entry<Net, Options> {
  readonly inputSize: number;
  readonly package: WeightPackage;
  readonly weights: string;
  readonly create: (options: Options) => Promise<Net>;
}

const defaultMinScore = 0.5;

const detectors: Readonly<Record<string, Entry<Detector, DetectorOptions>>> = {
  'blazeface': {
    inputSize: 256,
    package: '@vladmandic/human',
    weights: 'models/blazeface.bin',
    create: async ({ minScore = defaultMinScore, ...options }) => detectorOf(await createBlazeFace(minScore, options)),
  },
  'ssd-mobilenet-v1': {
    inputSize: 512,
    package: '@vladmandic/face-api',
    weights: 'model/ssd_mobilenetv1_model.bin',
    create: async ({ minScore = defaultMinScore, ...options }) => detectorOf(await createSsdMobileNet(minScore, options)),
  },
  'tiny-face': {
    inputSize: 416,
    package: '@vladmandic/face-api',
    weights: 'model/tiny_face_detector_model.bin',
    create: async ({ minScore = defaultMinScore, ...options }) => detectorOf(await createTinyFace(minScore, options)),
  },
};

const landmarkNets: Readonly<Record<string, Entry<LandmarkNet, EngineOptions>>> = {
  'facemesh': {
    inputSize: 192,
    package: '@vladmandic/human',
    weights: 'models/facemesh.bin',
    create: createFaceMesh,
  },
  'landmarks68': {
    inputSize: 112,
    package: '@vladmandic/face-api',
    weights: 'model/face_landmark_68_model.bin',
    create: createLandmarks68,
  },
};

/**
 * A detector, ready to run: its weights are read and compiled here, once.
 * @throws if there is none of that name, or its weights are not installed
 */
export function createDetector(name: string, options: DetectorOptions = {}): Promise<Detector> {
  return entryOf(detectors, 'detector', name).create(options);
}

/**
 * A landmark net, ready to run.
 * @throws if there is none of that name, or its weights are not installed
 */
export function createLandmarkNet(name: string, options: EngineOptions = {}): Promise<LandmarkNet> {
  return entryOf(landmarkNets, 'landmark net', name).create(options);
}

/** The detectors there are. */
export function listDetectors(): NetInfo[] {
  return listOf(detectors);
}

/** The landmark nets there are. */
export function listLandmarkNets(): NetInfo[] {
  return listOf(landmarkNets);
}

function entryOf<T>(entries: Readonly<Record<string, T>>, kind: string, name: string): T {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry === undefined) throw new Error(`There is no ${kind} called ${name}; there are: ${Object.keys(entries).join(', ')}.`);
  return entry;
}

function listOf<Net, Options>(entries: Readonly<Record<string, Entry<Net, Options>>>): NetInfo[] {
  return Object.entries(entries).map(([name, { inputSize, package: from, weights }]) => ({
    name, inputSize, package: from, weightBytes: packageFileSize(from, weights),
  }));
}
