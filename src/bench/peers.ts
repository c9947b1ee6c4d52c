/**
 * Other tools that look at the same photos, where they are installed. They are development dependencies: nothing else
 * may load them.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { packageFilePath } from '../files/weight-packages.js';
import { decodePhoto, openPhoto, type DecodeLimits } from '../image/decode.js';
import type { Raster } from '../core/raster.js';
import { estimateSharpness } from '../image/sharpness-estimate.js';
import {
  isFaceApiModule, isHumanModule, isTfjsModule, isWasmModule, type HumanSettings, type TfjsModule,
} from './peer-modules.js';

/** Another tool, ready to look at photos. */
export interface Peer {
  readonly name: string;
  readonly description: string;
  /** Opens a photo, finds what the tool finds, and forgets it. */
  look(path: string): Promise<void>;
}

/** A tool that is not here, and why. */
export interface MissingPeer {
  readonly name: string;
  readonly reason: string;
}

const require = createRequire(import.meta.url);

const peers: Readonly<Record<string, (limits: DecodeLimits) => Promise<Peer>>> = {
  'face-api-wasm': loadFaceApi,
  'human-wasm': loadHuman,
  'sharp-stats': () => Promise.resolve({
    name: 'sharp-stats', description: 'sharp, stats().sharpness of the whole photo',
    look: async (path) => { await estimateSharpness(path); },
  }),
};

/**
 * Loads every peer that can be loaded.
 * @param limits the `image` section of the configuration
 */
export async function loadPeers(limits: DecodeLimits): Promise<{ peers: Peer[]; missing: MissingPeer[] }> {
  const found: Peer[] = [];
  const missing: MissingPeer[] = [];
  for (const [name, load] of Object.entries(peers)) {
    try {
      found.push(await load(limits));
    } catch (error) {
      missing.push({ name, reason: (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '' });
    }
  }
  return { peers: found, missing };
}

/** SSD MobileNet v1 and 68 landmarks, as face-api's own demo for Node.js and WASM chains them. */
async function loadFaceApi(limits: DecodeLimits): Promise<Peer> {
  const tf = await startWasm();
  const api: unknown = require('@vladmandic/face-api/dist/face-api.node-wasm.js');
  if (!isFaceApiModule(api)) throw new Error('this version of @vladmandic/face-api is not known');
  const models = packageFilePath('@vladmandic/face-api', 'model');
  await api.nets.ssdMobilenetv1.loadFromDisk(models);
  await api.nets.faceLandmark68Net.loadFromDisk(models);
  const options = new api.SsdMobilenetv1Options({ minConfidence: 0.4, maxResults: 20 });
  return {
    name: 'face-api-wasm',
    description: '@vladmandic/face-api on tfjs WASM, SSD MobileNet v1 and 68 landmarks',
    look: async (path) => {
      const { data, width, height } = await colours(path, limits);
      const pixels = tf.tensor3d(data, [height, width, 3], 'int32');
      await api.detectAllFaces(pixels, options).withFaceLandmarks();
      pixels.dispose();
    },
  };
}

/** BlazeFace and FaceMesh; everything else that Human can do is off. */
async function loadHuman(limits: DecodeLimits): Promise<Peer> {
  const tf = await startWasm();
  // By its path: the package's exports hide this build from require.
  const module: unknown = require(packageFilePath('@vladmandic/human', 'dist/human.node-wasm.js'));
  if (!isHumanModule(module)) throw new Error('this version of @vladmandic/human is not known');
  // TensorFlow.js cannot open files in Node.js by itself.
  tf.io.registerLoadRouter((url) => (typeof url === 'string' && url.startsWith('file:') ? { load: () => readModel(url) } : null));
  const human = new module.Human(humanSettings());
  await human.load();
  return {
    name: 'human-wasm',
    description: '@vladmandic/human on tfjs WASM, BlazeFace and FaceMesh',
    look: async (path) => {
      const { data, width, height } = await colours(path, limits);
      const pixels = tf.tensor3d(data, [height, width, 3], 'int32');
      await human.detect(pixels);
      pixels.dispose();
    },
  };
}

function humanSettings(): HumanSettings {
  const off = { enabled: false } as const;
  const on = { enabled: true } as const;
  return {
    backend: 'wasm',
    wasmPath: wasmFolder(),
    modelBasePath: `${pathToFileURL(packageFilePath('@vladmandic/human', 'models')).href}/`,
    debug: false,
    // Otherwise it skips photos that look like the one before.
    cacheSensitivity: 0,
    filter: off,
    face: {
      enabled: true, detector: { enabled: true, maxDetected: 20, rotation: true }, mesh: on,
      iris: off, emotion: off, description: off, attention: off,
    },
    body: off, hand: off, gesture: off, object: off, segmentation: off,
  };
}

const modelFile = z.object({ modelTopology: z.unknown(), format: z.unknown(), weightsManifest: z.array(z.object({ weights: z.array(z.unknown()) })) });

async function readModel(url: string): Promise<unknown> {
  const file = fileURLToPath(url);
  const json = modelFile.parse(JSON.parse(await readFile(file, 'utf8')));
  const bytes = await readFile(file.replace(/\.json$/, '.bin'));
  return {
    modelTopology: json.modelTopology,
    format: json.format,
    weightSpecs: json.weightsManifest.flatMap(({ weights }) => weights),
    weightData: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength),
  };
}

async function startWasm(): Promise<TfjsModule> {
  const tf: unknown = require('@tensorflow/tfjs');
  const wasm: unknown = require('@tensorflow/tfjs-backend-wasm');
  if (!isTfjsModule(tf) || !isWasmModule(wasm)) throw new Error('this version of TensorFlow.js is not known');
  wasm.setWasmPaths(wasmFolder());
  if (!await tf.setBackend('wasm')) throw new Error('the WASM backend of TensorFlow.js does not start');
  await tf.ready();
  return tf;
}

function wasmFolder(): string {
  return join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist/');
}

/** Peers take colour photos at full size; their nets shrink them. */
async function colours(path: string, limits: DecodeLimits): Promise<Raster> {
  const { raster } = await decodePhoto(await openPhoto(path, limits), 1);
  if (raster.channels === 3) return raster;
  const data = new Uint8Array(raster.data.length * 3);
  for (const [index, value] of raster.data.entries()) data.fill(value, index * 3, index * 3 + 3);
  return { ...raster, data, channels: 3 };
}
