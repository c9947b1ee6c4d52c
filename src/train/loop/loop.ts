/**
 * The training loop, from packed eyes to the best weights.
 */
import { rmSync } from 'node:fs';
import type { Config } from '../../pipeline/config.js';
import type { Loader } from '../data/loader.js';
import { readCheckpoint, writeCheckpoint, type HistoryRow, type TrainingProgress } from './checkpoint.js';
import { checkData } from './checks.js';
import { heldMemory } from './find-batch-size.js';
import type { RateSearch } from './find-learning-rate.js';
import { trainEpoch, type Pass } from './pass.js';
import {
  chooseBatchSize, createTrainingLoader, describeRate, lastStage, sanityCheck, searchLearningRate, startingState, stepOptions,
} from './prepare.js';
import { runFiles } from './run-folder.js';
import { planStages, stageAt, type Stage } from './stages.js';
import { StepLog } from './step-log.js';
import { createTrainingStep, layoutOf, type Layout, type TrainingStep } from './step.js';
import { checkStop, letSignalsIn } from './stopped.js';
import type { TrainingOutcome, TrainingRun } from './training-run.js';
import { isBetter, validate, type Validation } from './validate.js';

type Settings = Config['train'];

/** How a run's epochs are divided. */
interface Plan {
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
  const plan = planOf(run);
  checkData(run.dataset, run.partition.train);
  const { progress, rateSearch } = run.resume ? resumed(run, plan) : await begun(run, plan);
  const loader = createTrainingLoader(run, progress.batchSize);
  const steps = new StepLog(run.folder, progress.state.step);
  try {
    const { last, best, interrupted } = await trainEpochs(run, plan, loader, steps, progress);
    const waiting = loader.waited().share;
    run.say(`waited for batches ${(100 * waiting).toFixed(1)} % of the time`);
    return {
      best: best ?? (last.best ? readCheckpoint(run.folder.file(runFiles.best), run.backbone.name, plan.layout) : last),
      history: last.history, interrupted, waiting, ...(rateSearch ? { rateSearch } : {}),
    };
  } finally {
    steps.flush();
    await loader.close();
  }
}

interface Trained {
  readonly last: TrainingProgress;
  /** At the end of the best epoch, if that is one of those trained now. */
  readonly best?: TrainingProgress;
  readonly interrupted: boolean;
}

async function trainEpochs(run: TrainingRun, plan: Plan, loader: Loader, steps: StepLog, start: TrainingProgress): Promise<Trained> {
  const { config: { train: settings }, folder, say } = run;
  let progress = start;
  let best: TrainingProgress | undefined;
  let stage: Stage | undefined;
  let step: TrainingStep | undefined;
  const trained = (interrupted: boolean): Trained => ({ last: progress, interrupted, ...(best ? { best } : {}) });
  try {
    while (progress.epoch < progress.leg.until) {
      // Before an epoch, not after it: a run that had stopped early stops again when it is resumed.
      if (progress.batch === 0 && outOfPatience(settings, progress)) {
        say(`nothing better in ${String(settings.patience)} ${settings.patience === 1 ? 'epoch' : 'epochs'}: stopped early`);
        return trained(false);
      }
      const next = progress.epoch < settings.epochs ? stageAt(plan.stages, progress.epoch) : plan.last;
      if (!step || stage !== next) {
        await step?.release();
        step = await createTrainingStep(run.backbone, stepOptions(settings, progress.batchSize * next.batchFactor, next));
        stage = next;
      }
      const pass = await trainEpoch(run, { step, loader, steps, stage: next, layout: plan.layout }, progress);
      if (pass.interrupted && pass.progress.batch < loader.batchesPerEpoch(next)) {
        progress = pass.progress;
        writeCheckpoint(folder.file(runFiles.last), progress, plan.layout);
        say(`stopped in epoch ${String(progress.epoch + 1)} after batch ${String(progress.batch)}; go on with --resume ${folder.path}`);
        return trained(true);
      }
      progress = await endEpoch(run, plan, next, pass, loader.waited().share);
      if (progress.best?.epoch === progress.epoch) best = progress;
      const ended = tell(run, progress);
      if (pass.interrupted) {
        say(`stopped after epoch ${String(progress.epoch)}; go on with --resume ${folder.path}`);
        return trained(true);
      }
      if (ended) {
        say(`a callback ended the training after epoch ${String(progress.epoch)}`);
        return trained(false);
      }
    }
    return trained(false);
  } finally {
    await step?.release();
  }
}

/** Tells of the last epoch. @returns whether someone wants to end the training */
function tell({ loggers = [] }: TrainingRun, { history }: TrainingProgress): boolean {
  const row = history.at(-1);
  return row !== undefined && loggers.map((logger) => logger.epoch(row)).includes('stop');
}

function planOf({ backbone, config: { train: settings } }: TrainingRun): Plan {
  return {
    layout: layoutOf(backbone), stages: planStages(settings), last: lastStage(settings),
  };
}

function outOfPatience({ patience }: Settings, { epoch, best, leg }: TrainingProgress): boolean {
  return patience > 0 && best !== undefined && epoch - Math.max(best.epoch, leg.epoch) >= patience;
}

interface Start {
  readonly progress: TrainingProgress;
  readonly rateSearch?: RateSearch;
}

function resumed({ folder, backbone, more = 0, say }: TrainingRun, { layout }: Plan): Start {
  const saved = readCheckpoint(folder.file(runFiles.last), backbone.name, layout);
  const { epoch } = saved;
  const progress = more === 0 ? saved : { ...saved, leg: { epoch, until: epoch + more } };
  if (more > 0) say(`${String(more)} more ${more === 1 ? 'epoch' : 'epochs'} with the optimizer as it stands; the learning rate's schedule begins anew`);
  say(epoch < progress.leg.until
    ? `going on at epoch ${String(epoch + 1)}, batch ${String(progress.batch + 1)}`
    : `all epochs (${String(epoch)}) are trained: models and figures are made again (--more trains on)`);
  return { progress };
}

/** Checks what can be checked, finds what the settings leave open. */
async function begun(run: TrainingRun, { layout, last }: Plan): Promise<Start> {
  const { backbone, config: { train: settings }, say } = run;
  const heldBefore = heldMemory();
  await sanityCheck(run, layout, last);
  await letSignalsIn();
  checkStop(run.stop, 'the sanity check');
  const batchSize = await chooseBatchSize(run, layout, last, heldBefore);
  const state = startingState(run, layout);
  const rateSearch = settings.lr === 'auto' ? await searchLearningRate(run, state, batchSize) : undefined;
  const learningRate = settings.lr === 'auto' ? rateSearch?.suggestion ?? 0 : settings.lr;
  if (rateSearch) say(describeRate(rateSearch));
  const progress: TrainingProgress = {
    backbone: backbone.name, optimizer: settings.optimizer, epoch: 0, batch: 0, history: [], top: [], learningRate, batchSize, state,
    leg: { epoch: 0, until: settings.epochs },
  };
  return { progress, ...(rateSearch ? { rateSearch } : {}) };
}

/** Validates, writes the checkpoints and the epoch's figures. */
async function endEpoch(
  run: TrainingRun, { layout, last }: Plan, stage: Stage, pass: Pass, waiting: number,
): Promise<TrainingProgress> {
  const { folder, say } = run;
  const { partial, ...before } = pass.progress;
  const epoch = before.epoch + 1;
  const validation = await validate(run, layout, before.state, stage);
  const seconds = partial?.seconds ?? NaN;
  const row: HistoryRow = {
    epoch, size: `${String(stage.height)}x${String(stage.width)}`, strength: rounded(stage.strength),
    learning_rate: rounded(pass.learningRate), train_loss: rounded((partial?.lossSum ?? NaN) / before.batch),
    validation_loss: rounded(validation.loss), validation_f1: rounded(validation.f1),
    seconds: rounded(seconds), images_per_second: rounded((before.batch * before.batchSize * stage.batchFactor) / seconds), waiting: rounded(waiting),
  };
  // Figures at a smaller size are not comparable: only the last size competes.
  const competes = sameSize(stage, last);
  const isBest = competes && isBetter(validation, before.best);
  const scored = { score: validation.f1, loss: validation.loss, epoch };
  const progress: TrainingProgress = {
    ...before, epoch, batch: 0, history: [...before.history, row],
    ...(isBest ? { best: scored } : {}), ...(competes ? { top: ranked([...before.top, scored], run.config.train.top_k) } : {}),
  };
  if (isBest) writeCheckpoint(folder.file(runFiles.best), progress, layout);
  keepTop(run, layout, before, progress);
  writeCheckpoint(folder.file(runFiles.last), progress, layout);
  folder.writeMetrics(progress.history);
  say(describe(row, isBest));
  return progress;
}

/** The best `count`, best first; of equals the earlier first. */
function ranked(epochs: TrainingProgress['top'], count: number): TrainingProgress['top'] {
  const better = (a: Validation, b: Validation): number => b.f1 - a.f1 || a.loss - b.loss;
  return epochs.toSorted((a, b) => better({ f1: a.score, loss: a.loss }, { f1: b.score, loss: b.loss })).slice(0, count);
}

/** Files for the best epochs beside the very best, which has its own; those that fell behind are removed. */
function keepTop({ folder, config: { train: { top_k } } }: TrainingRun, layout: Layout, before: TrainingProgress, now: TrainingProgress): void {
  if (top_k === 1) return;
  const fileOf = (epoch: number): string => folder.file(`top-${String(epoch).padStart(3, '0')}.ckpt`);
  if (now.top.some(({ epoch }) => epoch === now.epoch)) writeCheckpoint(fileOf(now.epoch), now, layout);
  for (const { epoch } of before.top) {
    if (!now.top.some((kept) => kept.epoch === epoch)) rmSync(fileOf(epoch), { force: true });
  }
}

function sameSize(a: Stage, b: Stage): boolean {
  return a.height === b.height && a.width === b.width;
}

function describe(row: HistoryRow, isBest: boolean): string {
  return `epoch ${String(row['epoch'])} ${String(row['size'])}: loss ${String(row['train_loss'])}, validation loss ${String(row['validation_loss'])}, `
    + `F1 ${String(row['validation_f1'])}${isBest ? ' (best)' : ''}, ${String(row['images_per_second'])} images a second, `
    + `${String(row['seconds'])} s`;
}

/** Four digits are enough for people and tables. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
