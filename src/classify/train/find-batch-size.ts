/**
 * Finds the batch size with the best throughput within a memory limit.
 */
import type { Backbone } from '../backbones/index.js';
import type { Batch } from './batch.js';
import { createTrainingStep, initialState, type Layout, type StepOptions } from './step.js';

export interface BatchSizeTrial {
  readonly batchSize: number;
  readonly imagesPerSecond: number;
  /** By how much the process grew, MB. */
  readonly megabytes: number;
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

/**
 * Tries batch sizes from 16 upwards until one needs more memory than allowed, there are fewer eyes, or the throughput
 * falls.
 * @param limit.megabytes by how much a step may make the process grow
 * @param limit.eyes in an epoch
 */
export async function findBatchSize(
  backbone: Backbone, layout: Layout, options: Omit<StepOptions, 'batch'>,
  limit: { readonly megabytes: number; readonly eyes: number },
): Promise<BatchSizeSearch> {
  const trials: BatchSizeTrial[] = [];
  for (const batchSize of CANDIDATES) {
    if (trials.length > 0 && batchSize > limit.eyes) break;
    const trial = await tryBatchSize(backbone, layout, { ...options, batch: batchSize });
    if (trials.length > 0 && trial.megabytes > limit.megabytes) break;
    const fallen = trial.imagesPerSecond < (trials.at(-1)?.imagesPerSecond ?? 0);
    trials.push(trial);
    if (fallen) break;
  }
  const best = trials.reduce((chosen, trial) =>
    (trial.imagesPerSecond > WORTH * chosen.imagesPerSecond ? trial : chosen));
  return { trials, batchSize: best.batchSize };
}

async function tryBatchSize(backbone: Backbone, layout: Layout, options: StepOptions): Promise<BatchSizeTrial> {
  const { batch: batchSize, height, width } = options;
  const before = process.memoryUsage().rss;
  const step = await createTrainingStep(backbone, options);
  const batch = madeUpBatch(batchSize, height, width);
  let state = initialState(layout, options.optimizer.name, 1);
  const times: number[] = [];
  for (let index = 0; index < WARM_UP + MEASURED; index += 1) {
    const from = performance.now();
    ({ state } = await step.run(state, batch, 0.001));
    if (index >= WARM_UP) times.push(performance.now() - from);
  }
  const megabytes = Math.max(0, process.memoryUsage().rss - before) / 1e6;
  await step.release();
  const median = times.sort((a, b) => a - b)[Math.floor(MEASURED / 2)] ?? Infinity;
  return { batchSize, megabytes, imagesPerSecond: batchSize / (median / 1000) };
}

/** A step takes as long whatever it sees. */
function madeUpBatch(count: number, height: number, width: number): Batch {
  return {
    pixels: Uint8Array.from({ length: count * height * width }, (_, index) => (index * 97) % 251),
    labels: Uint8Array.from({ length: count }, (_, index) => index % 2),
    weights: new Float32Array(count).fill(1),
    height, width,
  };
}
