/**
 * `pipeline train`: a packed file of labelled eyes into an eye-state model.
 */
import type { Command } from 'commander';
import { planStages } from '../train/loop/stages.js';
import { createTrainingLoader } from '../train/loop/prepare.js';
import { holdsPhotos } from '../train/detection/packed-photos.js';
import type { TrainingRun } from '../train/loop/training-run.js';
import { UsageError } from '../core/usage-error.js';
import type { Config } from '../pipeline/config.js';
import { openTraining, settingsOfRun, trainEyes } from '../learn/train.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { trainOnPhotos } from './train-detector.js';
import { sweepRuns } from './sweep.js';
import { checkSheetFile } from './sheet-file.js';
import { writeSheet } from '../image/draw.js';
import { scheduleSheet, sheetCell } from '../train/run-report/sheets.js';
import { addSettingsOptions, settingsFrom, shortcut, type SettingsOptions } from './settings.js';

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
  if (holdsPhotos(data)) {
    await trainOnPhotos(data, config, options);
    return;
  }
  if (options.validation !== undefined) {
    throw new UsageError('--validation is for photos with boxes. Eyes are validated on a share of them (data.validation), or on sources (data.validate_on).');
  }
  if (options.sweep !== undefined) {
    await sweepRuns(data, options.sweep, config, { ...options, set: [...(options.set ?? []), ...shortcuts(options).filter((each) => each !== undefined)] });
    return;
  }
  const more = moreEpochs(options);
  if (options.showBatch !== undefined) {
    await showBatch(options.showBatch, { config, ...await openTraining(data, config) });
    return;
  }
  const stop = new AbortController();
  process.once('SIGINT', () => { stop.abort(); });
  process.once('SIGTERM', () => { stop.abort(); });
  const { interrupted } = await trainEyes(data, {
    config, more, findLr: options.findLr ?? false, signal: stop.signal,
    onLine: (line) => { log.log(line); }, onProblem: (problem) => { log.warn(problem); },
    ...(options.resume === undefined ? {} : { resume: options.resume }),
  });
  if (interrupted) process.exitCode = exitCodes.failure;
}

async function showBatch(file: string, run: Pick<TrainingRun, 'config' | 'dataset' | 'partition'>): Promise<void> {
  checkSheetFile(file, '--show-batch');
  const { batch_size } = run.config.train;
  const loader = createTrainingLoader(run, batch_size === 'auto' ? SHOWN_BATCH : batch_size);
  try {
    await writeSheet(file, await scheduleSheet(loader, planStages(run.config.train)), sheetCell(run.dataset.crop));
  } finally {
    await loader.close();
  }
  log.log(file);
}

/** @throws UsageError if `--more` is not a number of epochs, or there is no run to go on with */
function moreEpochs({ more, resume }: TrainVerbOptions): number {
  if (more === undefined) return 0;
  if (resume === undefined) throw new UsageError('--more goes on with a finished run: name it with --resume. (--epochs is for a new run.)');
  const epochs = Number(more);
  if (!Number.isInteger(epochs) || epochs < 1) throw new UsageError(`--more ${more}: must be a whole number of epochs, at least 1.`);
  return epochs;
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
  return settingsOfRun(folder);
}

