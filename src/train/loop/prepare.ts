/**
 * What comes before the first epoch: checks, and the search for what the settings leave open.
 */
import type { Config } from '../../pipeline/config.js';
import { createLoader, type Batch, type Loader } from '../data/loader.js';
import { overfitOneBatch, requireFinite } from './checks.js';
import { findBatchSize, heldMemory } from './find-batch-size.js';
import { findLearningRate, type RateSearch } from './find-learning-rate.js';
import { planStages, stageAt, type Stage } from './stages.js';
import { createTrainingStep, initialState, type Layout, type StepOptions, type TrainingState } from './step.js';
import type { TrainingRun } from './training-run.js';
import { validate } from './validate.js';

type Settings = Config['train'];

/** Epochs of the finders and checks: numbers that no run reaches, so that their batches are their own. */
const SEARCH_EPOCH = 1_000_000;
const CHECK_EPOCH = 1_000_001;
/** Eyes that the sanity check learns by heart, and validates before the first epoch. */
const CHECK_BATCH = 32;

/** Sweeps the learning rate at the last size, without training. @throws TrainingStopped if `run.stop` was aborted */
export async function searchLearningRate(
  run: TrainingRun, start: TrainingState, batchSize: number,
): Promise<RateSearch> {
  const { train: settings } = run.config;
  const stage = lastStage(settings);
  const loader = createTrainingLoader(run, batchSize, Infinity);
  const step = await createTrainingStep(run.backbone, stepOptions(settings, batchSize, stage));
  try {
    return await findLearningRate(step, start, endless(loader, stage), run.stop);
  } finally {
    await step.release();
    await loader.close();
  }
}

/** What the search for a learning rate found, and how far its sweeps agree. */
export function describeRate({ suggestion, suggestions }: RateSearch): string {
  return `learning rate: ${String(suggestion)} (the median of ${String(suggestions.length)} sweeps, which say ${suggestions.join(', ')})`;
}

/** The state before the first step: random, or what `init` gives. */
export function startingState(run: Pick<TrainingRun, 'config' | 'init'>, layout: Layout): TrainingState {
  const { optimizer, seed } = run.config.train;
  const state = initialState(layout, optimizer, seed);
  if (!run.init) return state;
  const { parameters, statistics } = run.init;
  return { ...state, parameters, statistics, average: parameters.slice() };
}

/**
 * Eyes a step: the configured batch size, or the one found, as many times as gradients are accumulated.
 * @param heldBefore memory of the process before the training began, bytes; now where not given
 * @throws TrainingStopped if `run.stop` was aborted
 */
export async function chooseBatchSize(
  run: Pick<TrainingRun, 'config' | 'partition' | 'say' | 'stop' | 'backbone'>, layout: Layout, stage: Stage, heldBefore = heldMemory(),
): Promise<number> {
  const { train: settings } = run.config;
  const eyes = run.partition.train.length;
  const { accumulate } = settings;
  if (settings.batch_size !== 'auto') return accumulate * Math.max(1, Math.min(settings.batch_size, Math.floor(eyes / accumulate)));
  const found = await findBatchSize(run.backbone, layout, { ...stepOptions(settings, accumulate, stage), accumulate: 1 }, {
    megabytes: settings.memory_limit, eyes: eyes / accumulate, heldBefore, stop: run.stop,
  });
  for (const { batchSize, imagesPerSecond, megabytes } of found.trials) {
    run.say(`batch size ${String(batchSize)}: ${imagesPerSecond.toFixed(0)} images a second, grown by ${megabytes.toFixed(0)} MB so far`);
  }
  const batchSize = accumulate * found.batchSize;
  run.say(`batch size: ${String(found.batchSize)}${accumulate > 1 ? ` (${String(accumulate)} batches a step)` : ''}, `
    + `${String(Math.floor(eyes / batchSize))} updates an epoch`);
  return batchSize;
}

/** The stage that a run ends with. */
export function lastStage(settings: Settings): Stage {
  return stageAt(planStages(settings), settings.epochs - 1);
}

/** Batches of the training part. @param limit batches an epoch at most, instead of the settings' */
export function createTrainingLoader(
  { config: { train: settings }, dataset, partition }: Pick<TrainingRun, 'config' | 'dataset' | 'partition'>, batchSize: number, limit?: number,
): Loader {
  const most = limit ?? settings.limit_batches;
  const eyes = partition.train.length;
  return createLoader(dataset, partition.train, {
    batchSize, seed: settings.seed, workers: settings.loader_threads, balance: settings.balance, emphasis: settings.emphasis,
    samplesPerEpoch: most > 0 && Number.isFinite(most) ? Math.min(eyes, most * batchSize) : eyes,
  });
}

/** Epoch after epoch. */
async function* endless(loader: Loader, stage: Stage): AsyncGenerator<Batch, void, void> {
  for (let epoch = SEARCH_EPOCH; ; epoch += 1) yield* loader.epoch(epoch, stage);
}

/** What the settings say of a step. @param batch eyes a step, all accumulated ones together */
export function stepOptions(settings: Settings, batch: number, { height, width }: Stage): StepOptions {
  return {
    batch, accumulate: settings.accumulate, height, width, threads: settings.threads, labelSmoothing: settings.label_smoothing,
    frozen: settings.freeze,
    optimizer: { name: settings.optimizer, weightDecay: settings.weight_decay, clip: settings.clip },
  };
}

/** One batch learnt by heart and two validated, before any time is spent. */
export async function sanityCheck(run: TrainingRun, layout: Layout, stage: Stage): Promise<void> {
  const { backbone, config: { train: settings } } = run;
  const batchSize = Math.min(CHECK_BATCH, run.partition.train.length);
  const loader = createTrainingLoader(run, batchSize, 1);
  try {
    for await (const batch of loader.epoch(CHECK_EPOCH, { ...stage, strength: 0 })) {
      const { before, after } = await overfitOneBatch(backbone, layout, batch, settings.seed, settings.threads);
      run.say(`sanity check: loss on one batch ${before.toFixed(3)} -> ${after.toFixed(4)}`);
    }
  } finally {
    await loader.close();
  }
  const few = run.partition.validation.slice(0, 2 * CHECK_BATCH);
  const { loss } = await validate({ ...run, partition: { ...run.partition, validation: few } }, layout,
    startingState(run, layout), stage);
  requireFinite(loss, 0);
}

