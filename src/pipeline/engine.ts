/**
 * Settles what runs the detection nets, and where. What the usual way, onnx on the CPU, does not need is not loaded for it.
 */
import { UsageError } from '../core/usage-error.js';
import type { Config } from './config.js';
import type { EngineOptions } from '../detect/engine.js';
import type { DeviceHost } from '../onnx/device.js';

/** What was found. Can be given to workers: a second settling of it finds the same, without notes. */
export interface Settled {
  /** The settings with engine and device named, nothing left to `auto`. */
  readonly config: Config;
  /** What was passed over and why, in sentences for people. */
  readonly notes: readonly string[];
}

/**
 * Decides on engine and device: `auto` is the onnx engine, on the first GPU that starts or else on the CPU.
 * @param host the machine to choose a device on; this one where not given
 * @throws UsageError where an engine or a device was asked for by name and cannot be used; the message says what to do
 *
 * @example
 * const { config, notes } = await settleEngine(loadConfig());
 */
export async function settleEngine(config: Config, host?: DeviceHost): Promise<Settled> {
  return config.detect.engine === 'tfjs' ? settleTfjs(config) : settleDevice(config, host);
}

/**
 * What the detection nets have to be opened with.
 * @throws as `settleEngine` does
 */
export async function engineOptions(config: Config): Promise<EngineOptions> {
  const { config: { detect, runtime } } = await settleEngine(config);
  return {
    engine: detect.engine === 'tfjs' ? 'tfjs' : 'onnx',
    device: runtime.device === 'auto' ? 'cpu' : runtime.device,
    threads: runtime.threads,
  };
}

async function settleTfjs(config: Config): Promise<Settled> {
  const { device, threads } = config.runtime;
  if (device === 'cuda' || device === 'webgpu') {
    throw new UsageError(`runtime.device ${device} is for the onnx engine; detect.engine tfjs runs on a GPU where @tensorflow/tfjs-node-gpu is `
      + 'installed and sees one. Leave the device out, or use detect.engine onnx.');
  }
  const { sharedTfjs } = await import('../tfjs/shared.js');
  const { package: found, passedOver } = await sharedTfjs(threads).catch(asUsageError);
  const notes = passedOver.length === 0 ? [] : [...passedOver, `Detection runs on ${found.packages.join(' with ')}.`];
  return { config, notes };
}

async function settleDevice(config: Config, host?: DeviceHost): Promise<Settled> {
  const { device: setting } = config.runtime;
  const onnx: Config = { ...config, detect: { ...config.detect, engine: 'onnx' } };
  if (setting === 'cpu') return { config: onnx, notes: [] };
  const { chooseDevice } = await import('../onnx/device.js');
  const { device, passedOver } = await chooseDevice(setting, host).catch(asUsageError);
  return {
    config: { ...onnx, runtime: { ...config.runtime, device } },
    notes: setting === 'auto' ? [...passedOver, `Detection runs on the ${device === 'cpu' ? 'CPU' : 'GPU'} (${device}).`] : [],
  };
}

function asUsageError(error: unknown): never {
  throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
}
