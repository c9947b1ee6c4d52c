/**
 * `pipeline train`: a packed file of labelled eyes into an eye-state model.
 */
import type { Command } from 'commander';
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { loadBackbone, type Backbone } from '../train/backbones/index.js';
import { openPackedFile } from '../train/data/packed-file.js';
import { checkPartition, partitionDataset } from '../train/data/partition.js';
import { importModel } from '../train/loop/export.js';
import { CALIBRATION_EYES, finishModel, type ExportedModel, type FinishedModel } from '../train/loop/finish.js';
import { weightsFile } from '../train/loop/export-weights.js';
import { train as runTraining } from '../train/loop/loop.js';
import { planStages } from '../train/loop/stages.js';
import { chooseBatchSize, createTrainingLoader, describeRate, lastStage, searchLearningRate, startingState } from '../train/loop/prepare.js';
import { readCheckpoint } from '../train/loop/checkpoint.js';
import { checkSameData, createRunFolder, openRunFolder, runFiles, versions, type RunFolder } from '../train/loop/run-folder.js';
import { holdsPhotos } from '../train/detection/packed-photos.js';
import { layoutOf } from '../train/loop/step.js';
import { TrainingStopped } from '../train/loop/stopped.js';
import type { TrainingRun } from '../train/loop/training-run.js';
import { loadCallbacks } from '../train/tracking/callbacks.js';
import type { RunLogger } from '../train/tracking/run-logger.js';
import { createWandbLogger } from '../train/tracking/wandb-logger.js';
import { describeFigures, drawRateSearch, figuresBySource, writeReport, type SourceFigures } from '../train/loop/write-report.js';
import { takeLock } from '../files/lock.js';
import { contentHash } from '../files/content-hash.js';
import { loadConfig } from '../pipeline/config.js';
import { CROPS, type CropKind } from '../core/eye.js';
import { UsageError } from '../core/usage-error.js';
import type { Config } from '../pipeline/config.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { trainOnPhotos } from './train-detector.js';
import { sweepRuns } from './sweep.js';
import { checkWritable } from './writable.js';
import { writeSheet } from '../image/draw.js';
import { scheduleSheet, sheetCell } from '../train/run-report/sheets.js';
import { addSettingsOptions, settingsFrom, shortcut, type SettingsOptions } from './settings.js';

/** Settings as a logger keeps them. */
const settingsSchema = z.record(z.string(), z.json());

/** Eyes of a batch that is drawn where the settings leave its size open. */
const SHOWN_BATCH = 64;

interface TrainVerbOptions extends SettingsOptions {
  readonly backbone?: string;
  readonly epochs?: string;
  readonly seed?: string;
  readonly name?: string;
  readonly init?: string;
  readonly validation?: string;
  readonly resume?: string;
  readonly more?: string;
  readonly findLr?: true;
  readonly sweep?: string;
  readonly showBatch?: string;
}

export function registerTrain(program: Command): void {
  const command = program.command('train')
    .description('Train the eye-state classifier on packed eyes, or the face detector on packed photos with boxes.')
    .argument('<data>', 'what "pipeline pack" wrote')
    .option('--backbone <name>', 'the net; "pipeline models" lists them (train.backbone)')
    .option('--epochs <number>', 'rounds through the training part (train.epochs)')
    .option('--seed <number>', 'the same seed gives the same run (train.seed)')
    .option('--name <name>', 'goes into the name of the run folder (train.name)')
    .option('--init <model>', 'train on from this .onnx that "pipeline train" wrote (train.init)')
    .option('--validation <data>', 'photos with boxes: another packed file to validate on; a share of the first where not given')
    .option('--resume <folder>', 'go on with an interrupted run, with the settings of its folder')
    .option('--more <epochs>', 'with --resume of a finished run: train so many epochs more, with its optimizer')
    .option('--find-lr', 'only sweep the learning rate, and draw the loss')
    .option('--show-batch <png>', 'only draw what the net would see at each stage of the schedule: closed framed red, open blue')
    .option('--sweep <file>', 'many runs: a grid or random search over settings, and a table of what came of it')
    .action(train);
  addSettingsOptions(command).addHelpText('after', `
The run folder (workdir/NNN-name) gets the settings, the log, metrics.csv, steps.csv, checkpoints, pictures, summary.html,
weights.safetensors (for Python) and the models eye-state.onnx, eye-state.fp16.onnx and eye-state.int8.onnx. fp16 and int8 are ways to store weights: smaller files,
as fast as the large one, for all compute in float32.

Examples:
  pipeline train eyes.arrow
  pipeline train eyes.arrow --backbone mobile-small --set train.lr=auto
  pipeline train my-eyes.arrow --init models/eye-state.onnx --epochs 4
  pipeline train eyes.arrow --resume workdir/003-eyes
  pipeline train eyes.arrow --resume workdir/003-eyes --more 6
  pipeline train eyes.arrow --set train.logger=wandb
  pipeline train eyes.arrow --sweep sweep.yaml`);
}

async function train(data: string, options: TrainVerbOptions): Promise<void> {
  const config = options.resume === undefined ? settingsFrom(options, shortcuts(options)) : resumedSettings(options.resume, options);
  if (options.sweep !== undefined) {
    await sweepRuns(data, options.sweep, config, { ...options, set: [...(options.set ?? []), ...shortcuts(options).filter((each) => each !== undefined)] });
    return;
  }
  if (holdsPhotos(data)) {
    await trainOnPhotos(data, config, options);
    return;
  }
  const { train: settings } = config;
  const more = moreEpochs(options);
  const backbone = await loadBackbone(settings.backbone);
  checkLayers(backbone, settings.freeze);
  const callbacks = settings.callbacks === 'none' ? undefined : await loadCallbacks(settings.callbacks);
  const dataset = openPackedFile(data);
  checkSizes(settings.sizes, dataset.crop, data);
  const partition = partitionDataset(dataset, config.data);
  if (config.data.split === 'group') checkPartition(dataset, partition);
  if (options.showBatch !== undefined) {
    await showBatch(options.showBatch, { config, dataset, partition });
    return;
  }
  const parent = parentOf(settings, options.resume);
  const init = parent === undefined ? undefined : importModel(parent, backbone, settings.init);
  if (init !== undefined && init.info.crop !== dataset.crop) {
    throw new UsageError(`${settings.init} (train.init) looks at the ${init.info.crop}, and ${data} holds ${dataset.crop}s.`);
  }
  const digest = await contentHash(data);
  const folder = options.resume === undefined ? createRunFolder(config, data, digest) : openRunFolder(options.resume);
  if (options.resume !== undefined) checkSameData(folder, digest);
  const lock = takeLock(folder.file('.lock'), `the run folder ${folder.path}`);
  if (options.resume === undefined && parent !== undefined) folder.write(runFiles.parent, parent);
  const stop = new AbortController();
  process.once('SIGINT', () => { stop.abort(); });
  process.once('SIGTERM', () => { stop.abort(); });
  const loggers = [...(callbacks ? [callbacks] : []), ...openLoggers(config, folder, backbone, options.resume !== undefined)];
  const say = (line: string): void => {
    log.log(line);
    folder.note(line);
    for (const logger of loggers) logger.line(line);
  };
  const run: TrainingRun = {
    config, backbone, dataset, partition, folder, say, stop: stop.signal, resume: options.resume !== undefined, more, loggers,
    ...(init ? { init } : {}),
  };
  say(`${folder.path}: ${backbone.name}, ${String(partition.train.length)} eyes to train on, ${String(partition.validation.length)} to validate on, `
    + `${String(partition.test.length)} kept for the test`);
  try {
    await (options.findLr ? findLearningRate(run) : trainAndExport(run, loggers));
    for (const logger of loggers) logger.close(Number(process.exitCode ?? 0));
  } catch (error) {
    // The command says it on the screen; the folder must say it too.
    if (error instanceof TrainingStopped) folder.note(error.message);
    for (const logger of loggers) logger.close(exitCodes.failure);
    throw error;
  } finally {
    lock.release();
  }
}

async function showBatch(file: string, run: Pick<TrainingRun, 'config' | 'dataset' | 'partition'>): Promise<void> {
  checkWritable(file);
  const { batch_size } = run.config.train;
  const loader = createTrainingLoader(run, batch_size === 'auto' ? SHOWN_BATCH : batch_size);
  try {
    await writeSheet(file, await scheduleSheet(loader, planStages(run.config.train)), sheetCell(run.dataset.crop));
  } finally {
    await loader.close();
  }
  log.log(file);
}

function openLoggers(config: Config, folder: RunFolder, backbone: Backbone, resume: boolean): RunLogger[] {
  const { logger, wandb_project: project } = config.train;
  if (logger === 'none') return [];
  return [createWandbLogger({
    folder: folder.path, project, name: basename(folder.path), config: settingsSchema.parse(config), commit: versions()['commit'] ?? '',
    onProblem: (problem) => { log.warn(problem); }, ...(resume ? { resumeAt: whereItStands(folder, backbone) } : {}),
  })];
}

/** The step and epoch of a run's last checkpoint. */
function whereItStands(folder: RunFolder, backbone: Backbone): { step: number; epoch: number } {
  const { state: { step }, epoch } = readCheckpoint(folder.file(runFiles.last), backbone.name, layoutOf(backbone));
  return { step, epoch };
}

/** @throws UsageError if `--more` is not a number of epochs, or there is no run to go on with */
function moreEpochs({ more, resume }: TrainVerbOptions): number {
  if (more === undefined) return 0;
  if (resume === undefined) throw new UsageError('--more goes on with a finished run: name it with --resume. (--epochs is for a new run.)');
  const epochs = Number(more);
  if (!Number.isInteger(epochs) || epochs < 1) throw new UsageError(`--more ${more}: must be a whole number of epochs, at least 1.`);
  return epochs;
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

function shortcuts(options: TrainVerbOptions): (string | undefined)[] {
  const { backbone, epochs, seed, name, init } = options;
  return Object.entries({ backbone, epochs, seed, name, init }).map(([key, value]) => shortcut(`train.${key}`, value));
}

function resumedSettings(folder: string, options: TrainVerbOptions): Config {
  const ignored = Object.keys(options).filter((name) => !['resume', 'more', 'validation'].includes(name)).map((name) => `--${name === 'findLr' ? 'find-lr' : name}`);
  if (ignored.length > 0) {
    throw new UsageError(`--resume goes on with the settings of ${folder}; leave out ${ignored.join(', ')}. `
      + 'To train on with other settings, start a new run with --init.');
  }
  const file = join(folder, runFiles.config);
  if (!existsSync(file)) throw new UsageError(`${folder} is not a run folder: it has no ${runFiles.config}.`);
  return loadConfig(file);
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

async function findLearningRate(run: TrainingRun): Promise<void> {
  const layout = layoutOf(run.backbone);
  const batchSize = await chooseBatchSize(run, layout, lastStage(run.config.train));
  const search = await searchLearningRate(run, startingState(run, layout), batchSize);
  run.folder.write('find-lr.svg', drawRateSearch(search));
  run.say(`${describeRate(search)}; the curve is ${run.folder.file('find-lr.svg')}`);
}

async function trainAndExport(run: TrainingRun, loggers: readonly RunLogger[]): Promise<void> {
  const { config: { train: settings }, dataset, partition, folder, say } = run;
  const outcome = await runTraining(run);
  if (outcome.interrupted) {
    process.exitCode = exitCodes.failure;
    return;
  }
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
