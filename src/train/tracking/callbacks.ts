/**
 * A module of the user's own that is told of a training run.
 */
import { z } from 'zod';
import { importModule } from '../../files/import-module.js';
import { UsageError } from '../../core/usage-error.js';
import type { HistoryRow, RunLogger, RunResults, StepRow } from './run-logger.js';

/** What such a module exports as its default; each is optional. An error that one throws ends the training with it. */
export interface TrainingCallbacks {
  /** After each step. Keep it short: the training waits. */
  readonly onStep?: (row: StepRow) => void;
  /** After each epoch; `stop` ends the training as if these had been its epochs. */
  readonly onEpoch?: (row: HistoryRow) => 'stop' | undefined;
  /** A line for people. */
  readonly onLine?: (text: string) => void;
  /** With the figures, pictures and model files of a run that came to its end; waited for. */
  readonly onResults?: (results: RunResults) => Promise<void> | undefined;
  /** At the very end, also after an interruption; 0 where the run came to its end. */
  readonly onEnd?: (exitCode: number) => void;
}

function callable<T>(): z.ZodOptional<z.ZodCustom<T>> {
  return z.custom<T>((value) => typeof value === 'function').optional();
}

const moduleSchema = z.object({
  default: z.strictObject({
    onStep: callable<Exclude<TrainingCallbacks['onStep'], undefined>>(),
    onEpoch: callable<Exclude<TrainingCallbacks['onEpoch'], undefined>>(),
    onLine: callable<Exclude<TrainingCallbacks['onLine'], undefined>>(),
    onResults: callable<Exclude<TrainingCallbacks['onResults'], undefined>>(),
    onEnd: callable<Exclude<TrainingCallbacks['onEnd'], undefined>>(),
  }),
});

/**
 * Loads such a module.
 * @param path looked for in the working directory
 * @throws UsageError if there is none, or it exports something else
 */
export async function loadCallbacks(path: string): Promise<RunLogger> {
  const parsed = moduleSchema.safeParse(await importModule(path, 'train.callbacks'));
  if (!parsed.success) {
    throw new UsageError(`${path} (train.callbacks) must export an object of functions as its default: onStep, onEpoch, onLine, `
      + 'onResults and onEnd, each of them optional.');
  }
  const callbacks = parsed.data.default;
  return {
    step: (row) => { callbacks.onStep?.(row); },
    epoch: (row) => callbacks.onEpoch?.(row),
    line: (text) => { callbacks.onLine?.(text); },
    results: async (results) => { await callbacks.onResults?.(results); },
    close: (exitCode) => { callbacks.onEnd?.(exitCode); },
  };
}
