/**
 * Chooses where the onnx engine runs its nets: the CPU, or a GPU where one can be started.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GraphBuilder } from './graph.js';
import { createSession, floatsOf, floatTensor, type Device } from './session.js';

/** What a user may ask for. `auto` is the first GPU that starts, else the CPU. */
export type DeviceSetting = Device | 'auto';

/** A device that was asked for by name and cannot be used; the message says what to do. */
export class DeviceError extends Error {
  override readonly name = 'DeviceError';
}

/** The machine as far as the choice depends on it. */
export interface DeviceHost {
  /** `process.platform/process.arch`, such as linux/x64. */
  readonly platform: string;
  /** Whether the CUDA libraries lie beside onnxruntime-node; npm does not carry them. */
  readonly hasCudaLibraries: boolean;
  readonly createSession: typeof createSession;
}

export interface DeviceChoice {
  readonly device: Device;
  /** Why what comes before `device` was passed over, a sentence or two for each, with what to do about it. */
  readonly passedOver: readonly string[];
}

/** The GPUs that `auto` tries, in this order. */
const gpus = ['cuda', 'webgpu'] as const;

type Gpu = (typeof gpus)[number];

/** Platforms for which onnxruntime-node is built with the execution provider, as its README lists them. */
const platforms: Readonly<Record<Gpu, readonly string[]>> = {
  cuda: ['linux/x64'],
  webgpu: ['linux/x64', 'win32/x64', 'win32/arm64', 'darwin/arm64'],
};

const names: Readonly<Record<Gpu, string>> = { cuda: 'CUDA', webgpu: 'WebGPU' };

/** How to get the libraries that npm does not carry. */
export const cudaInstallCommand = 'ONNXRUNTIME_NODE_INSTALL=true node node_modules/onnxruntime-node/script/install.js';

const remedies: Readonly<Record<Gpu, string>> = {
  cuda: 'It takes an NVIDIA driver, CUDA 12 and cuDNN 9 where the dynamic linker finds them (LD_LIBRARY_PATH).',
  webgpu: 'It takes a GPU with a driver for Vulkan (Linux), Direct3D 12 (Windows) or Metal (macOS).',
};

/**
 * Decides on a device. A GPU counts only after a small net ran on it.
 * @throws DeviceError where a GPU was asked for by name and cannot be started
 *
 * @example
 * const { device, passedOver } = await chooseDevice('auto');
 */
export async function chooseDevice(setting: DeviceSetting, host: DeviceHost = thisHost()): Promise<DeviceChoice> {
  if (setting === 'cpu') return { device: 'cpu', passedOver: [] };
  const passedOver: string[] = [];
  for (const gpu of setting === 'auto' ? gpus : [setting]) {
    const problem = await problemOf(gpu, host);
    if (problem === undefined) return { device: gpu, passedOver };
    passedOver.push(problem);
  }
  if (setting === 'auto') return { device: 'cpu', passedOver };
  throw new DeviceError(`${passedOver.join(' ')} Or use runtime.device cpu.`);
}

/** Why a GPU cannot be used and what to do about it; undefined where it works. */
export async function problemOf(gpu: Gpu, host: DeviceHost = thisHost()): Promise<string | undefined> {
  const name = names[gpu];
  if (!platforms[gpu].includes(host.platform)) {
    return `${name} is not available: onnxruntime-node has it for ${platforms[gpu].join(', ')}, this is ${host.platform}.`;
  }
  if (gpu === 'cuda' && !host.hasCudaLibraries) {
    return `${name} is not available: its libraries are not installed. Get them with "${cudaInstallCommand}". ${remedies.cuda}`;
  }
  try {
    await tryOut(gpu, host.createSession);
    return undefined;
  } catch (error) {
    return `${name} could not be started: ${reasonOf(error)}. ${remedies[gpu]}`;
  }
}

/** The machine that this runs on. */
export function thisHost(): DeviceHost {
  return { platform: `${process.platform}/${process.arch}`, hasCudaLibraries: hasCudaLibraries(), createSession };
}

function hasCudaLibraries(): boolean {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  return existsSync(join(folder, 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so'));
}

/** Runs a convolution: libraries that are missing often show only when the first real kernel is asked for. */
async function tryOut(device: Device, create: DeviceHost['createSession']): Promise<void> {
  const graph = new GraphBuilder('try-out');
  const x = graph.input('x', 'float32', [1, 1, 4, 4]);
  const filter = graph.constant(Float32Array.of(2), [1, 1, 1, 1]);
  graph.output(graph.op('Conv', [x, filter], { kernel_shape: { ints: [1, 1] } }), 'y', 'float32', [1, 1, 4, 4]);
  const session = await create(graph.toModel(), { device });
  try {
    const y = floatsOf(await session.run({ x: floatTensor(new Float32Array(16).fill(3), [1, 1, 4, 4]) }), 'y');
    if (!y.every((value) => Math.abs(value - 6) < 1e-3)) throw new Error(`2 x 3 gave ${y[0] ?? 'nothing'}`);
  } finally {
    await session.release();
  }
}

/** The last sentence of a native message, without source files and function names. */
function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).trim().replaceAll(/\s+/g, ' ');
  const plain = /was false\. (.+)$/.exec(text)?.[1] ?? text;
  return plain.replace(/\.$/, '');
}
