/**
 * Looks at what is there to run on, and tries it out.
 */
import { basename } from 'node:path';
import { createEyeClassifier } from '../classify/eye-classifier.js';
import { DETECTOR } from '../classify/settings.js';
import type { Config } from '../pipeline/config.js';
import { listDetectors, listLandmarkNets } from '../detect/registry.js';
import { decodePhoto, openBytes } from '../image/decode.js';
import { problemOf, thisHost, type DeviceHost } from '../onnx/device.js';
import { runtimeInfo } from '../onnx/session.js';
import { settleEngine } from '../pipeline/engine.js';
import { findExiftool, howToInstall, type Exiftool } from '../reports/xmp/exiftool.js';
import { workerCount } from '../run/pool.js';
import { describeTfjs, loadTfjs, TfjsMissingError, type LoadedTfjs } from '../tfjs/packages.js';
import { examineMachine, type Machine } from './machine.js';

/** One thing that was looked at. */
export interface Finding {
  readonly part: 'machine' | 'onnx engine' | 'tfjs engine' | 'models' | 'editors' | 'settings' | 'queue';
  /** `missing` can be done without; `broken` cannot. */
  readonly state: 'ok' | 'missing' | 'broken';
  /** A sentence; where something is missing or broken, with what to do. */
  readonly text: string;
}

/** What the examination looks at. */
export interface DoctorHost {
  readonly machine: Machine;
  readonly devices: DeviceHost;
  readonly loadTfjs: (threads: number) => Promise<LoadedTfjs>;
  readonly findExiftool: () => Promise<Exiftool | undefined>;
}

/** The machine that this runs on. */
export async function thisDoctorHost(): Promise<DoctorHost> {
  return { machine: await examineMachine(), devices: thisHost(), loadTfjs, findExiftool };
}

/** Looks at everything that the tool can run on, and tries it out. */
export async function examine(config: Config, host: DoctorHost): Promise<Finding[]> {
  return [
    ...machineFindings(host.machine),
    ...await onnxFindings(host),
    ...await tfjsFindings(config, host),
    ...await modelFindings(config),
    await exiftoolFinding(host),
    ...await settingsFindings(config, host),
  ];
}

function machineFindings(machine: Machine): Finding[] {
  const simd = machine.simd.length === 0 ? '' : `, with ${machine.simd.join(', ')}`;
  const gpus = machine.nvidiaGpus.map((gpu): Finding => finding('machine', 'ok', `NVIDIA GPU: ${gpu}.`));
  const none = finding('machine', 'missing', 'No NVIDIA GPU: nvidia-smi shows none. Nothing needs one.');
  return [
    nodeFinding(machine),
    finding('machine', 'ok', `${String(machine.threads)} threads on ${machine.processor || 'an unnamed processor'}${simd}; `
      + `${String(Math.round(machine.memory / 2 ** 30))} GiB of memory.`),
    ...gpus.length === 0 ? [none] : gpus,
  ];
}

function nodeFinding({ node, platform }: Machine): Finding {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isNewEnough = major > 20 || (major === 20 && minor >= 9);
  const text = `Node.js ${node} on ${platform}.`;
  return isNewEnough ? finding('machine', 'ok', text) : finding('machine', 'broken', `${text} Install Node.js 20.9 or newer.`);
}

async function onnxFindings({ devices }: DoctorHost): Promise<Finding[]> {
  const findings = [finding('onnx engine', 'ok', `onnxruntime-node ${runtimeInfo().version}, on the CPU.`)];
  for (const [gpu, name] of [['cuda', 'CUDA'], ['webgpu', 'WebGPU']] as const) {
    const problem = await problemOf(gpu, devices);
    findings.push(problem === undefined
      ? finding('onnx engine', 'ok', `${name} works: runtime.device ${gpu}.`)
      : finding('onnx engine', 'missing', problem));
  }
  return findings;
}

async function tfjsFindings({ runtime: { threads } }: Config, host: DoctorHost): Promise<Finding[]> {
  try {
    const loaded = await host.loadTfjs(threads);
    return [...passedOver(loaded.passedOver), finding('tfjs engine', 'ok', `${await describeTfjs(loaded)}.`)];
  } catch (error) {
    if (!(error instanceof TfjsMissingError)) throw error;
    return passedOver(error.passedOver);
  }
}

function passedOver(sentences: readonly string[]): Finding[] {
  return sentences.map((text) => finding('tfjs engine', 'missing', text));
}

async function modelFindings(config: Config): Promise<Finding[]> {
  return [await photoFinding(), ...netFindings(config.detect.portrait_model), await eyeStateFinding(config.classify.model)];
}

async function eyeStateFinding(model: string): Promise<Finding> {
  if (model === DETECTOR) return finding('models', 'ok', 'The detector\'s own word on eyes (classify.model: detector).');
  try {
    const classifier = await createEyeClassifier(model);
    await classifier.release();
    return finding('models', 'ok', `The eye-state net ${basename(model)}, ${String(classifier.info.width)} x ${String(classifier.info.height)} px.`);
  } catch (error) {
    return finding('models', 'broken', messageOf(error));
  }
}

/** Opens a PNG of one pixel, to see that the native image library loads. */
async function photoFinding(): Promise<Finding> {
  const png = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8/5+hHgAHggJ/PchI7wAAAABJRU5ErkJggg==';
  try {
    const photo = await openBytes(Buffer.from(png, 'base64'), { max_megapixels: 1, max_megabytes: 1, timeout_seconds: 10 });
    await decodePhoto(photo, 1);
    return finding('models', 'ok', 'Photos can be opened (sharp).');
  } catch (error) {
    return finding('models', 'broken', `Photos cannot be opened: ${messageOf(error)} Run "npm ci" again.`);
  }
}

async function exiftoolFinding(host: DoctorHost): Promise<Finding> {
  const found = await host.findExiftool();
  return found === undefined
    ? finding('editors', 'missing', `No exiftool, which only pipeline xmp --embed needs. ${howToInstall}`)
    : finding('editors', 'ok', `exiftool ${found.version} of ${found.source}: pipeline xmp --embed can write into photos.`);
}

function netFindings(portrait: string): Finding[] {
  try {
    return [...listDetectors(portrait), ...listLandmarkNets()].map((net) => finding('models', 'ok',
      `${net.name}, ${String(net.inputSize)} px, ${(net.bytes / 1e6).toFixed(1)} MB, from ${net.source}.`));
  } catch (error) {
    return [finding('models', 'broken', messageOf(error))];
  }
}

async function settingsFindings(config: Config, { devices }: DoctorHost): Promise<Finding[]> {
  try {
    const { config: { detect, runtime, run } } = await settleEngine(config, devices);
    const tfjs = detect.engine === 'tfjs';
    const where = tfjs ? 'the tfjs engine' : `the onnx engine on ${runtime.device}`;
    const threads = `${String(runtime.threads)} thread${runtime.threads === 1 ? '' : 's'} inside an inference${tfjs ? ' where TensorFlow.js is native' : ''}`;
    return [finding('settings', 'ok', `Detection runs ${detect.detector} and ${detect.landmarks} with ${where}; `
      + `${String(workerCount(run.workers))} workers, ${threads}.`)];
  } catch (error) {
    return [finding('settings', 'broken', messageOf(error))];
  }
}

function finding(part: Finding['part'], state: Finding['state'], text: string): Finding {
  return { part, state, text };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
