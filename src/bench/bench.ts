/**
 * The benchmark as a whole: stages, throughput, peers, memory and start-up of the pipeline.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Config } from '../pipeline/config.js';
import type { PhotoFile } from '../core/result.js';
import { runCommand, type CommandRun } from './command.js';
import { coreCount, machineName } from './machine.js';
import { loadPeers, type MissingPeer } from './peers.js';
import type { PhotoSet } from './photo-sets.js';
import { measureStages, type StageMeasurement } from './stage-times.js';
import { median, medianRatio, percentile } from './statistics.js';
import { measureThroughput, type Throughput } from './throughput.js';

/** One stage of the pipeline. */
export interface StageFigures {
  readonly p50_ms: number;
  readonly p95_ms: number;
  /** Share of the time of all stages, 0 to 1. */
  readonly share: number;
}

/** Another tool on the same photos. */
export interface PeerFigures {
  readonly photos_per_s: number;
  /** How many times as many photos a second the pipeline does with all its workers. */
  readonly pipeline_times_faster: number;
  /** The same for the pipeline on one thread, one photo at a time. */
  readonly one_thread_times_faster: number;
}

/** Figures of one set of photos: medians over the rounds. */
export interface SetFigures {
  readonly description: string;
  readonly photos: number;
  readonly stages: Readonly<Record<string, StageFigures>>;
  /** With as many workers as cores, as is `decode_only_photos_per_s`. */
  readonly photos_per_s: number;
  readonly decode_only_photos_per_s: number;
  readonly share_of_decode_bound: number;
  /** The same share on one thread, one photo at a time. */
  readonly one_thread_share_of_decode_bound: number;
  /** The same share of processor time: bare decoding's over the whole pipeline's. */
  readonly processor_share_of_decode_bound: number;
  /** Photos a second by number of workers. */
  readonly workers: Readonly<Record<string, number>>;
  /** Photos a second with all workers over those with one. */
  readonly scaling: number;
  readonly peers: Readonly<Record<string, PeerFigures>>;
}

/** Everything that `pipeline bench` says. The figures at the top are those of the first set. */
export interface BenchResult extends SetFigures {
  readonly machine: string;
  readonly rounds: number;
  /** Megabytes of the command and its workers together; null where the system does not tell. */
  readonly peak_rss_mb: number | null;
  /** Seconds of `pipeline run` on one photo, from the start of the process to its end. */
  readonly start_up_s: number;
  readonly missing_peers: readonly MissingPeer[];
  readonly sets: Readonly<Record<string, SetFigures>>;
}

export interface BenchOptions {
  readonly config: Config;
  /** The settings again, as arguments for `pipeline run`. */
  readonly settings: readonly string[];
  readonly rounds: number;
  /** Whether to measure other tools, on the first set. */
  readonly peers: boolean;
  readonly onStep?: (description: string) => void;
}

/** Copies that the run whose memory is watched goes through: enough for it to level off. */
const memoryPhotos = 60;
const memoryInterval = 50;

/**
 * Measures everything.
 * @param sets at least one, with at least one photo each
 * @throws if a photo cannot be read or a net cannot be loaded
 */
export async function runBench(sets: readonly PhotoSet[], options: BenchOptions): Promise<BenchResult> {
  const { config, settings, rounds, onStep } = options;
  const [first] = sets;
  if (first === undefined) throw new Error('There are no photos to measure.');
  const measured: [string, SetFigures][] = [];
  for (const set of sets) {
    onStep?.(`${set.name}: photos a second`);
    const throughput = await measureThroughput(set.photos, config, workerCounts(coreCount()), rounds);
    onStep?.(`${set.name}: stages`);
    const stages = await measureStages(set.photos, config, [], rounds);
    measured.push([set.name, setFigures(set, throughput, stages)]);
  }
  onStep?.('start-up and memory');
  const [photo] = first.photos;
  const startUps: number[] = [];
  for (let round = 0; round < rounds && photo !== undefined; round += 1) {
    startUps.push((await runCommand([photo.path], settings, 0)).seconds);
  }
  const { memory } = await runOnCopies(first.photos, memoryPhotos, settings, memoryInterval);
  const onFirst = measured[0]?.[1];
  if (onFirst === undefined) throw new Error('Nothing was measured.');
  // Last, because they leave much behind in this process, which the pipeline's own figures must not suffer from.
  if (options.peers) onStep?.('other tools');
  const { peers, missing } = options.peers ? await loadPeers(config.image) : { peers: [], missing: [] };
  const beside = await measureStages(first.photos, config, peers, peers.length === 0 ? 0 : rounds);
  const withPeers = { ...onFirst, peers: peersFigures(beside, onFirst.photos_per_s) };
  return {
    machine: machineName(),
    rounds,
    ...withPeers,
    peak_rss_mb: memory.length === 0 ? null : rounded(Math.max(...memory.map(({ megabytes }) => megabytes)), 0),
    start_up_s: rounded(median(startUps), 2),
    missing_peers: missing,
    sets: { ...Object.fromEntries(measured), [first.name]: withPeers },
  };
}

/** One, then doubled, up to the number of cores. */
export function workerCounts(cores: number): number[] {
  const counts: number[] = [];
  for (let count = 1; count < cores; count *= 2) counts.push(count);
  return [...counts, cores];
}

/**
 * Runs the command on a folder of copies.
 * @param interval milliseconds between two looks at the memory
 */
export async function runOnCopies(
  photos: readonly PhotoFile[], count: number, settings: readonly string[], interval: number,
): Promise<CommandRun> {
  const folder = await mkdtemp(join(tmpdir(), 'pipeline-bench-'));
  try {
    for (let index = 0; index < count; index += 1) {
      const photo = photos[index % photos.length];
      if (photo === undefined) break;
      await copyFile(photo.path, join(folder, `${String(index).padStart(5, '0')}${extname(photo.path)}`));
    }
    return await runCommand([folder], settings, interval);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function setFigures(set: PhotoSet, throughput: Throughput, stages: StageMeasurement): SetFigures {
  const counts = [...throughput.pipeline.keys()];
  const most = throughput.pipeline.get(counts.at(-1) ?? 1) ?? [];
  const one = throughput.pipeline.get(1) ?? [];
  return {
    description: set.description,
    photos: set.photos.length,
    stages: stageFigures(stages),
    photos_per_s: rounded(median(most), 2),
    decode_only_photos_per_s: rounded(median(throughput.decodeOnly), 2),
    share_of_decode_bound: rounded(medianRatio(most, throughput.decodeOnly), 3),
    one_thread_share_of_decode_bound: rounded(medianRatio(stages.decodeOnly, stages.whole), 3),
    processor_share_of_decode_bound: rounded(medianRatio(stages.decodeOnlyCpu, stages.wholeCpu), 3),
    workers: Object.fromEntries(counts.map((count) => [count, rounded(median(throughput.pipeline.get(count) ?? []), 2)])),
    scaling: rounded(medianRatio(most, one), 3),
    peers: {},
  };
}

/** @param photosPerSecond of the pipeline with all workers */
function peersFigures({ peers, whole }: StageMeasurement, photosPerSecond: number): Record<string, PeerFigures> {
  return Object.fromEntries([...peers].map(([name, times]) => [name, peerFigures(times, whole, photosPerSecond)]));
}

function peerFigures(times: readonly number[], whole: readonly number[], photosPerSecond: number): PeerFigures {
  const peerRate = 1000 / median(times);
  return {
    photos_per_s: rounded(peerRate, 3),
    pipeline_times_faster: rounded(photosPerSecond / peerRate, 2),
    one_thread_times_faster: rounded(medianRatio(times, whole), 2),
  };
}

function stageFigures({ stages }: StageMeasurement): Record<string, StageFigures> {
  const total = [...stages.values()].flat().reduce((sum, value) => sum + value, 0);
  return Object.fromEntries([...stages].map(([name, times]) => [name, {
    p50_ms: rounded(median(times), 3),
    p95_ms: rounded(percentile(times, 0.95), 3),
    share: rounded(times.reduce((sum, value) => sum + value, 0) / total, 4),
  }]));
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
