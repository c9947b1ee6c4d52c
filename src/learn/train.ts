/**
 * Training an eye-state net from end to end: from a packed file to models, figures and a summary in a run folder.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { CROPS, type CropKind } from '../core/eye.js';
import { UsageError } from '../core/usage-error.js';
import { contentHash } from '../files/content-hash.js';
import { takeLock } from '../files/lock.js';
import { loadConfig, type Config, type SomeSettings } from '../pipeline/config.js';
import { loadBackbone, type Backbone } from '../train/backbones/index.js';
import { openPackedFile } from '../train/data/packed-file.js';
import { checkPartition, partitionDataset } from '../train/data/partition.js';
import { readCheckpoint } from '../train/loop/checkpoint.js';
import { importModel } from '../train/loop/export.js';
import { weightsFile } from '../train/loop/export-weights.js';
import { CALIBRATION_EYES, finishModel, type ExportedModel, type FinishedModel } from '../train/loop/finish.js';
import { train as runTraining } from '../train/loop/loop.js';
import { chooseBatchSize, describeRate, lastStage, searchLearningRate, startingState } from '../train/loop/prepare.js';
import { checkSameData, createRunFolder, openRunFolder, runFiles, versions, type RunFolder } from '../train/loop/run-folder.js';
import { layoutOf } from '../train/loop/step.js';
import { TrainingStopped } from '../train/loop/stopped.js';
import type { TrainingRun } from '../train/loop/training-run.js';
import { describeFigures, drawRateSearch, figuresBySource, writeReport, type SourceFigures } from '../train/loop/write-report.js';
import { loadCallbacks } from '../train/tracking/callbacks.js';
import type { RunLogger } from '../train/tracking/run-logger.js';
import { createWandbLogger } from '../train/tracking/wandb-logger.js';

export interface TrainOptions {
  /** Any part of config.yaml, as an object or the path of a YAML file; of a run to go on with, its own where nothing is given. */
  readonly config?: string | SomeSettings;
  /** The folder of a run to go on with. */
  readonly resume?: string;
  /** With `resume` of a finished run: so many epochs more. */
  readonly more?: number;
  /** Only sweep the learning rate and draw the loss. */
  readonly findLr?: boolean;
  /** Ends the training after its step; what there is can be gone on with. */
  readonly signal?: AbortSignal;
  /** Called with each line about how it goes; the run folder's log has the same. */
  readonly onLine?: (line: string) => void;
  /** Called with what went wrong beside the training. */
  readonly onProblem?: (problem: string) => void;
}

/** What came of a training. */
export interface Trained {
  /** The run folder: settings, log, checkpoints, pictures, models, summary.html. */
  readonly folder: string;
  /** Path of the model, for the setting `classify.model`; absent where the training was interrupted, or only a rate was sought. */
  readonly model?: string;
  readonly interrupted: boolean;
}

/** Settings as a logger keeps them. */
const settingsSchema = z.record(z.string(), z.json());

/** The net, the data and their parts that settings ask for. @throws UsageError where they do not fit each other */
export async function openTraining(data: string, config: Config): Promise<Pick<TrainingRun, 'backbone' | 'dataset' | 'partition'>> {
  const backbone = await loadBackbone(config.train.backbone);
  checkLayers(backbone, config.train.freeze);
  const dataset = openPackedFile(data);
  checkSizes(config.train.sizes, dataset.crop, data);
  const partition = partitionDataset(dataset, config.data);
  if (config.data.split === 'group') checkPartition(dataset, partition);
  return { backbone, dataset, partition };
}

/** The settings that a run was begun with. @throws UsageError where the folder is none of a run */
export function settingsOfRun(folder: string): Config {
  const file = join(folder, runFiles.config);
  if (!existsSync(file)) throw new UsageError(`${folder} is not a run folder: it has no ${runFiles.config}.`);
  return loadConfig(file);
}

/**
 * Trains an eye-state net on packed eyes. It takes the thread that it is called on, for minutes to hours.
 * @param data what `packImages` wrote
 * @throws UsageError where settings and data do not fit each other; PackedFileError where the file is none; TrainingStopped where
 *   the loss is no number any more
 * @example
 * import { packImages, trainEyes, evaluateImages } from 'portrait-pipeline/train';
 *
 * await packImages(['my-eyes'], 'eyes.arrow', { kind: 'eye' });
 * const { model } = await trainEyes('eyes.arrow', { config: { train: { epochs: 1, limit_batches: 2 } } });
 * const { eye, closedKept } = await evaluateImages('my-eyes', { kind: 'eye', config: { classify: { model } } });
 * console.log(eye.n, eye.weighted_f1, closedKept);
 */
export async function trainEyes(data: string, options: TrainOptions = {}): Promise<Trained> {
  const { resume, more = 0, signal = new AbortController().signal } = options;
  const config = resume !== undefined && options.config === undefined ? settingsOfRun(resume) : loadConfig(options.config);
  const { train: settings } = config;
  const opened = await openTraining(data, config);
  const { backbone, dataset, partition } = opened;
  const callbacks = settings.callbacks === 'none' ? undefined : await loadCallbacks(settings.callbacks);
  const parent = parentOf(settings, resume);
  const init = parent === undefined ? undefined : importModel(parent, backbone, settings.init);
  if (init !== undefined && init.info.crop !== dataset.crop) {
    throw new UsageError(`${settings.init} (train.init) looks at the ${init.info.crop}, and ${data} holds ${dataset.crop}s.`);
  }
  const digest = await contentHash(data);
  const folder = resume === undefined ? createRunFolder(config, data, digest) : openRunFolder(resume);
  if (resume !== undefined) checkSameData(folder, digest);
  if (more > 0) checkFinished(folder);
  const lock = takeLock(folder.file('.lock'), `the run folder ${folder.path}`);
  // Until the run comes to its end again, it is not finished.
  if (more > 0) rmSync(folder.file(runFiles.figures), { force: true });
  if (resume === undefined && parent !== undefined) folder.write(runFiles.parent, parent);
  const loggers = [
    ...(callbacks ? [callbacks] : []), ...openLoggers(config, folder, backbone, resume !== undefined, options.onProblem ?? (() => undefined)),
  ];
  const say = (line: string): void => {
    options.onLine?.(line);
    folder.note(line);
    for (const logger of loggers) logger.line(line);
  };
  const run: TrainingRun = { config, ...opened, folder, say, stop: signal, resume: resume !== undefined, more, loggers, ...(init ? { init } : {}) };
  say(`${folder.path}: ${backbone.name}, ${String(partition.train.length)} eyes to train on, ${String(partition.validation.length)} to validate on, `
    + `${String(partition.test.length)} kept for the test`);
  try {
    const model = await (options.findLr === true ? findLearningRate(run) : trainAndExport(run, loggers));
    const interrupted = model === undefined && options.findLr !== true;
    for (const logger of loggers) logger.close(interrupted ? 1 : 0);
    return { folder: folder.path, interrupted, ...(model === undefined ? {} : { model }) };
  } catch (error) {
    // Whoever called is told by the error; the folder must say it too.
    if (error instanceof TrainingStopped) folder.note(error.message);
    for (const logger of loggers) logger.close(1);
    throw error;
  } finally {
    lock.release();
  }
}

/** @throws UsageError where epochs that were planned would be left out */
function checkFinished(folder: RunFolder): void {
  if (existsSync(folder.file(runFiles.figures))) return;
  throw new UsageError(`${folder.path} has not come to its end: go on with --resume alone; --more is for a finished run.`);
}

function openLoggers(
  config: Config, folder: RunFolder, backbone: Backbone, resume: boolean, onProblem: (problem: string) => void,
): RunLogger[] {
  const { logger, wandb_project: project } = config.train;
  if (logger === 'none') return [];
  return [createWandbLogger({
    folder: folder.path, project, name: basename(folder.path), config: settingsSchema.parse(config), commit: versions()['commit'] ?? '',
    onProblem, ...(resume ? { resumeAt: whereItStands(folder, backbone) } : {}),
  })];
}

/** The step and epoch of a run's last checkpoint. */
function whereItStands(folder: RunFolder, backbone: Backbone): { step: number; epoch: number } {
  const { state: { step }, epoch } = readCheckpoint(folder.file(runFiles.last), backbone.name, layoutOf(backbone));
  return { step, epoch };
}

/** @throws UsageError if a size is not one of what was packed */
function checkSizes(sizes: readonly string[], crop: CropKind, data: string): void {
  const { height, width } = CROPS[crop];
  const wrong = sizes.find((size) => {
    const [rows = 0, columns = 0] = size.split('x').map(Number);
    return rows > height || rows * width !== columns * height;
  });
  if (wrong === undefined) return;
  throw new UsageError(`train.sizes names ${wrong}, and ${data} holds ${crop}s: ${crop === 'eye' ? '1.5 times as wide as high' : 'square'}, `
    + `${String(height)}x${String(width)} at most${crop === 'eye' ? '' : ', as in --set train.sizes=[64x64,96x96]'}.`);
}

/** @throws UsageError if a layer to freeze is none of the net's */
function checkLayers(backbone: Backbone, freeze: readonly string[]): void {
  const layers = [...new Set(layoutOf(backbone).parameters.map(({ name }) => name.replace(/\.[^.]+$/, '')))];
  const unknown = freeze.find((name) => !layers.some((layer) => layer === name || layer.startsWith(`${name}.`)));
  if (unknown === undefined) return;
  throw new UsageError(`train.freeze names ${unknown}, which ${backbone.name} does not have. It has: ${layers.join(', ')}.`);
}

/** The model to train on from; that of a run to go on with is in its folder. */
function parentOf({ init }: Config['train'], resume: string | undefined): Uint8Array | undefined {
  if (init === 'none') return undefined;
  return readModel(resume === undefined ? init : join(resume, runFiles.parent));
}

function readModel(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch {
    throw new UsageError(`Cannot read the model ${path} that train.init names.`);
  }
}

async function findLearningRate(run: TrainingRun): Promise<undefined> {
  const layout = layoutOf(run.backbone);
  const batchSize = await chooseBatchSize(run, layout, lastStage(run.config.train));
  const search = await searchLearningRate(run, startingState(run, layout), batchSize);
  run.folder.write('find-lr.svg', drawRateSearch(search));
  run.say(`${describeRate(search)}; the curve is ${run.folder.file('find-lr.svg')}`);
}

/** @returns the model, or undefined where the run was interrupted */
async function trainAndExport(run: TrainingRun, loggers: readonly RunLogger[]): Promise<string | undefined> {
  const { config: { train: settings }, dataset, partition, folder, say } = run;
  const outcome = await runTraining(run);
  if (outcome.interrupted) return undefined;
  const { average, statistics } = outcome.best.state;
  const { height, width } = lastStage(settings);
  const finished = await finishModel(run.backbone, { parameters: average, statistics }, {
    dataset, validation: partition.validation, typical: run.config.data.validate_on, height, width,
    rightShare: settings.right_share, threads: settings.threads,
    ...(run.init ? { parent: run.init.info } : {}),
  });
  const { band, calibration } = finished;
  const note = calibrationNote(finished, settings.init);
  if (note !== undefined) say(note);
  say(`log-odds of open are multiplied by ${calibration.open.map(({ scale }, index) =>
    `${scale.toFixed(2)} at ${String(calibration.widths[index])} px`).join(', ')}; by exp(-${String(calibration.turn)} turn); two eyes of a face `
    + `count ${String(calibration.pair.weight)} each; closed below ${band.closedBelow.toFixed(3)}, open above ${band.openAbove.toFixed(3)}: `
    + `${(100 * band.coverage).toFixed(1)} % of the validation eyes are decided, ${(100 * band.accuracy).toFixed(2)} % of them rightly`);
  for (const exported of finished.exports) {
    folder.write(fileOf(exported), exported.model);
    say(`${fileOf(exported)}: ${(exported.model.length / 1000).toFixed(0)} KB, ${exported.msPerEye.toFixed(3)} ms an eye, `
      + `F1 ${exported.figures.weighted_f1?.toFixed(4) ?? 'none'} on validation`);
  }
  const [full] = finished.exports;
  const test = full ? await figuresBySource(full.model, calibration, dataset, partition.test, { height, width, threads: settings.threads }) : [];
  for (const figures of test) say(`test ${figures.source}: ${describeFigures(figures)}`);
  folder.write(runFiles.weights, weightsFile(layoutOf(run.backbone), { parameters: average, statistics }, {
    backbone: run.backbone.name, height: String(height), width: String(width), format: 'pt',
  }));
  const pictures = await writeReport(run, outcome, finished, test);
  if (full) {
    const results = { figures: figuresByName(test), confusion: full.figures.confusion, pictures, models: [folder.file(fileOf(full))] };
    for (const logger of loggers) await logger.results(results);
  }
  say(`summary: ${folder.file(runFiles.summary)}`);
  return full === undefined ? undefined : folder.file(fileOf(full));
}

/** Single figures of the test part, as in `test/all/open_recall`. */
function figuresByName(test: readonly SourceFigures[]): Readonly<Record<string, number>> {
  return Object.fromEntries(test.flatMap(({ source, figures: { weighted_f1, closed, open, auc, ece } }) =>
    Object.entries({ weighted_f1, closed_recall: closed.recall, open_recall: open.recall, auc, ece })
      .flatMap(([name, value]) => (value === null ? [] : [[`test/${source}/${name}`, value] as const]))));
}

/** What there is to say where calibration could not rest on enough validation eyes. */
function calibrationNote({ calibratedOn, open }: FinishedModel, parent: string): string | undefined {
  if (calibratedOn === 'validation') return undefined;
  const few = `fewer than ${String(CALIBRATION_EYES)} validation eyes of a class (${String(open.length)} in all) are too few to calibrate on: `;
  return few + (calibratedOn === 'parent'
    ? `calibration and thresholds stay those of ${parent}`
    : 'calibration and thresholds below are guesses. Label more eyes, or train on from a model with --init');
}

function fileOf({ precision }: ExportedModel): string {
  return precision === 'fp32' ? 'eye-state.onnx' : `eye-state.${precision}.onnx`;
}
