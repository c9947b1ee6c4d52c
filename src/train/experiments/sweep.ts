/**
 * A search over settings: which runs it takes, and what they say together.
 */
import { createHash } from 'node:crypto';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { stringify } from 'csv-stringify/sync';
import { UsageError } from '../../core/usage-error.js';
import { Random } from '../data/random.js';
import { escapeMarkup } from '../run-report/charts.js';

const scalar = z.union([z.number(), z.string(), z.boolean()]);
/** A range to draw from; `log`: each power of ten as likely as the next. */
const range = z.strictObject({ from: z.number(), to: z.number(), scale: z.enum(['linear', 'log']).default('linear') });

const sweepSchema = z.strictObject({
  /** Goes into the names of the runs. */
  name: z.string().regex(/^[\w.-]+$/, 'must be letters, digits, ".", "_" and "-"').default('sweep'),
  search: z.enum(['grid', 'random']).default('grid'),
  /** How many combinations a random search draws. */
  runs: z.number().int().min(1).max(1000).default(10),
  /** Each combination is trained once for each of these: what they differ by is the noise. */
  seeds: z.array(z.number().int().min(0)).min(1).default([1]),
  /** What is drawn follows from this number. */
  draw: z.number().int().min(0).default(1),
  settings: z.record(z.string(), z.union([z.array(z.union([scalar, z.array(scalar)])).min(1), range], {
    error: 'must be a list of values, as in [0.002, 0.004], or a range, as in { from: 0.001, to: 0.02 }',
  }), { error: 'must be here: a setting a line, each with the values to try' }),
});

/** Settings that a sweep itself gives each of its runs, and how one says them to it. */
const ownSettings: Readonly<Record<string, string>> = {
  'train.seed': 'say seeds: [1, 2] beside settings', 'train.name': 'say name: beside settings', 'train.workdir': 'say --set train.workdir=FOLDER',
};

export type Sweep = z.infer<typeof sweepSchema>;

/** `key=value` settings of one combination, without the seed. */
export type Combination = readonly string[];

/** One run that a sweep takes. */
export interface SweepRun {
  readonly combination: Combination;
  readonly seed: number;
  /** The same for the same combination, seed and basis. */
  readonly name: string;
}

/**
 * Reads a sweep.
 * @param name of the file, for messages
 * @throws UsageError that says which key is wrong
 */
export function parseSweep(text: string, name: string): Sweep {
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (error) {
    throw new UsageError(`${name} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = sweepSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UsageError(`${name}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a sweep'}. See docs/training.md for an example.`);
  }
  const { search, settings } = parsed.data;
  for (const [key, instead] of Object.entries(ownSettings)) {
    if (Object.hasOwn(settings, key)) throw new UsageError(`${name}: settings.${key} is the sweep's own; ${instead}.`);
  }
  const ranged = Object.entries(settings).find(([, values]) => !Array.isArray(values));
  if (search === 'grid' && ranged) throw new UsageError(`${name}: settings.${ranged[0]} is a range; a grid takes a list of values (or set search: random).`);
  for (const [key, values] of Object.entries(settings)) {
    if (!Array.isArray(values) && values.scale === 'log' && values.from <= 0) throw new UsageError(`${name}: settings.${key}: a log scale begins above 0.`);
  }
  return parsed.data;
}

/**
 * All runs that a sweep takes, in the order in which they are trained: every combination once before any a second time.
 * @param basis what all runs have in common, data and other settings: with another one they are other runs
 */
export function planSweep(sweep: Sweep, basis: string): SweepRun[] {
  const combinations = sweep.search === 'grid' ? grid(sweep) : drawn(sweep);
  return sweep.seeds.flatMap((seed) => combinations.map((combination) => ({
    combination, seed,
    name: `${sweep.name}-${createHash('sha256').update(JSON.stringify([combination, seed, basis])).digest('hex').slice(0, 8)}`,
  })));
}

function grid({ settings }: Sweep): Combination[] {
  return Object.entries(settings).reduce<Combination[]>((combinations, [key, values]) =>
    combinations.flatMap((combination) => (Array.isArray(values) ? values : []).map((value) => [...combination, `${key}=${JSON.stringify(value)}`])), [[]]);
}

function drawn({ settings, runs, draw }: Sweep): Combination[] {
  const random = new Random(draw);
  return Array.from({ length: runs }, () => Object.entries(settings).map(([key, values]) => {
    if (Array.isArray(values)) return `${key}=${JSON.stringify(values[random.below(values.length)])}`;
    const { from, to, scale } = values;
    const value = scale === 'log' ? from * (to / from) ** random.next() : random.between(from, to);
    return `${key}=${String(Number(value.toPrecision(3)))}`;
  }));
}

/** What came of one run. */
export interface SweepResult extends SweepRun {
  /** Weighted F1 on validation; not there where the run has not come to its end. */
  readonly f1?: number;
  readonly folder: string;
}

/** A combination, all seeds together. */
export interface SweepRow {
  readonly combination: Combination;
  readonly mean: number;
  /** Of the seeds; NaN with one. */
  readonly deviation: number;
  readonly results: readonly SweepResult[];
  /** Its mean differs from the best one's by less than the seeds' noise: twice the standard error of the difference. */
  readonly asGoodAsBest: boolean;
}

/**
 * The combinations of which every seed has been trained, best first. The noise is taken to be the same everywhere: with two or
 * three seeds a combination's own deviation says little.
 */
export function rankSweep(results: readonly SweepResult[]): SweepRow[] {
  const groups = new Map<string, SweepResult[]>();
  for (const result of results) {
    const key = result.combination.join('\n');
    groups.set(key, [...(groups.get(key) ?? []), result]);
  }
  const rows = [...groups.values()].filter((group) => group.every(({ f1 }) => f1 !== undefined)).map((group) => {
    const values = group.map(({ f1 = NaN }) => f1);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return { combination: group[0]?.combination ?? [], results: group, mean, squares, free: values.length - 1 };
  }).sort((a, b) => b.mean - a.mean);
  const free = rows.reduce((sum, row) => sum + row.free, 0);
  const noise = Math.sqrt(rows.reduce((sum, row) => sum + row.squares, 0) / free);
  const [best] = rows;
  return rows.map(({ combination, results: own, mean, squares, free: ownFree }) => ({
    combination, results: own, mean, deviation: Math.sqrt(squares / ownFree),
    asGoodAsBest: best === undefined || mean === best.mean || best.mean - mean < 2 * noise * Math.sqrt(1 / own.length + 1 / best.results.length),
  }));
}

/** One row a combination. */
export function sweepCsv(rows: readonly SweepRow[]): string {
  return stringify(rows.map((row) => ({
    ...Object.fromEntries(row.combination.map(splitSetting)), mean_f1: figure(row.mean), deviation: figure(row.deviation),
    as_good_as_best: row.asGoodAsBest ? 'yes' : 'no', f1: row.results.map(({ f1 = NaN }) => figure(f1)).join(' '),
    folders: row.results.map(({ folder }) => folder).join(' '),
  })), { header: true });
}

/** The same as a page; what is as good as the best, within the seeds' noise, is marked. */
export function sweepPage(title: string, rows: readonly SweepRow[]): string {
  const keys = rows[0]?.combination.map((setting) => splitSetting(setting)[0]) ?? [];
  const body = rows.map((row) => {
    const cells = [...row.combination.map((setting) => splitSetting(setting)[1]), figure(row.mean), figure(row.deviation),
      row.results.map(({ f1 = NaN }) => figure(f1)).join(', '), row.results.map(({ folder }) => folder).join(', ')];
    return `<tr${row.asGoodAsBest ? ' class="best"' : ''}>${cells.map((cell) => `<td>${escapeMarkup(cell)}</td>`).join('')}</tr>`;
  });
  const head = [...keys, 'mean F1 on validation', 'deviation of seeds', 'each seed', 'runs'];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeMarkup(title)}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em; color: #222; }
table { border-collapse: collapse; } td, th { padding: .2em 1.2em .2em .4em; text-align: left; border-bottom: 1px solid #eee; }
.best { background: #e6f2e6; }
</style></head><body>
<h1>${escapeMarkup(title)}</h1>
<p>Best first. Shaded: as good as the best, within the seeds' noise${rows.some(({ deviation }) => Number.isFinite(deviation)) ? '' : ' (unknown with one seed: give several)'}.</p>
<table><tr>${head.map((name) => `<th>${escapeMarkup(name)}</th>`).join('')}</tr>${body.join('')}</table>
</body></html>
`;
}

function figure(value: number): string {
  return Number.isFinite(value) ? value.toFixed(4) : '';
}

function splitSetting(setting: string): [string, string] {
  const at = setting.indexOf('=');
  return [setting.slice(0, at), setting.slice(at + 1)];
}
