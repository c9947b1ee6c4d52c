/**
 * Finds a TensorFlow.js to run on. All of them are optional: they are looked for by name, when the engine is asked for.
 */
import { createRequire } from 'node:module';
import type * as tfjs from '@tensorflow/tfjs';
import { errorCode } from '../files/error-code.js';
import { isFaceApi, type FaceApi } from './face-api.js';

/** One way to have TensorFlow.js. */
export interface TfjsPackage {
  /** npm packages that have to be there, the one that gives it its name first. */
  readonly packages: readonly [string, ...string[]];
  /** The build of face-api that is made for it. */
  readonly faceApi: string;
  /** What TensorFlow.js calls its backend. */
  readonly backend: 'tensorflow' | 'wasm';
  /** Is of use only where it sees a GPU. */
  readonly gpu?: true;
  readonly purpose: string;
  readonly needs: string;
}

/**
 * In the order in which they are tried: a GPU where there is one, then what was faster with the nets that are the default. Those
 * took 47 to 51 ms a photo on WebAssembly and 114 to 132 on tfjs-node 4.22 with libtensorflow 2.9.1 on a 2-core CPU; for
 * ssd-mobilenet-v1 it was the other way round.
 */
export const tfjsPackages: readonly TfjsPackage[] = [
  {
    packages: ['@tensorflow/tfjs-node-gpu'],
    faceApi: '@vladmandic/face-api/dist/face-api.node-gpu.js',
    backend: 'tensorflow',
    gpu: true,
    purpose: 'for an NVIDIA GPU',
    needs: 'It needs Node.js 22 or older, CUDA 11.2 and cuDNN 8.1, and downloads libtensorflow when it is installed.',
  },
  {
    packages: ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'],
    faceApi: '@vladmandic/face-api/dist/face-api.node-wasm.js',
    backend: 'wasm',
    purpose: 'for WebAssembly, which runs everywhere',
    needs: 'It needs nothing else.',
  },
  {
    packages: ['@tensorflow/tfjs-node'],
    faceApi: '@vladmandic/face-api/dist/face-api.node.js',
    backend: 'tensorflow',
    purpose: 'for native code on the CPU',
    needs: 'It needs Node.js 22 or older, and downloads libtensorflow when it is installed.',
  },
];

/** The packages that the nets come from; the onnx engine needs neither. */
const netPackages = ['@vladmandic/face-api', '@vladmandic/human'] as const;

/** A TensorFlow.js that works, with the nets that run on it. */
export interface LoadedTfjs {
  readonly api: FaceApi;
  readonly package: TfjsPackage;
  /** One sentence for each package that was tried before, with what to install. */
  readonly passedOver: readonly string[];
}

/** None of the packages is installed and works; the message says what to install. */
export class TfjsMissingError extends Error {
  override readonly name = 'TfjsMissingError';

  /** @param passedOver one sentence for each package that was tried, with what to install */
  constructor(readonly passedOver: readonly string[]) {
    super(`The tfjs engine has no TensorFlow.js to run on. ${passedOver.join(' ')} Or use detect.engine onnx, which needs nothing.`);
  }
}

/** Gives a module by its name, as `require` does. */
export type Load = (name: string) => unknown;

/**
 * Loads the first TensorFlow.js that is installed and works.
 * @param threads inside an inference, where it is native; what the environment says comes first
 * @throws TfjsMissingError where none does
 */
export async function loadTfjs(threads: number, load: Load = createRequire(import.meta.url)): Promise<LoadedTfjs> {
  setUpTensorflow(threads);
  const passedOver: string[] = [];
  for (const candidate of tfjsPackages) {
    try {
      const api = await start(candidate, load);
      return { api, package: candidate, passedOver };
    } catch (error) {
      passedOver.push(sentenceFor(candidate, error));
    }
  }
  throw new TfjsMissingError(passedOver);
}

/** libtensorflow reads these when it is loaded. */
function setUpTensorflow(threads: number): void {
  // It tells of its start on the error stream, where a run's own messages stand.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  process.env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
}

async function start(candidate: TfjsPackage, load: Load): Promise<FaceApi> {
  // By themselves first: face-api's build would report a missing package as an error of its own.
  for (const name of candidate.packages) load(name);
  const api = load(candidate.faceApi);
  if (!isFaceApi(api)) throw new Error('it has not the functions that are needed; version 4.22 has');
  if (!await api.tf.setBackend(candidate.backend)) throw new Error(`its ${candidate.backend} backend does not start`);
  await api.tf.ready();
  await tryOut(api);
  // Without a GPU the package computes on the CPU and says nothing.
  if (candidate.gpu === true && !isOnGpu(api.tf)) throw new Error('libtensorflow sees no GPU');
  return api;
}

function isOnGpu(tf: FaceApi['tf']): boolean {
  const native: unknown = tf.backend();
  return typeof native === 'object' && native !== null && 'isUsingGpuDevice' in native && native.isUsingGpuDevice === true;
}

/** Version, backend and what that backend makes use of, in a few words. */
export async function describeTfjs({ api: { tf }, package: { packages, backend } }: LoadedTfjs): Promise<string> {
  const name = `${packages.join(' with ')} ${tf.version_core}`;
  if (backend === 'wasm') {
    const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT') === true;
    const threads = await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT') === true;
    return `${name}: WebAssembly ${simd ? 'with' : 'without'} SIMD, ${threads ? 'several threads' : 'one thread'}`;
  }
  return `${name}: libtensorflow on the ${isOnGpu(tf) ? 'GPU' : 'CPU'}`;
}

/** Runs a convolution: tfjs-node loads on Node.js 23 and newer, but its kernels call what that no longer has. */
async function tryOut({ tf }: FaceApi): Promise<void> {
  const y = tf.tidy(() => tf.conv2d(tf.fill<tfjs.Rank.R3>([4, 4, 1], 3), tf.fill<tfjs.Rank.R4>([1, 1, 1, 1], 2), 1, 'same'));
  const values = await y.data();
  y.dispose();
  if (values[0] !== 6) throw new Error(`2 x 3 gave ${String(values[0])}`);
}

/** What is missing or broken, and what to do about it. */
function sentenceFor(candidate: TfjsPackage, error: unknown): string {
  if (isMissing(error, candidate.packages)) return howToInstall(candidate);
  if (isMissing(error, [candidate.faceApi])) {
    return `${candidate.packages[0]} is installed, the packages of the nets are not: npm install --save-dev ${netPackages.join(' ')}.`;
  }
  return whyNot(candidate, error);
}

/** Whether it is one of these modules itself that is not there, and not something that it needs. */
function isMissing(error: unknown, modules: readonly string[]): boolean {
  return error instanceof Error && errorCode(error) === 'MODULE_NOT_FOUND'
    && modules.some((name) => error.message.includes(`'${name}'`));
}

/** With --save-dev: of an optional peer dependency npm 11.9 and later say "up to date" otherwise, and install nothing. */
function howToInstall(candidate: TfjsPackage): string {
  return `${candidate.packages.join(' with ')} is not installed; ${candidate.purpose}: npm install --save-dev ${candidate.packages.join(' ')}.`;
}

function whyNot(candidate: TfjsPackage, error: unknown): string {
  const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]?.trim().replace(/\.$/, '');
  return `${candidate.packages[0]} is installed but does not work: ${String(reason)}. ${candidate.needs}`;
}
