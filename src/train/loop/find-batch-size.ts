/**
 * Finds the batch size with the best throughput within a memory limit.
 */
import type { Backbone } from '../backbones/index.js';
import { madeUpInput } from './step-input.js';
import { createTrainingStep, initialState, type Layout, type StepOptions } from './step.js';
import { checkStop, letSignalsIn } from './stopped.js';

export interface BatchSizeTrial {
  readonly batchSize: number;
  readonly imagesPerSecond: number;
  /**
   * By how much the process has grown, MB, with this size and all smaller ones. A larger size often needs little more than
   * a smaller one has left behind, and would seem to need less if it were measured alone.
   */
  readonly megabytes: number;
}

/** What a search may use. */
export interface BatchSizeLimit {
  /** By how much steps may make the process grow. */
  readonly megabytes: number;
  /** In an epoch. */
  readonly eyes: number;
  /** Memory that the process held before anything of the training was in it, bytes; what it holds now where not given. */
  readonly heldBefore?: number;
  /** Ends the search after the step in progress. */
  readonly stop?: AbortSignal;
}

export interface BatchSizeSearch {
  readonly trials: readonly BatchSizeTrial[];
  readonly batchSize: number;
}

const CANDIDATES = [16, 32, 64, 128, 256, 512] as const;
const WARM_UP = 2;
const MEASURED = 5;
/** A larger batch must be faster by this factor: it makes fewer updates of the same epoch. */
const WORTH = 1.05;
/** And it must leave this many updates an epoch: with a dozen of them a net learns little, however fast they are. */
const UPDATES = 50;

/**
 * Tries batch sizes from 16 upwards until one needs more memory than allowed, an epoch would have fewer than 50 updates, or
 * the throughput falls.
 * @param held memory of the process, bytes
 * @throws TrainingStopped if `limit.stop` was aborted
 */
export async function findBatchSize(
  backbone: Backbone, layout: Layout, options: Omit<StepOptions, 'batch'>, limit: BatchSizeLimit,
  held: () => number = heldMemory,
): Promise<BatchSizeSearch> {
  const trials: BatchSizeTrial[] = [];
  const before = limit.heldBefore ?? held();
  let megabytes = 0;
  const grown = (): number => {
    megabytes = Math.max(megabytes, (held() - before) / 1e6);
    return megabytes;
  };
  for (const batchSize of CANDIDATES) {
    if (trials.length > 0 && batchSize * UPDATES > limit.eyes) break;
    const trial = await tryBatchSize(backbone, layout, { ...options, batch: batchSize }, grown, limit.stop);
    if (trials.length > 0 && trial.megabytes > limit.megabytes) break;
    const fallen = trial.imagesPerSecond < (trials.at(-1)?.imagesPerSecond ?? 0);
    trials.push(trial);
    if (fallen) break;
  }
  const best = trials.reduce((chosen, trial) =>
    (trial.imagesPerSecond > WORTH * chosen.imagesPerSecond ? trial : chosen));
  return { trials, batchSize: best.batchSize };
}

/** Memory that this process holds, bytes. */
export function heldMemory(): number {
  return process.memoryUsage().rss;
}

async function tryBatchSize(
  backbone: Backbone, layout: Layout, options: StepOptions, grown: () => number, stop: AbortSignal | undefined,
): Promise<BatchSizeTrial> {
  const { batch: batchSize, height, width } = options;
  const step = await createTrainingStep(backbone, options);
  try {
    const batch = madeUpInput(batchSize, height, width);
    let state = initialState(layout, options.optimizer.name, 1);
    const times: number[] = [];
    for (let index = 0; index < WARM_UP + MEASURED; index += 1) {
      const from = performance.now();
      ({ state } = await step.run(state, batch, 0.001));
      if (index >= WARM_UP) times.push(performance.now() - from);
      await letSignalsIn();
      if (stop !== undefined) checkStop(stop, 'the search for a batch size');
    }
    const median = times.sort((a, b) => a - b)[Math.floor(MEASURED / 2)] ?? Infinity;
    // Before the step is released: what it needs is still held.
    return { batchSize, megabytes: grown(), imagesPerSecond: batchSize / (median / 1000) };
  } finally {
    await step.release();
  }
}
