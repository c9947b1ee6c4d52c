/**
 * The runs of a working directory: what each one was and came to.
 */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse as parseCsv } from 'csv-parse/sync';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { runFiles } from '../loop/run-folder.js';

/** A setting's value as text, by its full name, as in `train.lr`. */
export type FlatSettings = ReadonlyMap<string, string>;

/** One epoch of a run, numbers where they are numbers. */
export type EpochFigures = Readonly<Record<string, number>>;

export interface RunEntry {
  readonly path: string;
  /** The folder's name. */
  readonly name: string;
  readonly settings: FlatSettings;
  readonly history: readonly EpochFigures[];
  /** Trained to its end, its models written. */
  readonly finished: boolean;
  /** Weighted F1 on validation, of the best epoch at the size that the run ends with. */
  readonly best?: { readonly epoch: number; readonly f1: number };
}

const tree = z.record(z.string(), z.unknown());
const rowsSchema = z.array(z.record(z.string(), z.string()));

/** The runs in a working directory, by number; none where there is no such folder. */
export function listRuns(workdir: string): RunEntry[] {
  if (!existsSync(workdir)) return [];
  return readdirSync(workdir).filter((name) => /^\d+-/.test(name) && isRun(join(workdir, name)))
    .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).map((name) => readRun(join(workdir, name)));
}

/** Whether a folder is one that `pipeline train` made. */
export function isRun(path: string): boolean {
  return existsSync(join(path, runFiles.config)) && existsSync(join(path, runFiles.versions));
}

/** Reads one run folder. @throws what is wrong with its files */
export function readRun(path: string): RunEntry {
  const settings = new Map(flatSettings(tree.parse(parseYaml(readFileSync(join(path, runFiles.config), 'utf8'))), []));
  const rows = historyOf(join(path, runFiles.metrics));
  const history = rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, Number(value)])));
  const last = rows.at(-1)?.['size'];
  const competing = history.filter((_, index) => rows[index]?.['size'] === last);
  const best = competing.toSorted((a, b) => (b['validation_f1'] ?? 0) - (a['validation_f1'] ?? 0))[0];
  return {
    path, name: basename(path), settings, history, finished: existsSync(join(path, runFiles.figures)),
    ...(best === undefined ? {} : { best: { epoch: best['epoch'] ?? NaN, f1: best['validation_f1'] ?? NaN } }),
  };
}

function historyOf(file: string): Record<string, string>[] {
  return existsSync(file) ? rowsSchema.parse(parseCsv(readFileSync(file, 'utf8'), { columns: true })) : [];
}

function flatSettings(values: Readonly<Record<string, unknown>>, path: readonly string[]): [string, string][] {
  return Object.entries(values).flatMap(([key, value]): [string, string][] => {
    const inner = tree.safeParse(value);
    if (inner.success) return flatSettings(inner.data, [...path, key]);
    return [[[...path, key].join('.'), typeof value === 'string' ? value : JSON.stringify(value)]];
  });
}

/** A setting in which runs differ; undefined where a run does not know it. */
export interface SettingDifference {
  readonly key: string;
  readonly values: readonly (string | undefined)[];
}

/** The settings in which runs differ, by name; what a run is called is none. */
export function settingDifferences(runs: readonly RunEntry[]): SettingDifference[] {
  const keys = new Set(runs.flatMap(({ settings }) => [...settings.keys()]));
  return [...keys].filter((key) => key !== 'train.name' && key !== 'train.workdir').sort()
    .map((key) => ({ key, values: runs.map(({ settings }) => settings.get(key)) }))
    .filter(({ values }) => new Set(values).size > 1);
}

/** Checkpoints that are neither the best nor the last of a run, and are not needed to go on. @returns their paths and bytes */
export function sparedCheckpoints({ path, finished }: RunEntry): { readonly path: string; readonly bytes: number }[] {
  if (!finished) return [];
  return readdirSync(path).filter((name) => name.endsWith('.ckpt') && name !== runFiles.best && name !== runFiles.last)
    .map((name) => ({ path: join(path, name), bytes: statSync(join(path, name)).size }));
}

/** Removes files. */
export function removeFiles(files: readonly { readonly path: string }[]): void {
  for (const { path } of files) rmSync(path, { force: true });
}
