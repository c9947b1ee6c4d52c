/**
 * What a training run is given, and what comes of it.
 */
import type { Config } from '../../pipeline/config.js';
import type { Backbone } from '../backbones/index.js';
import type { EyeDataset } from '../data/packed-file.js';
import type { Partition } from '../data/partition.js';
import type { RunLogger } from '../tracking/run-logger.js';
import type { HistoryRow, TrainingProgress } from './checkpoint.js';
import type { ImportedModel } from './export.js';
import type { RateSearch } from './find-learning-rate.js';
import type { RunFolder } from './run-folder.js';

export interface TrainingRun {
  readonly config: Config;
  readonly backbone: Backbone;
  readonly dataset: EyeDataset;
  readonly partition: Partition;
  readonly folder: RunFolder;
  /** Weights to start from instead of random ones. */
  readonly init?: ImportedModel;
  /** Go on from the folder's last checkpoint. */
  readonly resume: boolean;
  /** Epochs to train beyond the last one of a finished run, 0 where not given. */
  readonly more?: number;
  /** Aborting it ends the run after the step in progress, with a checkpoint. */
  readonly stop: AbortSignal;
  /** Lines for people. */
  readonly say: (line: string) => void;
  /** Told of each step and epoch; one may end the training. */
  readonly loggers?: readonly Pick<RunLogger, 'step' | 'epoch'>[];
}

export interface TrainingOutcome {
  /** At the end of the best epoch. */
  readonly best: TrainingProgress;
  readonly history: readonly HistoryRow[];
  /** Given up before the last epoch because of `stop`: `--resume` goes on. */
  readonly interrupted: boolean;
  /** Share of the loop's time in which it waited for the loader, 0 to 1. */
  readonly waiting: number;
  readonly rateSearch?: RateSearch;
}
