/**
 * Chooses where the onnx engine runs its nets: the CPU, or a GPU where one can be started.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runTrial } from './trial.js';
import type { Device } from './session.js';

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
  /** Runs a small net on the device. Rejects with the reason where that does not work. */
  readonly tryOut: (device: Device) => Promise<void>;
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
function cudaInstallCommand(): string {
  return `ONNXRUNTIME_NODE_INSTALL=true node '${join(runtimeFolder(), 'script', 'install.js')}'`;
}

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
    return `${name} is not available: its libraries are not installed. Get them with "${cudaInstallCommand()}". ${remedies.cuda}`;
  }
  try {
    await host.tryOut(gpu);
    return undefined;
  } catch (error) {
    return `${name} could not be started: ${reasonOf(error)}. ${remedies[gpu]}`;
  }
}

/** The machine that this runs on. */
export function thisHost(): DeviceHost {
  return { platform: `${process.platform}/${process.arch}`, hasCudaLibraries: hasCudaLibraries(), tryOut: runTrial };
}

/** Where onnxruntime-node lies: beside this package, or inside it. */
function runtimeFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
}

function hasCudaLibraries(): boolean {
  return existsSync(join(runtimeFolder(), 'bin', 'napi-v6', process.platform, process.arch, 'libonnxruntime_providers_cuda.so'));
}

/** The last sentence of a native message, without source files and function names. */
function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).trim().replaceAll(/\s+/g, ' ');
  const plain = /was false\. (.+)$/.exec(text)?.[1] ?? text;
  return plain.replace(/\.$/, '');
}
