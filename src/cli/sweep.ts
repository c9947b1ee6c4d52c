/**
 * `pipeline train --sweep`: many runs one after the other, each a process of its own, and a table of what they say.
 */
import { writeWholeFile } from '../files/whole-file.js';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { contentHash } from '../files/content-hash.js';
import { makeFolder } from '../files/make-folder.js';
import { fileProblem } from '../files/problem.js';
import { packageFolder } from '../files/package.js';
import { loadConfig, type Config } from '../pipeline/config.js';
import { listRuns, type RunEntry } from '../train/experiments/run-list.js';
import { parseSweep, planSweep, rankSweep, sweepCsv, sweepPage, type SweepResult, type SweepRun } from '../train/experiments/sweep.js';
import { runFiles } from '../train/loop/run-folder.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import type { SettingsOptions } from './settings.js';

/**
 * Trains what is still to be trained of a sweep; a run that came to its end is never repeated, one that was stopped goes on.
 * @param options settings for all runs, which the sweep's own come on top of
 * @throws UsageError if the file, or a setting that it names, is wrong: before the first run
 */
export async function sweepRuns(data: string, file: string, config: Config, options: SettingsOptions): Promise<void> {
  const sweep = parseSweep(readSweep(file), file);
  const plan = planSweep(sweep, basisOf(await contentHash(data), config));
  for (const { combination } of plan) loadConfig(options.config, [...(options.set ?? []), ...combination]);
  const { workdir } = config.train;
  makeFolder(workdir, 'train.workdir');
  log.log(`${sweep.name}: ${String(plan.length)} runs, ${String(sweep.seeds.length)} of each combination`);
  for (const run of plan) {
    const before = find(workdir, run);
    if (before?.finished !== true) await trainOne(data, run, before, options);
    const results = plan.map((each) => resultOf(workdir, each));
    const rows = rankSweep(results);
    writeWholeFile(join(workdir, `${sweep.name}.csv`), sweepCsv(rows));
    writeWholeFile(join(workdir, `${sweep.name}.html`), sweepPage(sweep.name, rows));
    if (process.exitCode !== undefined && process.exitCode !== 0) return;
  }
  for (const { combination, mean, asGoodAsBest } of rankSweep(plan.map((each) => resultOf(workdir, each)))) {
    process.stdout.write(`${asGoodAsBest ? '*' : ' '} ${mean.toFixed(4)}  ${combination.join('  ')}\n`);
  }
  log.log(`${join(workdir, `${sweep.name}.html`)} (* as good as the best, within the seeds' noise)`);
}

function readSweep(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`Cannot read the sweep ${file}: ${fileProblem(error, 'read')} docs/training.md has an example.`);
  }
}

/** Settings of training that change no weights, or that the sweep gives each run itself. */
const noBasis: ReadonlySet<string> = new Set(['name', 'seed', 'workdir', 'loader_threads', 'save_seconds', 'top_k', 'logger', 'wandb_project']);

/** What all runs of a sweep have in common, as text: trained with other settings they are other runs, and none is taken for done. */
function basisOf(dataDigest: string, config: Config): string {
  return JSON.stringify([dataDigest, config.data, Object.entries(config.train).filter(([name]) => !noBasis.has(name))]);
}

function find(workdir: string, { name }: SweepRun): RunEntry | undefined {
  return listRuns(workdir).find((entry) => entry.name.endsWith(`-${name}`));
}

function resultOf(workdir: string, run: SweepRun): SweepResult {
  const entry = find(workdir, run);
  return { ...run, folder: entry?.name ?? '', ...(entry?.finished === true && entry.best ? { f1: entry.best.f1 } : {}) };
}

async function trainOne(data: string, run: SweepRun, before: RunEntry | undefined, { config, set = [] }: SettingsOptions): Promise<void> {
  const resumable = before !== undefined && existsSync(join(before.path, runFiles.last));
  const settings = [...set, ...run.combination, `train.seed=${String(run.seed)}`, `train.name=${run.name}`].flatMap((setting) => ['--set', setting]);
  const options = resumable ? ['--resume', before.path] : [...(config === undefined ? [] : ['--config', config]), ...settings];
  log.log(`${run.name}: ${[...run.combination, `seed ${String(run.seed)}`].join(', ')}`);
  const child = spawn(process.execPath, [join(packageFolder, 'bin', 'pipeline.js'), 'train', data, ...options], { stdio: 'inherit' });
  // A stop is for the run in progress: what it has done stays, and the sweep goes on with it next time.
  const stop = (signal: NodeJS.Signals): void => { child.kill(signal); };
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const code = await new Promise<number | null>((resolve) => { child.once('exit', resolve); });
  process.off('SIGINT', stop).off('SIGTERM', stop);
  if (code !== 0) process.exitCode = exitCodes.failure;
}
