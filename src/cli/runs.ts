/**
 * `pipeline runs`: the training runs of a working directory.
 */
import { writeWholeFile } from '../files/whole-file.js';
import type { Command } from 'commander';
import { UsageError } from '../core/usage-error.js';
import { comparisonPage } from '../train/experiments/compare.js';
import { isRun, listRuns, readRun, removeFiles, settingDifferences, sparedCheckpoints, type RunEntry } from '../train/experiments/run-list.js';
import { log } from './log.js';
import { checkWritable } from './writable.js';

interface RunsOptions {
  readonly compare?: readonly string[];
  readonly output?: string;
  readonly clean?: true;
}

export function registerRuns(program: Command): void {
  program.command('runs')
    .description('List training runs, compare them, clean up after them.')
    .argument('[workdir]', 'where run folders are', 'workdir')
    .option('--compare <runs...>', 'two or more run folders: the settings that differ, and their curves')
    .option('-o, --output <file>', 'with --compare: a page with the curves over each other (HTML)')
    .option('--clean', 'remove checkpoints of finished runs that are neither the best nor the last')
    .action(runs)
    .addHelpText('after', `
Examples:
  pipeline runs
  pipeline runs --compare workdir/003-eyes workdir/004-eyes -o compare.html
  pipeline runs --clean`);
}

function runs(workdir: string, { compare, output, clean }: RunsOptions): void {
  if (compare !== undefined) {
    comparison(compare, output);
    return;
  }
  if (output !== undefined) throw new UsageError('--output is for --compare.');
  const entries = listRuns(workdir);
  if (entries.length === 0) throw new UsageError(`There is no training run in ${workdir}.`);
  if (clean === true) tidy(entries);
  else for (const entry of entries) process.stdout.write(`${describe(entry)}\n`);
}

function describe({ name, settings, history, finished, best }: RunEntry): string {
  const state = finished ? 'finished' : history.length === 0 ? 'no epoch yet' : 'not finished: go on with --resume';
  return `${name.padEnd(28)} ${(settings.get('train.backbone') ?? '').padEnd(16)} ${epochs(history.length, Number(settings.get('train.epochs')))}  ${best === undefined ? '' : `F1 ${best.f1.toFixed(4)} in epoch ${String(best.epoch)}`.padEnd(24)}  ${state}`;
}

/** How many epochs there are of those that were planned, or beyond them, as `--more` trains them. */
function epochs(count: number, planned: number): string {
  return count > planned ? `${String(planned).padStart(4)} + ${String(count - planned)} epochs ` : `${String(count).padStart(4)} of ${String(planned)} epochs`;
}

function comparison(paths: readonly string[], output: string | undefined): void {
  if (paths.length < 2) throw new UsageError('--compare takes two run folders or more.');
  const missing = paths.find((path) => !isRun(path));
  if (missing !== undefined) throw new UsageError(`${missing} is not a run folder.`);
  const entries = paths.map(readRun);
  for (const entry of entries) process.stdout.write(`${describe(entry)}\n`);
  for (const { key, values } of settingDifferences(entries)) {
    process.stdout.write(`  ${key.padEnd(26)} ${values.map((value) => value ?? '-').join('  |  ')}\n`);
  }
  if (output === undefined) return;
  checkWritable(output);
  writeWholeFile(output, comparisonPage(entries));
  log.log(output);
}

function tidy(entries: readonly RunEntry[]): void {
  const files = entries.flatMap(sparedCheckpoints);
  removeFiles(files);
  for (const { path } of files) log.log(`removed ${path}`);
  log.log(`${String(files.length)} checkpoints, ${(files.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6).toFixed(1)} MB.`);
}
