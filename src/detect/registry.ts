/**
 * Detectors and landmark nets by name.
 */
import { readFileSync } from 'node:fs';
import { netPath } from '../files/package.js';
import { readMetadata } from '../onnx/model-file.js';
import { createBlazeFace } from './blazeface.js';
import type { EngineOptions } from './engine.js';
import { createFaceMesh } from './facemesh.js';
import { detectorOf } from './face-net.js';
import { createLandmarks68 } from './landmarks68.js';
import { createPortrait, portraitPath, PORTRAIT_SIZE } from './portrait.js';
import { createSsdMobileNet } from './ssd-mobilenet.js';
import { createTinyFace } from './tiny-face.js';
import type { Detector, LandmarkNet } from './types.js';

/** What a net is, for lists. */
export interface NetInfo {
  readonly name: string;
  /** Side of its square input, px. */
  readonly inputSize: number;
  /** The npm package that its weights were compiled from, with its version. */
  readonly source: string;
  /** Size of its file. */
  readonly bytes: number;
}

export interface DetectorOptions extends EngineOptions {
  /** Detections below this score are left out, 0 to 1. */
  readonly minScore?: number;
  /** Path of the portrait net; the one that comes with the tool where not given. */
  readonly portrait?: string;
}

interface Entry<Net, Options> {
  readonly inputSize: number;
  /** The file of a net of our own; foreign ones lie where the build put them. */
  readonly path?: string;
  readonly create: (options: Options) => Promise<Net>;
}

const defaultMinScore = 0.5;

const detectors: Readonly<Record<string, Entry<Detector, DetectorOptions>>> = {
  'blazeface': {
    inputSize: 256,
    create: async ({ minScore = defaultMinScore, ...options }) => detectorOf(await createBlazeFace(minScore, options)),
  },
  'ssd-mobilenet-v1': {
    inputSize: 512,
    create: async ({ minScore = defaultMinScore, ...options }) => detectorOf(await createSsdMobileNet(minScore, options)),
  },
  'tiny-face': {
    inputSize: 416,
    create: async ({ minScore = defaultMinScore, ...options }) => detectorOf(await createTinyFace(minScore, options)),
  },
  'portrait': {
    inputSize: PORTRAIT_SIZE,
    path: portraitPath,
    create: async ({ minScore = defaultMinScore, portrait = portraitPath, ...options }) => detectorOf(await createPortrait(portrait, minScore, options)),
  },
};

const landmarkNets: Readonly<Record<string, Entry<LandmarkNet, EngineOptions>>> = {
  'facemesh': {
    inputSize: 192,
    create: createFaceMesh,
  },
  'landmarks68': {
    inputSize: 112,
    create: createLandmarks68,
  },
};

/**
 * A detector, ready to run: its graph is read here, once.
 * @throws if there is none of that name, or its graph is not there
 */
export function createDetector(name: string, options: DetectorOptions = {}): Promise<Detector> {
  return entryOf(detectors, 'detector', name).create(options);
}

/**
 * A landmark net, ready to run.
 * @throws if there is none of that name, or its graph is not there
 */
export function createLandmarkNet(name: string, options: EngineOptions = {}): Promise<LandmarkNet> {
  return entryOf(landmarkNets, 'landmark net', name).create(options);
}

/**
 * The detectors there are.
 * @param portrait path of the portrait net
 */
export function listDetectors(portrait = portraitPath): NetInfo[] {
  return listOf({ ...detectors, portrait: { ...entryOf(detectors, 'detector', 'portrait'), path: portrait } });
}

/** The landmark nets there are. */
export function listLandmarkNets(): NetInfo[] {
  return listOf(landmarkNets);
}

/** The nets that look at a photo, by name. */
export interface NetNames {
  readonly detector: string;
  readonly landmarks: string;
  readonly second_look: boolean;
  readonly second_opinion: 'portrait' | 'none';
  readonly portrait_model: string;
}

/** Whether small faces are asked about: what the opinions must come to was fitted on BlazeFace alone. */
export function asksSecondOpinion({ detector, second_look: secondLook, second_opinion: opinion }: Omit<NetNames, 'landmarks' | 'portrait_model'>): boolean {
  return secondLook && opinion !== 'none' && detector === 'blazeface';
}

/** The files of the nets. @throws if there is none of a name */
export function netFiles(names: NetNames): string[] {
  const { detector, landmarks, portrait_model: portrait } = names;
  const own = entryOf(detectors, 'detector', detector).path !== undefined;
  entryOf(landmarkNets, 'landmark net', landmarks);
  return [own ? portrait : netPath(detector), netPath(landmarks), ...(asksSecondOpinion(names) ? [portrait] : [])];
}

function entryOf<T>(entries: Readonly<Record<string, T>>, kind: string, name: string): T {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
  if (entry === undefined) throw new Error(`There is no ${kind} called ${name}; there are: ${Object.keys(entries).join(', ')}.`);
  return entry;
}

function listOf<Net, Options>(entries: Readonly<Record<string, Entry<Net, Options>>>): NetInfo[] {
  return Object.entries(entries).map(([name, { inputSize, path }]) => {
    const model = readFileSync(path ?? netPath(name));
    const source = path === undefined ? readMetadata(model)['source'] ?? 'an unknown place' : 'trained with this tool';
    return { name, inputSize, source, bytes: model.length };
  });
}
