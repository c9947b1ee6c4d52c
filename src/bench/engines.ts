/**
 * Engines and devices side by side: the detection stage on every one that starts on this machine.
 */
import { performance } from 'node:perf_hooks';
import type { Config } from '../pipeline/config.js';
import type { EngineOptions } from '../detect/engine.js';
import { createFaceFinder } from '../detect/faces.js';
import { decodePhoto, openPhoto, shrinkFor } from '../image/decode.js';
import type { Raster } from '../core/raster.js';
import { runtimeInfo, type Device } from '../onnx/session.js';
import { problemOf } from '../onnx/device.js';
import type { PhotoFile } from '../core/result.js';
import { describeTfjs } from '../tfjs/packages.js';
import { sharedTfjs } from '../tfjs/shared.js';
import { median, percentile } from './statistics.js';

/** One way to run detection, measured. Milliseconds of a photo's faces and landmarks, decoding left out. */
export interface EngineFigures {
  readonly engine: 'onnx' | 'tfjs';
  /** The runtime with its version and device. */
  readonly runtime: string;
  readonly p50_ms: number;
  readonly p95_ms: number;
  /** Seconds to load the nets. */
  readonly load_s: number;
  /** Faces found in all photos: every engine must find the same. */
  readonly faces: number;
}

/** What could not be measured, and why. */
export interface EngineComparison {
  readonly measured: readonly EngineFigures[];
  readonly leftOut: readonly string[];
}

interface Candidate {
  readonly runtime: string;
  readonly options: EngineOptions;
}

/**
 * Measures the detection stage of `config` (detector, landmarks, threads) on each engine and device that starts.
 * @param photos looked at once a round, after a round that does not count
 * @throws if a photo cannot be read
 */
export async function compareEngines(
  photos: readonly PhotoFile[],
  config: Config,
  rounds: number,
  onStep?: (description: string) => void,
): Promise<EngineComparison> {
  const rasters: Raster[] = [];
  for (const photo of photos) rasters.push(await decode(photo, config));
  const { candidates, leftOut } = await findCandidates(config.runtime.threads);
  const measured: EngineFigures[] = [];
  for (const candidate of candidates) {
    onStep?.(`detection on ${candidate.runtime}`);
    measured.push(await measure(candidate, rasters, config, rounds));
  }
  return { measured, leftOut };
}

/** The comparison as a table for people. */
export function engineTable({ measured, leftOut }: EngineComparison): string {
  const width = Math.max(7, ...measured.map(({ runtime }) => runtime.length));
  const row = (runtime: string, ...cells: readonly string[]): string =>
    runtime.padEnd(width) + cells.map((cell) => cell.padStart(10)).join('');
  return `${[
    row('runtime', 'p50 ms', 'p95 ms', 'load s', 'faces'),
    ...measured.map(({ runtime, p50_ms, p95_ms, load_s, faces }) =>
      row(runtime, p50_ms.toFixed(1), p95_ms.toFixed(1), load_s.toFixed(2), String(faces))),
    ...leftOut,
  ].join('\n')}\n`;
}

async function decode(photo: PhotoFile, config: Config): Promise<Raster> {
  const opened = await openPhoto(photo.path, config.image);
  return (await decodePhoto(opened, shrinkFor(opened, config.image.decode_side))).raster;
}

async function findCandidates(threads: number): Promise<{ candidates: Candidate[]; leftOut: string[] }> {
  const onnx = (device: Device): Candidate =>
    ({ runtime: `onnxruntime-node ${runtimeInfo().version} on ${device}`, options: { engine: 'onnx', device, threads } });
  const candidates = [onnx('cpu')];
  const leftOut: string[] = [];
  for (const gpu of ['cuda', 'webgpu'] as const) {
    const problem = await problemOf(gpu);
    if (problem === undefined) candidates.push(onnx(gpu));
    else leftOut.push(problem);
  }
  try {
    candidates.push({ runtime: await describeTfjs(await sharedTfjs()), options: { engine: 'tfjs' } });
  } catch (error) {
    leftOut.push(error instanceof Error ? error.message : String(error));
  }
  return { candidates, leftOut };
}

async function measure(candidate: Candidate, rasters: readonly Raster[], config: Config, rounds: number): Promise<EngineFigures> {
  const start = performance.now();
  const finder = await createFaceFinder(config.detect, candidate.options);
  const loaded = performance.now();
  const times: number[] = [];
  let faces = 0;
  for (let round = 0; round <= rounds; round += 1) {
    faces = 0;
    for (const raster of rasters) {
      const begin = performance.now();
      faces += (await finder.find(raster)).length;
      if (round > 0) times.push(performance.now() - begin);
    }
  }
  await finder.release();
  return {
    engine: candidate.options.engine ?? 'onnx', runtime: candidate.runtime, p50_ms: median(times), p95_ms: percentile(times, 0.95),
    load_s: (loaded - start) / 1000, faces,
  };
}
