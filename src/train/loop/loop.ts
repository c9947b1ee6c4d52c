/**
 * The training loop, from packed eyes to the best weights.
 */
import { learningRateAt } from '../autodiff/schedule.js';
import { packageVersion } from '../../files/package.js';
import type { Config } from '../../pipeline/config.js';
import { createBackbone, type Backbone } from '../backbones/index.js';
import { createLoader, type Batch, type Loader } from '../data/loader.js';
import type { EyeDataset } from '../data/packed-file.js';
import type { Partition } from '../data/partition.js';
import { BinaryMetrics } from '../metrics/binary-metrics.js';
import { readCheckpoint, writeCheckpoint, type HistoryRow, type Progress } from './checkpoint.js';
import { checkData, overfitOneBatch, requireFinite } from './checks.js';
import { exportModel, type ImportedModel } from './export.js';
import { findBatchSize, heldMemory } from './find-batch-size.js';
import { findLearningRate, type RateSearch } from './find-learning-rate.js';
import { meanLoss, predict, sigmoid } from './predict.js';
import { runFiles, type RunFolder } from './run-folder.js';
import { planStages, stageAt, type Stage } from './stages.js';
import {
  createTrainingStep, initialState, layoutOf, type Layout, type StepOptions, type TrainingState, type TrainingStep,
} from './step.js';
import { checkStop, letSignalsIn } from './stopped.js';

type Settings = Config['train'];

export interface TrainingRun {
  readonly config: Config;
  readonly dataset: EyeDataset;
  readonly partition: Partition;
  readonly folder: RunFolder;
  /** Weights to start from instead of random ones. */
  readonly init?: ImportedModel;
  /** Go on from the folder's last checkpoint. */
  readonly resume: boolean;
  /** Aborting it ends the run after the step in progress, with a checkpoint. */
  readonly stop: AbortSignal;
  /** Lines for people. */
  readonly say: (line: string) => void;
}

export interface TrainingOutcome {
  /** At the end of the best epoch. */
  readonly best: Progress;
  readonly history: readonly HistoryRow[];
  /** Given up before the last epoch because of `stop`: `--resume` goes on. */
  readonly interrupted: boolean;
  /** Share of the loop's time in which it waited for the loader, 0 to 1. */
  readonly waiting: number;
  readonly rateSearch?: RateSearch;
}

/** Epochs of the finders and checks: numbers that no run reaches, so that their batches are their own. */
const SEARCH_EPOCH = 1_000_000;
const CHECK_EPOCH = 1_000_001;
/** Eyes that the sanity check learns by heart, and validates before the first epoch. */
const CHECK_BATCH = 32;

/** What a run trains, and how its epochs are divided. */
interface Plan {
  readonly backbone: Backbone;
  readonly layout: Layout;
  readonly stages: readonly Stage[];
  /** The last of them: only at its size are figures compared. */
  readonly last: Stage;
}

/**
 * Trains.
 * @throws TrainingError if data or settings make it pointless, or the loss runs away; CheckpointError if the disk refuses;
 *   TrainingStopped if it was stopped before the first epoch
 */
export async function train(run: TrainingRun): Promise<TrainingOutcome> {
  const { config: { train: settings }, folder, say } = run;
  const plan = planOf(settings);
  const { backbone, layout } = plan;
  checkData(run.dataset, run.partition.train);
  const { progress: start, rateSearch } = run.resume ? resumed(run, plan) : await begun(run, plan);
  const loader = createTrainingLoader(run, start.batchSize);
  let progress = start;
  let stage: Stage | undefined;
  let step: TrainingStep | undefined;
  let best: Progress | undefined;
  let interrupted = false;
  try {
    while (progress.epoch < settings.epochs) {
      // Before an epoch, not after it: a run that had stopped early stops again when it is resumed.
      if (progress.batch === 0 && outOfPatience(settings, progress)) {
        say(`nothing better in ${settings.patience} ${settings.patience === 1 ? 'epoch' : 'epochs'}: stopped early`);
        break;
      }
      const next = stageAt(plan.stages, progress.epoch);
      if (!step || stage !== next) {
        await step?.release();
        step = await createTrainingStep(backbone, stepOptions(settings, progress.batchSize, next));
        stage = next;
      }
      const pass = await trainEpoch(run, step, loader, next, progress);
      interrupted = pass.interrupted;
      if (interrupted && pass.nextBatch < loader.batchesPerEpoch) {
        progress = { ...progress, state: pass.state, batch: pass.nextBatch };
        writeCheckpoint(folder.file(runFiles.last), progress, layout);
        say(`stopped in epoch ${progress.epoch + 1} after batch ${progress.batch}; go on with --resume ${folder.path}`);
        break;
      }
      progress = await endEpoch(run, plan, next, progress, pass, loader.waited().share);
      if (progress.best?.epoch === progress.epoch) best = progress;
      if (interrupted) {
        say(`stopped after epoch ${progress.epoch}; go on with --resume ${folder.path}`);
        break;
      }
    }
    const waiting = loader.waited().share;
    say(`waited for batches ${(100 * waiting).toFixed(1)} % of the time`);
    best ??= progress.best ? readCheckpoint(folder.file(runFiles.best), backbone.name, layout) : progress;
    return { best, history: progress.history, interrupted, waiting, ...(rateSearch ? { rateSearch } : {}) };
  } finally {
    await step?.release();
    await loader.close();
  }
}

function planOf(settings: Settings): Plan {
  const backbone = createBackbone(settings.backbone);
  const stages = planStages(settings.sizes, settings.strength, settings.epochs);
  return { backbone, layout: layoutOf(backbone), stages, last: stageAt(stages, settings.epochs - 1) };
}

function outOfPatience({ patience }: Settings, { epoch, best }: Progress): boolean {
  return patience > 0 && best !== undefined && epoch - best.epoch >= patience;
}

interface Start {
  readonly progress: Progress;
  readonly rateSearch?: RateSearch;
}

function resumed({ folder, say }: TrainingRun, { backbone, layout }: Plan): Start {
  const progress = readCheckpoint(folder.file(runFiles.last), backbone.name, layout);
  say(`going on at epoch ${progress.epoch + 1}, batch ${progress.batch + 1}`);
  return { progress };
}

/** Checks what can be checked, finds what the settings leave open. */
async function begun(run: TrainingRun, { backbone, layout, last }: Plan): Promise<Start> {
  const { config: { train: settings }, say } = run;
  const heldBefore = heldMemory();
  await sanityCheck(run, backbone, layout, last);
  await letSignalsIn();
  checkStop(run.stop, 'the sanity check');
  const batchSize = await chooseBatchSize(run, backbone, layout, last, heldBefore);
  const state = startingState(run, layout);
  const rateSearch = settings.lr === 'auto' ? await searchLearningRate(run, state, batchSize) : undefined;
  const learningRate = settings.lr === 'auto' ? rateSearch?.suggestion ?? 0 : settings.lr;
  if (rateSearch) say(describeRate(rateSearch));
  const progress: Progress = {
    backbone: backbone.name, optimizer: settings.optimizer, epoch: 0, batch: 0, history: [], learningRate, batchSize, state,
  };
  return { progress, ...(rateSearch ? { rateSearch } : {}) };
}

/** What is left of an epoch, or the part of it before a stop. */
interface Pass {
  readonly state: TrainingState;
  readonly trainLoss: number;
  /** Of the last step. */
  readonly learningRate: number;
  readonly imagesPerSecond: number;
  readonly seconds: number;
  /** The first batch that was not trained on. */
  readonly nextBatch: number;
  readonly interrupted: boolean;
}

async function trainEpoch(
  run: TrainingRun, step: TrainingStep, loader: Loader, stage: Stage, progress: Progress,
): Promise<Pass> {
  const { config: { train: settings } } = run;
  const totalSteps = settings.epochs * loader.batchesPerEpoch;
  const from = performance.now();
  let { state } = progress;
  let [lossSum, batches, learningRate, interrupted] = [0, 0, 0, false];
  for await (const batch of loader.epoch(progress.epoch, { ...stage, startBatch: progress.batch })) {
    learningRate = learningRateAt(settings.schedule, progress.learningRate, state.step / totalSteps);
    const result = await step.run(state, batch, learningRate);
    lossSum += requireFinite(result.loss, learningRate);
    ({ state } = result);
    batches += 1;
    interrupted = run.stop.aborted;
    if (interrupted) break;
  }
  const seconds = (performance.now() - from) / 1000;
  return {
    state, learningRate, seconds, interrupted, trainLoss: lossSum / batches,
    imagesPerSecond: (batches * progress.batchSize) / seconds, nextBatch: progress.batch + batches,
  };
}

/** Validates, writes the checkpoints and the epoch's figures. */
async function endEpoch(
  run: TrainingRun, { layout, last }: Plan, stage: Stage, before: Progress, pass: Pass, waiting: number,
): Promise<Progress> {
  const { folder, say } = run;
  const epoch = before.epoch + 1;
  const validation = await validate(run, layout, pass.state, stage);
  const row: HistoryRow = {
    epoch, size: `${stage.height}x${stage.width}`, strength: rounded(stage.strength),
    learning_rate: rounded(pass.learningRate), train_loss: rounded(pass.trainLoss),
    validation_loss: rounded(validation.loss), validation_f1: rounded(validation.f1),
    seconds: rounded(pass.seconds), images_per_second: rounded(pass.imagesPerSecond), waiting: rounded(waiting),
  };
  // Figures at a smaller size are not comparable: only the last size competes.
  const isBest = sameSize(stage, last) && isBetter(validation, before.best);
  const progress: Progress = {
    ...before, state: pass.state, epoch, batch: 0, history: [...before.history, row],
    ...(isBest ? { best: { score: validation.f1, loss: validation.loss, epoch } } : {}),
  };
  if (isBest) writeCheckpoint(folder.file(runFiles.best), progress, layout);
  writeCheckpoint(folder.file(runFiles.last), progress, layout);
  folder.writeMetrics(progress.history);
  say(describe(row, isBest));
  return progress;
}

/** Sweeps the learning rate at the last size, without training. @throws TrainingStopped if `run.stop` was aborted */
export async function searchLearningRate(
  run: TrainingRun, start: TrainingState, batchSize: number,
): Promise<RateSearch> {
  const { train: settings } = run.config;
  const stage = lastStage(settings);
  const loader = createTrainingLoader(run, batchSize, Infinity);
  const step = await createTrainingStep(createBackbone(settings.backbone), stepOptions(settings, batchSize, stage));
  try {
    return await findLearningRate(step, start, endless(loader, stage), run.stop);
  } finally {
    await step.release();
    await loader.close();
  }
}

/** What the search for a learning rate found, and how far its sweeps agree. */
export function describeRate({ suggestion, suggestions }: RateSearch): string {
  return `learning rate: ${suggestion} (the median of ${suggestions.length} sweeps, which say ${suggestions.join(', ')})`;
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
 * The configured batch size, or the one found.
 * @param heldBefore memory of the process before the training began, bytes; now where not given
 * @throws TrainingStopped if `run.stop` was aborted
 */
export async function chooseBatchSize(
  run: Pick<TrainingRun, 'config' | 'partition' | 'say' | 'stop'>, backbone: Backbone, layout: Layout, stage: Stage,
  heldBefore = heldMemory(),
): Promise<number> {
  const { train: settings } = run.config;
  const eyes = run.partition.train.length;
  if (settings.batch_size !== 'auto') return Math.min(settings.batch_size, eyes);
  const found = await findBatchSize(backbone, layout, stepOptions(settings, 1, stage), {
    megabytes: settings.memory_limit, eyes, heldBefore, stop: run.stop,
  });
  for (const { batchSize, imagesPerSecond, megabytes } of found.trials) {
    run.say(`batch size ${batchSize}: ${imagesPerSecond.toFixed(0)} images a second, grown by ${megabytes.toFixed(0)} MB so far`);
  }
  run.say(`batch size: ${found.batchSize}, ${Math.floor(eyes / found.batchSize)} updates an epoch`);
  return found.batchSize;
}

/** The stage that a run ends with. */
export function lastStage(settings: Settings): Stage {
  return stageAt(planStages(settings.sizes, settings.strength, settings.epochs), settings.epochs - 1);
}

function createTrainingLoader({ config: { train: settings }, dataset, partition }: TrainingRun, batchSize: number, limit?: number): Loader {
  const most = limit ?? settings.limit_batches;
  const eyes = partition.train.length;
  return createLoader(dataset, partition.train, {
    batchSize, seed: settings.seed, workers: settings.loader_threads, balance: settings.balance,
    samplesPerEpoch: most > 0 && Number.isFinite(most) ? Math.min(eyes, most * batchSize) : eyes,
  });
}

/** Epoch after epoch. */
async function* endless(loader: Loader, stage: Stage): AsyncGenerator<Batch, void, void> {
  for (let epoch = SEARCH_EPOCH; ; epoch += 1) yield* loader.epoch(epoch, stage);
}

function stepOptions(settings: Settings, batch: number, { height, width }: Stage): StepOptions {
  return {
    batch, height, width, threads: settings.threads, labelSmoothing: settings.label_smoothing,
    optimizer: { name: settings.optimizer, weightDecay: settings.weight_decay, clip: settings.clip },
  };
}

/** One batch learnt by heart and two validated, before any time is spent. */
async function sanityCheck(run: TrainingRun, backbone: Backbone, layout: Layout, stage: Stage): Promise<void> {
  const { train: settings } = run.config;
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

interface Validation {
  readonly f1: number;
  readonly loss: number;
}

async function validate(run: TrainingRun, layout: Layout, state: TrainingState, { height, width }: Stage): Promise<Validation> {
  const { dataset, partition, config: { train: settings } } = run;
  const model = exportModel(layout, { parameters: state.average, statistics: state.statistics }, {
    backbone: settings.backbone, height, width, temperature: 1, closedBelow: 0.5, openAbove: 0.5, precision: 'fp32',
    toolVersion: packageVersion(),
  });
  const predictions = await predict(model, dataset, partition.validation, { height, width }, settings.threads);
  const loss = requireFinite(meanLoss(predictions), 0);
  const metrics = new BinaryMetrics();
  predictions.logits.forEach((logit, index) => { metrics.add(sigmoid(logit), predictions.labels[index] ?? 0); });
  // Both classes are there: a split without one of them was refused.
  return { loss, f1: metrics.figures().weighted_f1 ?? 0 };
}

/** By weighted F1; where that is equal, by loss. */
function isBetter({ f1, loss }: Validation, best: Progress['best']): boolean {
  return !best || f1 > best.score || (f1 === best.score && loss < best.loss);
}

function sameSize(a: Stage, b: Stage): boolean {
  return a.height === b.height && a.width === b.width;
}

function describe(row: HistoryRow, isBest: boolean): string {
  return `epoch ${row['epoch']} ${row['size']}: loss ${row['train_loss']}, validation loss ${row['validation_loss']}, `
    + `F1 ${row['validation_f1']}${isBest ? ' (best)' : ''}, ${row['images_per_second']} images a second, `
    + `${row['seconds']} s`;
}

/** Four digits are enough for people and tables. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
