/**
 * What was measured, as a table for people, as JSON and as CSV.
 */
import { stringify } from 'csv-stringify/sync';
import type { BenchResult, SetFigures } from './bench.js';

/** One figure of a result, such as `group`, `share_of_decode_bound`, 0.61. */
export interface Figure {
  readonly set: string;
  readonly figure: string;
  readonly value: number;
}

/** All figures one by one. Those of the whole tool belong to the set `all`. */
export function figuresOf(result: BenchResult): Figure[] {
  const whole: Figure[] = [
    { set: 'all', figure: 'rounds', value: result.rounds },
    { set: 'all', figure: 'start_up_s', value: result.start_up_s },
    ...(result.peak_rss_mb === null ? [] : [{ set: 'all', figure: 'peak_rss_mb', value: result.peak_rss_mb }]),
  ];
  return [...whole, ...Object.entries(result.sets).flatMap(([set, figures]) => setFigures(set, figures))];
}

function setFigures(set: string, figures: SetFigures): Figure[] {
  const named = (name: string, values: object): Figure[] =>
    Object.entries(values).map(([key, value]) => ({ set, figure: `${name}.${key}`, value: Number(value) }));
  const {
    photos, photos_per_s, decode_only_photos_per_s, share_of_decode_bound, one_thread_share_of_decode_bound,
    processor_share_of_decode_bound, scaling,
  } = figures;
  const plain = {
    photos, photos_per_s, decode_only_photos_per_s, share_of_decode_bound, one_thread_share_of_decode_bound,
    processor_share_of_decode_bound, scaling,
  };
  return [
    ...Object.entries(plain).map(([figure, value]) => ({ set, figure, value })),
    ...named('workers', figures.workers),
    ...Object.entries(figures.stages).flatMap(([stage, values]) => named(`stages.${stage}`, values)),
    ...Object.entries(figures.peers).flatMap(([peer, values]) => named(`peers.${peer}`, values)),
  ];
}

/** A line a figure: machine, set, figure, value. */
export function benchCsv(result: BenchResult): string {
  const rows = figuresOf(result).map(({ set, figure, value }) => [result.machine, set, figure, value]);
  return stringify([['machine', 'set', 'figure', 'value'], ...rows]);
}

export function benchJson(result: BenchResult): string {
  return `${JSON.stringify(result, undefined, 2)}\n`;
}

/** The table that a person reads. */
export function benchTable(result: BenchResult): string {
  const lines = [result.machine, result.rounds === 1 ? 'One round after a warm-up.' : `Medians of ${String(result.rounds)} rounds after a warm-up.`];
  for (const [name, figures] of Object.entries(result.sets)) lines.push('', ...setTable(name, figures));
  lines.push('', `Start-up of pipeline run on one photo: ${result.start_up_s.toFixed(2)} s`);
  if (result.peak_rss_mb !== null) {
    lines.push(`Peak memory with ${Object.keys(result.workers).at(-1) ?? '1'} workers, all processes: ${String(result.peak_rss_mb)} MB`);
  }
  for (const { name, reason } of result.missing_peers) lines.push(`${name} was left out: ${reason}`);
  return `${lines.join('\n')}\n`;
}

function setTable(name: string, figures: SetFigures): string[] {
  const lines = [`${name}: ${figures.description}`, `  ${row('stage', 'p50 ms', 'p95 ms', 'share')}`];
  for (const [stage, { p50_ms, p95_ms, share }] of Object.entries(figures.stages)) {
    lines.push(`  ${row(stage.replace('_', ' '), p50_ms.toFixed(1), p95_ms.toFixed(1), `${(share * 100).toFixed(1)} %`)}`);
  }
  for (const [workers, rate] of Object.entries(figures.workers)) {
    lines.push(`  ${workers} worker${workers === '1' ? '' : 's'}: ${rate.toFixed(1)} photos a second`);
  }
  lines.push(`  bare decoding, as many processes: ${figures.decode_only_photos_per_s.toFixed(1)} photos a second`);
  lines.push(`  share of the decode bound: ${figures.share_of_decode_bound.toFixed(2)}`
    + ` (on one thread ${figures.one_thread_share_of_decode_bound.toFixed(2)},`
    + ` of processor time ${figures.processor_share_of_decode_bound.toFixed(2)})`);
  for (const [peer, { photos_per_s, pipeline_times_faster, one_thread_times_faster }] of Object.entries(figures.peers)) {
    lines.push(`  ${peer}: ${photos_per_s.toFixed(1)} photos a second; the pipeline is ${pipeline_times_faster.toFixed(1)} times as fast`
      + ` (on one thread ${one_thread_times_faster.toFixed(1)} times)`);
  }
  return lines;
}

function row(stage: string, ...cells: readonly string[]): string {
  return stage.padEnd(12) + cells.map((cell) => cell.padStart(10)).join('');
}
