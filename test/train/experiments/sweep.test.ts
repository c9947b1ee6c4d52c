import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/core/usage-error.js';
import { parseSweep, planSweep, rankSweep, sweepCsv, sweepPage, type SweepResult } from '../../../src/train/experiments/sweep.js';

const grid = parseSweep('settings: { train.lr: [0.002, 0.004], train.backbone: [plain-nano, plain-small] }\nseeds: [1, 2]\n', 'sweep.yaml');

describe('a sweep', () => {
  it('as a grid takes every combination, each once before any a second time', () => {
    const plan = planSweep(grid, 'data');
    expect(plan).toHaveLength(8);
    expect(plan.slice(0, 4).map(({ combination, seed }) => [...combination, seed])).toEqual([
      ['train.lr=0.002', 'train.backbone="plain-nano"', 1], ['train.lr=0.002', 'train.backbone="plain-small"', 1],
      ['train.lr=0.004', 'train.backbone="plain-nano"', 1], ['train.lr=0.004', 'train.backbone="plain-small"', 1],
    ]);
    expect(new Set(plan.map(({ name }) => name)).size).toBe(8);
  });

  it('names a run by what it is, so that it is found again, and other data or settings give other runs', () => {
    const [first] = planSweep(grid, 'data');
    const { settings: { 'train.lr': rates = [], 'train.backbone': nets = [] } } = grid;
    const fewer = planSweep({ ...grid, settings: { 'train.lr': Array.isArray(rates) ? rates.slice(0, 1) : rates, 'train.backbone': nets } }, 'data');
    expect(fewer.map(({ name }) => name)).toContain(first?.name);
    expect(planSweep(grid, 'other').map(({ name }) => name)).not.toContain(first?.name);
  });

  it('at random draws within ranges, on a log scale evenly over the powers of ten, the same for the same number', () => {
    const text = 'search: random\nruns: 300\nsettings: { train.lr: { from: 0.0001, to: 0.1, scale: log }, train.clip: [3, 4] }\n';
    const plan = planSweep(parseSweep(text, 'sweep.yaml'), 'data');
    const rates = plan.map(({ combination }) => Number(combination[0]?.split('=')[1]));
    for (const rate of rates) expect(rate >= 0.0001 && rate <= 0.1).toBe(true);
    expect(rates.filter((rate) => rate < 0.001).length).toBeGreaterThan(70);
    expect(planSweep(parseSweep(text, 'sweep.yaml'), 'data')).toEqual(plan);
    expect(planSweep(parseSweep(`${text}draw: 2\n`, 'sweep.yaml'), 'data')).not.toEqual(plan);
  });

  it.each([
    ['settings: { train.lr: { from: 0.1, to: 1 } }', /settings\.train\.lr is a range; a grid takes a list/],
    ['settings: { train.lr: [] }', /settings\.train\.lr/],
    ['search: random\nsettings: { train.lr: { from: 0, to: 1, scale: log } }', /begins above 0/],
    ['settings: [', /not valid YAML/],
    ['stetings: {}', /sweep\.yaml: settings: must be here/],
    ['settings: { train.lr: 0.1 }', /settings\.train\.lr: must be a list of values, as in .* or a range/],
    ['settings: { train.seed: [1, 2] }', /settings\.train\.seed is the sweep's own; say seeds: \[1, 2\] beside settings/],
    ['settings: { train.workdir: [a] }', /settings\.train\.workdir is the sweep's own; say --set train\.workdir=FOLDER/],
  ])('says what is wrong with %s', (text, message) => {
    expect(() => parseSweep(text, 'sweep.yaml')).toThrow(UsageError);
    expect(() => parseSweep(text, 'sweep.yaml')).toThrow(message);
  });
});

describe('the table of a sweep', () => {
  const result = (rate: string, seed: number, f1?: number): SweepResult =>
    ({ combination: [`train.lr=${rate}`], seed, name: `${rate}-${String(seed)}`, folder: `00${String(seed)}-${rate}`, ...(f1 === undefined ? {} : { f1 }) });
  const rows = rankSweep([
    result('0.001', 1, 0.90), result('0.001', 2, 0.904), result('0.004', 1, 0.95), result('0.004', 2, 0.954),
    result('0.008', 1, 0.949), result('0.008', 2, 0.951), result('0.02', 1, 0.96), result('0.02', 2),
  ]);

  it('is sorted by the mean of the seeds, and tells what differs by no more than they do', () => {
    expect(rows.map(({ combination, asGoodAsBest }) => [combination[0], asGoodAsBest])).toEqual([
      ['train.lr=0.004', true], ['train.lr=0.008', true], ['train.lr=0.001', false],
    ]);
    expect(rows[0]?.mean).toBeCloseTo(0.952);
    expect(rows[0]?.deviation).toBeCloseTo(0.004 / Math.SQRT2);
  });

  it('is written as CSV and as a page', () => {
    expect(sweepCsv(rows).split('\n')[1]).toBe('0.004,0.9520,0.0028,yes,0.9500 0.9540,001-0.004 002-0.004');
    const page = sweepPage('a<b', rows);
    expect(page.match(/<tr class="best">/g)).toHaveLength(2);
    expect(page).toContain('a&lt;b');
  });

  it('marks nothing but the best with one seed, and says why', () => {
    const single = rankSweep([result('0.1', 1, 0.9), result('0.2', 1, 0.91)]);
    expect(single.map(({ asGoodAsBest }) => asGoodAsBest)).toEqual([true, false]);
    expect(sweepPage('x', single)).toContain('unknown with one seed');
  });
});
