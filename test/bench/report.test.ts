import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { workerCounts, type BenchResult, type SetFigures } from '../../src/bench/bench.js';
import { machineName, machineSlug } from '../../src/bench/machine.js';
import { benchCsv, benchJson, benchTable } from '../../src/bench/report.js';

const group: SetFigures = {
  description: '6 group photos',
  photos: 6,
  stages: { decode: { p50_ms: 20, p95_ms: 25, share: 0.5 }, eye_crops: { p50_ms: 1, p95_ms: 2, share: 0.025 } },
  photos_per_s: 40,
  decode_only_photos_per_s: 80,
  share_of_decode_bound: 0.5,
  one_thread_share_of_decode_bound: 0.52,
  processor_share_of_decode_bound: 0.51,
  workers: { 1: 22, 2: 40 },
  scaling: 1.82,
  peers: { 'human-wasm': { photos_per_s: 2, pipeline_times_faster: 20, one_thread_times_faster: 11 } },
};
const result: BenchResult = {
  machine: 'Some Processor, 2 cores', rounds: 3, ...group, peak_rss_mb: 512, start_up_s: 0.9,
  missing_peers: [{ name: 'face-api-wasm', reason: 'Cannot find module' }], sets: { group },
};

describe('the reports of a benchmark', () => {
  it('as JSON have the agreed keys at the top', () => {
    const json: unknown = JSON.parse(benchJson(result));
    expect(json).toMatchObject({
      machine: 'Some Processor, 2 cores',
      rounds: 3,
      stages: { decode: { p50_ms: 20, p95_ms: 25 } },
      photos_per_s: 40,
      decode_only_photos_per_s: 80,
      share_of_decode_bound: 0.5,
      peak_rss_mb: 512,
      workers: { 1: 22, 2: 40 },
      peers: { 'human-wasm': { photos_per_s: 2 } },
    });
  });

  it('as CSV name machine and set in every line', () => {
    const rows: unknown = parse(benchCsv(result), { columns: true });
    expect(rows).toContainEqual({ machine: result.machine, set: 'group', figure: 'share_of_decode_bound', value: '0.5' });
    expect(rows).toContainEqual({ machine: result.machine, set: 'group', figure: 'stages.decode.p95_ms', value: '25' });
    expect(rows).toContainEqual({ machine: result.machine, set: 'all', figure: 'peak_rss_mb', value: '512' });
  });

  it('leave out memory where the system does not tell', () => {
    const unknown = { ...result, peak_rss_mb: null };
    expect(benchCsv(unknown)).not.toContain('peak_rss_mb');
    expect(benchTable(unknown)).not.toContain('Peak memory');
  });

  it('as a table say of how many rounds they are', () => {
    expect(benchTable(result)).toContain('Medians of 3 rounds after a warm-up.');
    expect(benchTable({ ...result, rounds: 1 })).toContain('One round after a warm-up.');
  });

  it('as a table say which tool was left out and why', () => {
    expect(benchTable(result)).toContain('face-api-wasm was left out: Cannot find module');
    expect(benchTable(result)).toMatch(/eye crops +1\.0 +2\.0 +2\.5 %/);
  });
});

describe('the machine', () => {
  it('can be part of a file name', () => {
    expect(machineSlug()).toMatch(/^[a-z0-9-]+-cores-node-\d+$/);
    expect(machineName()).toContain(process.versions.node);
  });

  it('is measured with one worker, then twice as many, up to all cores', () => {
    expect(workerCounts(1)).toEqual([1]);
    expect(workerCounts(2)).toEqual([1, 2]);
    expect(workerCounts(6)).toEqual([1, 2, 4, 6]);
  });
});
