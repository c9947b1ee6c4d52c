import { describe, expect, it } from 'vitest';
import { confusionChart, lineChart, reliabilityChart } from '../../../src/train/run-report/charts.js';
import { summaryPage, worstMistakes } from '../../../src/train/run-report/summary.js';
import { eyes, many } from '../data/eyes.js';

describe('charts', () => {
  it('draw a curve a series, and leave out what is not a number', () => {
    const chart = lineChart([
      { name: 'train', points: [{ x: 0, y: 1 }, { x: 1, y: Number.NaN }, { x: 2, y: 0.5 }] }, { name: 'validation', points: [] },
    ], { title: 'Loss', x: 'epoch', y: 'loss' });
    expect(chart).toMatch(/^<svg/);
    expect(chart.match(/<path/g)?.length).toBe(2);
    expect(chart).not.toContain('NaN');
  });

  it('draw learning rates in powers of ten', () => {
    const points = [1e-5, 1e-3, 1e-1].map((x) => ({ x, y: 1 }));
    const [, path = ''] = /d="([^"]+)"/.exec(lineChart([{ name: 'loss', points }], { title: '', x: '', y: '', logX: true, mark: 1e-3 })) ?? [];
    const [first = 0, second = 0, third = 0] = [...path.matchAll(/[ML]([\d.]+)/g)].map(([, x]) => Number(x));
    expect(second - first).toBeCloseTo(third - second, 1);
  });

  /** What stands below the x axis, or left of the y axis, and where. */
  function ticks(chart: string, anchor: 'middle' | 'end'): { at: number; label: string }[] {
    const found = chart.matchAll(/<text x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)">([^<]+)</g);
    return [...found].filter(([, , , how, label]) => how === anchor && /^[\d.e-]+$/.test(label ?? ''))
      .map(([, x, y, , label]) => ({ at: Number(anchor === 'middle' ? x : y), label: label ?? '' }));
  }

  it('leave room between the learning rates below the axis', () => {
    const points = Array.from({ length: 100 }, (_, index) => ({ x: 10 ** (-5 + index / 20), y: 1 - index / 100 }));
    const below = ticks(lineChart([{ name: 'loss', points }], { title: '', x: '', y: '', logX: true }), 'middle');
    expect(below.map(({ label }) => label)).toEqual(expect.arrayContaining(['1e-5', '1e-4', '0.001', '0.01', '0.1']));
    for (const [index, { at }] of below.slice(1).entries()) expect(at - (below[index]?.at ?? 0)).toBeGreaterThan(40);
  });

  it('show a run of one epoch as a dot, and no two marks of an axis alike', () => {
    const chart = lineChart([{ name: 'rate', points: [{ x: 1, y: 1.6e-4 }] }], { title: '', x: '', y: '' });
    expect(chart.match(/<circle/g)?.length).toBe(1);
    const labels = ticks(chart, 'end').map(({ label }) => label);
    expect(labels.length).toBeGreaterThan(2);
    expect(new Set(labels).size).toBe(labels.length);
  });

  it('show the four counts, and the bins', () => {
    expect(confusionChart([[41, 2], [3, 57]], 'Test')).toMatch(/>41<.*>2<.*>3<.*>57</s);
    expect(reliabilityChart([{ predicted: 0.1, observed: 0.2, n: 5 }], 'Test')).toContain('5 eyes');
  });
});

describe('the summary page', () => {
  const dataset = eyes([...many('a<b', 0, 3), ...many('a', 1, 3)]);
  const judged = [0.9, 0.1, 0.6, 0.8, 0.3, 0.95].map((open, row) => ({ row, open }));

  it('shows the surest mistakes first', () => {
    expect(worstMistakes(dataset, judged).map(({ row }) => row)).toEqual([0, 4, 2]);
    expect(worstMistakes(dataset, judged, 1).map(({ row }) => row)).toEqual([0]);
  });

  it('is one file with its crops inside, and nothing from the data is markup', async () => {
    const page = await summaryPage({
      title: 'run', results: { 'weighted F1': 0.9 }, origins: { commit: '<script>' }, charts: ['<svg></svg>'], dataset, judged,
    });
    expect(page.match(/data:image\/png;base64,/g)?.length).toBe(3);
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    expect(page).toContain('a&lt;b/0.jpg');
  });
});
