/**
 * One epoch, or what is left of it after an interruption.
 */
import { learningRateAt } from '../autodiff/schedule.js';
import type { Loader } from '../data/loader.js';
import { writeCheckpoint, type TrainingProgress } from './checkpoint.js';
import { requireFinite } from './checks.js';
import { runFiles } from './run-folder.js';
import type { Stage } from './stages.js';
import type { StepLog } from './step-log.js';
import type { Layout, TrainingStep } from './step.js';
import type { TrainingRun } from './training-run.js';

/** What an epoch is trained with. */
export interface EpochTools {
  readonly step: TrainingStep;
  readonly loader: Loader;
  readonly steps: StepLog;
  readonly stage: Stage;
  readonly layout: Layout;
}

export interface Pass {
  /** Behind the last batch that was trained on; `partial` tells of all of the epoch's batches, also of those before a stop. */
  readonly progress: TrainingProgress;
  /** Of the last step. */
  readonly learningRate: number;
  readonly interrupted: boolean;
}

/** Trains from `start` to the end of its epoch or to a stop, with a checkpoint every `train.save_seconds`. */
export async function trainEpoch(run: TrainingRun, tools: EpochTools, start: TrainingProgress): Promise<Pass> {
  const { config: { train: settings } } = run;
  const { loader, steps, stage, layout } = tools;
  const { leg } = start;
  const batches = loader.batchesPerEpoch(stage);
  const raised = Math.sqrt(stage.batchFactor);
  const clock = new Clock(start.partial?.seconds ?? 0);
  let { lossSum } = start.partial ?? { lossSum: 0 };
  let progress = start;
  let [learningRate, interrupted] = [0, false];
  for await (const batch of loader.epoch(start.epoch, { ...stage, startBatch: start.batch })) {
    learningRate = raised * learningRateAt(
      settings.schedule, start.learningRate, (start.epoch - leg.epoch + progress.batch / batches) / (leg.until - leg.epoch));
    const { state, loss, gradientNorm } = await tools.step.run(progress.state, batch, learningRate);
    lossSum += requireFinite(loss, learningRate);
    progress = { ...progress, state, batch: progress.batch + 1, partial: { lossSum, seconds: clock.seconds } };
    const row = { step: state.step, epoch: start.epoch + 1, loss, gradientNorm, learningRate };
    steps.add(row);
    for (const logger of run.loggers ?? []) logger.step(row);
    if (clock.sinceLap >= settings.save_seconds) {
      steps.flush();
      writeCheckpoint(run.folder.file(runFiles.last), progress, layout);
      clock.lap();
    }
    interrupted = run.stop.aborted;
    if (interrupted) break;
  }
  return { progress, learningRate, interrupted };
}

class Clock {
  private readonly from = performance.now();
  private lapFrom = this.from;

  constructor(private readonly before: number) {}

  get seconds(): number {
    return this.before + (performance.now() - this.from) / 1000;
  }

  get sinceLap(): number {
    return (performance.now() - this.lapFrom) / 1000;
  }

  lap(): void {
    this.lapFrom = performance.now();
  }
}
