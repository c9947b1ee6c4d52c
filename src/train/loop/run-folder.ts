/**
 * The folder of one training run: what was done, with what, and what came of it.
 */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync, cpSync, existsSync, readdirSync, readFileSync, realpathSync,
} from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { stringify as stringifyCsv } from 'csv-stringify/sync';
import { stringify as stringifyYaml } from 'yaml';
import { z } from 'zod';
import { UsageError } from '../../core/usage-error.js';
import { makeFolder, makeNewFolder } from '../../files/make-folder.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { packageFolder, packageVersion } from '../../files/package.js';
import type { Config } from '../../pipeline/config.js';
import { runtimeInfo } from '../../onnx/session.js';
import type { HistoryRow } from './checkpoint.js';

/** Names of the files in a run folder. */
export const runFiles = {
  config: 'config.yaml',
  console: 'console.log',
  metrics: 'metrics.csv',
  steps: 'steps.csv',
  versions: 'versions.json',
  /** Which packed file a detector is validated on, where it is one of its own. */
  validation: 'validation.json',
  sources: 'sources',
  /** The model that was trained on from. */
  parent: 'parent.onnx',
  last: 'last.ckpt',
  best: 'best.ckpt',
  weights: 'weights.safetensors',
  summary: 'summary.html',
  figures: 'figures.json',
} as const;

export interface RunFolder {
  readonly path: string;
  /** Path of a file in the folder. */
  file(name: string): string;
  /** Adds a line to console.log. */
  note(line: string): void;
  /** Writes metrics.csv anew. */
  writeMetrics(history: readonly HistoryRow[]): void;
  /** Writes a file whole or not at all. */
  write(name: string, content: string | Uint8Array): void;
}

/**
 * Makes `workdir/NNN-name`, NNN one more than the highest there is, and puts in it the settings, the versions and the
 * training sources.
 * @param data path of the packed file, as given
 * @param digest of its content, see `contentHash`
 * @param name of the run; that of an eye-state run where not given
 * @throws UsageError if the folder cannot be made
 */
export function createRunFolder(config: Config, data: string, digest?: string, name = config.train.name): RunFolder {
  const { workdir } = config.train;
  makeFolder(workdir, 'train.workdir');
  const numbers = readdirSync(workdir).map((entry) => Number(/^(\d+)-/.exec(entry)?.[1] ?? 0));
  const path = join(workdir, `${String(Math.max(0, ...numbers) + 1).padStart(3, '0')}-${name}`);
  makeNewFolder(path, 'train.workdir');
  const folder = openRunFolder(path);
  folder.write(runFiles.config, stringifyYaml(config));
  folder.write(runFiles.versions, `${JSON.stringify({ ...versions(), data, ...(digest === undefined ? {} : { data_sha256: digest }) }, undefined, 2)}\n`);
  copySources(folder.file(runFiles.sources));
  return folder;
}

/** An existing run folder. @throws if there is none */
export function openRunFolder(path: string): RunFolder {
  if (!existsSync(path)) throw new Error(`There is no run folder ${path}.`);
  const file = (name: string): string => join(path, name);
  const write = (name: string, content: string | Uint8Array): void => { writeWholeFile(file(name), content); };
  return {
    path, file, write,
    note: (line) => { appendFileSync(file(runFiles.console), `${new Date().toISOString()} ${line}\n`); },
    writeMetrics: (history) => { write(runFiles.metrics, stringifyCsv([...history], { header: true })); },
  };
}

const beginning = z.object({ data: z.string().optional(), data_sha256: z.string().optional() });

/**
 * Whether a run goes on with what it began with: other data would make its figures and models those of neither.
 * @param digest of the packed file that is given now
 * @throws UsageError if it is another one; a folder that does not say what it began with is believed
 */
export function checkSameData(folder: RunFolder, digest: string): void {
  if (!existsSync(folder.file(runFiles.versions))) return;
  const began = beginning.parse(JSON.parse(readFileSync(folder.file(runFiles.versions), 'utf8')));
  if (began.data_sha256 === undefined || began.data_sha256 === digest) return;
  throw new UsageError(`${folder.path} was trained on another packed file (${began.data ?? 'unknown'}). `
    + 'Give --resume that file as it was, or start a new run.');
}

/** What a run depends on beside its settings and data. */
export function versions(): Readonly<Record<string, string>> {
  return {
    tool: packageVersion(),
    commit: gitCommit(packageFolder),
    node: process.version,
    onnxruntime: runtimeInfo().version,
    platform: `${process.platform} ${process.arch}`,
    machine: `${String(cpus().length)} x ${cpus()[0]?.model.trim() ?? 'unknown'}, ${String(Math.round(totalmem() / 2 ** 30))} GiB`,
  };
}

/**
 * The commit that a package's sources are at, with `+` where they were changed since; `unknown` outside a checkout. An
 * installed package may lie in a checkout of something else: only one whose top is the package's own folder counts.
 */
export function gitCommit(folder: string): string {
  const git = (...arguments_: string[]): string =>
    execFileSync('git', arguments_, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    if (realpathSync(git('rev-parse', '--show-toplevel')) !== realpathSync(folder)) return 'unknown';
    return git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--', 'src') === '' ? '' : '+');
  } catch {
    return 'unknown';
  }
}

/** TypeScript from a checkout, JavaScript from an installed package. */
function copySources(to: string): void {
  const root = join(packageFolder, existsSync(join(packageFolder, 'src', 'train')) ? 'src' : 'dist');
  for (const part of ['train', 'classify', 'detect', 'onnx']) cpSync(join(root, part), join(to, part), { recursive: true });
}
