/**
 * What a logger of experiments is told of a training run.
 */
import type { HistoryRow } from '../loop/checkpoint.js';

export type { HistoryRow };

/** One training step. */
export interface StepRow {
  /** From 1. */
  readonly step: number;
  /** From 1. */
  readonly epoch: number;
  readonly loss: number;
  /** L2 norm over all parameters, before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
}

/** What a run leaves at its end. */
export interface RunResults {
  /** Single figures by name. */
  readonly figures: Readonly<Record<string, number>>;
  /** Rows: truth, columns: prediction; order closed, open. */
  readonly confusion: readonly [readonly [number, number], readonly [number, number]];
  /** SVG texts by name. */
  readonly pictures: Readonly<Record<string, string>>;
  /** Paths of the model files. */
  readonly models: readonly string[];
}

/** Told of everything as it happens. A logger that cannot write says so once and must not stop the training. */
export interface RunLogger {
  step(row: StepRow): void;
  /** @returns `stop` ends the training as if these had been its epochs */
  epoch(row: HistoryRow): 'stop' | undefined;
  line(text: string): void;
  results(results: RunResults): Promise<void>;
  /** @param exitCode 0 where the run came to its end */
  close(exitCode: number): void;
}
