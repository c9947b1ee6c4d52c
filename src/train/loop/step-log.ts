/**
 * Loss, gradient norm and learning rate of each step: steps.csv of a run folder.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import type { StepRow } from '../tracking/run-logger.js';
import { runFiles, type RunFolder } from './run-folder.js';

const HEADER = 'step,epoch,loss,gradient_norm,learning_rate\n';
/** Rows that are gathered before they are written: a kill loses no more. */
const GATHERED = 50;

const rowSchema = z.object({
  step: z.coerce.number(), epoch: z.coerce.number(), loss: z.coerce.number(), gradient_norm: z.coerce.number(), learning_rate: z.coerce.number(),
}).transform(({ gradient_norm, learning_rate, ...rest }): StepRow => ({ ...rest, gradientNorm: gradient_norm, learningRate: learning_rate }));

/** Gathers steps and writes them to the folder. */
export class StepLog {
  private readonly file: string;
  private waiting: StepRow[] = [];

  /** @param from how many steps are behind; what the file says of later ones is dropped */
  constructor(folder: RunFolder, from: number) {
    this.file = folder.file(runFiles.steps);
    const kept = readSteps(folder).filter(({ step }) => step <= from);
    folder.write(runFiles.steps, HEADER + kept.map(line).join(''));
  }

  add(row: StepRow): void {
    this.waiting.push(row);
    if (this.waiting.length >= GATHERED) this.flush();
  }

  flush(): void {
    appendFileSync(this.file, this.waiting.map(line).join(''));
    this.waiting = [];
  }
}

/** The steps that a run folder tells of, none where it has no such file. A last line that was cut off is left out. */
export function readSteps(folder: RunFolder): StepRow[] {
  const file = folder.file(runFiles.steps);
  if (!existsSync(file)) return [];
  const text = readFileSync(file, 'utf8');
  const rows: unknown[] = parse(text.slice(0, text.lastIndexOf('\n') + 1), { columns: true });
  return rows.map((row) => rowSchema.parse(row));
}

function line({ step, epoch, loss, gradientNorm, learningRate }: StepRow): string {
  return `${[step, epoch, ...[loss, gradientNorm, learningRate].map((value) => Number(value.toPrecision(6)))].join(',')}\n`;
}
