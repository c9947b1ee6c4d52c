/**
 * Trains the `portrait` net, from packed photos to the best weights.
 */
import type { Config } from '../../pipeline/config.js';
import { learningRateAt } from '../autodiff/schedule.js';
import { mixSeed } from '../data/random.js';
import { readCheckpoint, writeCheckpoint, type HistoryRow, type TrainingProgress } from '../loop/checkpoint.js';
import { requireFinite } from '../loop/checks.js';
import { runFiles, type RunFolder } from '../loop/run-folder.js';
import type { Layout, TrainingState } from '../loop/step.js';
import { letSignalsIn } from '../loop/stopped.js';
import type { DetectionFigures } from '../metrics/detection-metrics.js';
import { evaluatePortrait, type DetectionEvaluation } from './evaluate.js';
import { exportPortrait } from './export.js';
import type { PackedPhoto } from './packed-photos.js';
import { decodeScenes, type Scenes } from './scenes.js';
import { createPortraitStep, PORTRAIT, portraitLayout, portraitState, type BatchLoss, type PortraitStep } from './step.js';

export interface DetectorRun {
  readonly config: Config;
  readonly training: readonly PackedPhoto[];
  readonly validation: readonly PackedPhoto[];
  readonly folder: RunFolder;
  /** Weights to start from instead of random ones. */
  readonly init?: { readonly parameters: Float32Array; readonly statistics: Float32Array };
  /** Go on from the folder's last checkpoint. */
  readonly resume: boolean;
  /** Aborting it ends the run after the step in progress, with a checkpoint. */
  readonly stop: AbortSignal;
  /** Lines for people. */
  readonly say: (line: string) => void;
}

export interface DetectorOutcome {
  /** At the end of the best epoch. */
  readonly best: TrainingProgress;
  readonly layout: Layout;
  /** Given up before the last epoch because of `stop`: `--resume` goes on. */
  readonly interrupted: boolean;
}

/** Steps between two lines about the loss, and between two checkpoints. */
const REPORT_EVERY = 100;
/** Epochs are compared by this many photos; the end result by all. */
const EPOCH_PHOTOS = 100;

/**
 * Trains.
 * @throws TrainingError if the loss runs away; CheckpointError if the disk refuses
 */
export async function trainDetector(run: DetectorRun): Promise<DetectorOutcome> {
  const { config: { train_detector: settings }, folder, say } = run;
  const layout = portraitLayout();
  let progress = run.resume ? readCheckpoint(folder.file(runFiles.last), PORTRAIT, layout) : begun(run, layout);
  const scenes = await decodeScenes(run.training, run.config.image);
  say(`${String(scenes.scenes.length)} photos decoded, ${String(Math.round(scenes.pixels.length / 1e6))} MB`);
  let interrupted = false;
  while (progress.epoch < settings.epochs && !interrupted) {
    const pass = await trainEpoch(run, layout, scenes, progress);
    interrupted = pass.interrupted;
    progress = interrupted ? pass.progress : await endEpoch(run, layout, pass);
  }
  if (interrupted) say(`stopped in epoch ${String(progress.epoch + 1)} after step ${String(progress.batch)}; go on with --resume ${folder.path}`);
  const best = progress.best ? readCheckpoint(folder.file(runFiles.best), PORTRAIT, layout) : progress;
  return { best, layout, interrupted };
}

function begun({ config: { train_detector: settings, train }, init }: DetectorRun, layout: Layout): TrainingProgress {
  const state = portraitState(layout, { name: train.optimizer, weightDecay: 0, clip: 0 }, train.seed);
  return {
    backbone: PORTRAIT, optimizer: train.optimizer, epoch: 0, batch: 0, history: [], top: [], learningRate: settings.lr,
    batchSize: settings.batch_size, leg: { epoch: 0, until: settings.epochs }, state: init ? { ...state, ...init, average: init.parameters.slice() } : state,
  };
}

interface Pass {
  readonly progress: TrainingProgress;
  readonly loss: number;
  readonly parts: string;
  readonly learningRate: number;
  readonly size: number;
  readonly seconds: number;
  readonly cropsPerSecond: number;
  readonly interrupted: boolean;
}

async function trainEpoch(run: DetectorRun, layout: Layout, scenes: Scenes, before: TrainingProgress): Promise<Pass> {
  const { train_detector: settings, train } = run.config;
  const size = sizeAt(settings.sizes, before.epoch, settings.epochs);
  const step = await createPortraitStep(scenes, layout, {
    batch: settings.batch_size, size, threads: settings.threads,
    optimizer: { name: train.optimizer, weightDecay: settings.weight_decay, clip: settings.clip },
  });
  try {
    return await trainSteps(run, layout, step, size, before);
  } finally {
    await step.release();
  }
}

/** What is left of an epoch, or the part of it before a stop. */
async function trainSteps(run: DetectorRun, layout: Layout, step: PortraitStep, size: number, before: TrainingProgress): Promise<Pass> {
  const { config: { train_detector: settings, train }, folder, say } = run;
  const { batch_size: batchSize } = settings;
  const stepsPerEpoch = Math.ceil(settings.crops / batchSize);
  const from = performance.now();
  let { state }: { state: TrainingState } = before;
  let batch = before.batch;
  let learningRate = 0;
  let recent: BatchLoss[] = [];
  const all: number[] = [];
  const at = (): TrainingProgress => ({ ...before, state, batch });
  while (batch < stepsPerEpoch && !run.stop.aborted) {
    learningRate = learningRateAt(train.schedule, settings.lr, state.step / (settings.epochs * stepsPerEpoch));
    const { state: after, ...result } = await step.run(state, mixSeed(train.seed, state.step), learningRate);
    all.push(requireFinite(result.loss, learningRate));
    state = after;
    batch += 1;
    recent.push(result);
    await letSignalsIn();
    if (batch % REPORT_EVERY !== 0) continue;
    const rate = (all.length * batchSize) / ((performance.now() - from) / 1000);
    folder.note(`epoch ${String(before.epoch + 1)} step ${String(batch)} of ${String(stepsPerEpoch)}: ${describeParts(recent)}, ${rate.toFixed(1)} crops a second`);
    recent = [];
    writeCheckpoint(folder.file(runFiles.last), at(), layout);
  }
  const interrupted = batch < stepsPerEpoch;
  if (interrupted) writeCheckpoint(folder.file(runFiles.last), at(), layout);
  const seconds = (performance.now() - from) / 1000;
  say(`epoch ${String(before.epoch + 1)}: ${String(Math.round(seconds))} s at ${String(size)} px`);
  return {
    progress: at(), learningRate, size, seconds, interrupted, parts: describeParts(recent),
    loss: all.reduce((sum, loss) => sum + loss, 0) / all.length,
    cropsPerSecond: (all.length * batchSize) / seconds,
  };
}

/** Each size for an equal share of the epochs. */
function sizeAt(sizes: readonly number[], epoch: number, epochs: number): number {
  return sizes[Math.min(sizes.length - 1, Math.floor((epoch * sizes.length) / epochs))] ?? 320;
}

function describeParts(results: readonly BatchLoss[]): string {
  const mean = (part: (result: BatchLoss) => number): string =>
    (results.reduce((sum, result) => sum + part(result), 0) / Math.max(1, results.length)).toFixed(3);
  return `loss ${mean(({ loss }) => loss)} (score ${mean(({ parts }) => parts.score)}, box ${mean(({ parts }) => parts.box)}, `
    + `points ${mean(({ parts }) => parts.points)}, visible ${mean(({ parts }) => parts.visible)}, open ${mean(({ parts }) => parts.open)})`;
}

/** Validates, writes the checkpoints and the epoch's figures. */
async function endEpoch(run: DetectorRun, layout: Layout, pass: Pass): Promise<TrainingProgress> {
  const { folder, say, config } = run;
  const { state, history, best: before } = pass.progress;
  const epoch = pass.progress.epoch + 1;
  const model = exportPortrait(layout, { parameters: state.average, statistics: state.statistics }, 'fp32');
  const evaluation = await evaluatePortrait(model, spread(run.validation, EPOCH_PHOTOS), config.image, 1);
  const score = scoreOf(evaluation.figures);
  const row = rowOf(epoch, pass, evaluation, score);
  const isBest = before === undefined || score > before.score;
  const progress: TrainingProgress = {
    ...pass.progress, epoch, batch: 0, history: [...history, row],
    ...(isBest ? { best: { score, loss: pass.loss, epoch } } : {}),
  };
  if (isBest) writeCheckpoint(folder.file(runFiles.best), progress, layout);
  writeCheckpoint(folder.file(runFiles.last), progress, layout);
  folder.writeMetrics(progress.history);
  say(`${describeEvaluation(evaluation)}${isBest ? ', best so far' : ''}`);
  return progress;
}

/** `count` of the photos at most, evenly spread over all. */
function spread(photos: readonly PackedPhoto[], count: number): PackedPhoto[] {
  const every = Math.max(1, photos.length / count);
  return photos.filter((_, index) => Math.floor(index / every) !== Math.floor((index - 1) / every));
}

/**
 * Mean average precision over the sizes that matter: what epochs are compared by. Recall at so few false faces hangs on three or four
 * of them, and chose an early epoch.
 */
export function scoreOf({ sizes }: Pick<DetectionFigures, 'sizes'>): number {
  const precisions = sizes.slice(1).map(({ averagePrecision }) => averagePrecision).filter((precision) => !Number.isNaN(precision));
  return precisions.length === 0 ? 0 : precisions.reduce((sum, precision) => sum + precision, 0) / precisions.length;
}

function rowOf(epoch: number, pass: Pass, { figures, eyeError }: DetectionEvaluation, score: number): HistoryRow {
  const rounded = (value: number): number => Number(value.toPrecision(5));
  const values: [string, number][] = [
    ['epoch', epoch], ['size', pass.size], ['learning_rate', pass.learningRate], ['train_loss', pass.loss], ['score', score],
    ...figures.sizes.flatMap(({ size, recall, averagePrecision }): [string, number][] =>
      [[`recall_${size}`, recall], [`ap_${size}`, averagePrecision]]),
    ['threshold', figures.threshold], ['eye_error', eyeError], ['seconds', pass.seconds], ['crops_per_second', pass.cropsPerSecond],
  ];
  // A size without faces has no recall.
  return Object.fromEntries(values.map(([name, value]) => [name, Number.isNaN(value) ? '' : rounded(value)]));
}

/** One line for people; sizes of which there is no face, and eyes where none was found, are left out. */
export function describeEvaluation({ figures, eyeError }: DetectionEvaluation): string {
  const recalls = figures.sizes.filter(({ faces }) => faces > 0).map(({ size, recall, averagePrecision }) =>
    `${size} px ${recall.toFixed(3)} (AP ${averagePrecision.toFixed(3)})`).join(', ');
  return `recall at ${String(figures.falseFaces)} false faces on ${String(figures.photos)} photos (score ${figures.threshold.toFixed(2)}): `
    + (recalls === '' ? 'no face of 12 px or more is on them' : recalls)
    + (Number.isNaN(eyeError) ? '' : `; eye centres off by ${eyeError.toFixed(3)} eye widths`);
}
