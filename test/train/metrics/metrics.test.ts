import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/train/data/random.js';
import { BinaryMetrics, describeQuality } from '../../../src/train/metrics/binary-metrics.js';
import { chooseUnsureBand, fitLine } from '../../../src/train/metrics/calibration.js';
import { wilsonInterval } from '../../../src/train/metrics/intervals.js';

function gather(eyes: readonly (readonly [open: number, label: number, group?: string])[]): BinaryMetrics {
  const metrics = new BinaryMetrics();
  for (const [open, label, group] of eyes) metrics.add(open, label, group);
  return metrics;
}

const random = new Random(5);
const eyes = Array.from({ length: 600 }, (_, i) => {
  const label = random.chance(0.3) ? 0 : 1;
  return [Math.min(1, Math.max(0, 0.3 + 0.45 * label + 0.35 * random.signed())), label, `person ${String(i % 90)}`] as const;
});

describe('metrics', () => {
  it('agree with figures worked out by hand', () => {
    const figures = gather([[0.1, 0], [0.4, 0], [0.7, 0], [0.2, 1], [0.6, 1], [0.8, 1], [0.9, 1]]).figures();
    expect(figures.confusion).toEqual([[2, 1], [1, 3]]);
    expect(figures.accuracy).toBeCloseTo(5 / 7);
    expect(figures.closed).toEqual({ precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, n: 3 });
    expect(figures.open).toEqual({ precision: 0.75, recall: 0.75, f1: 0.75, n: 4 });
    expect(figures.weighted_f1).toBeCloseTo((3 * (2 / 3) + 4 * 0.75) / 7);
    // Of 12 pairs, 0.7 is above 0.2 and 0.6, and 0.4 is above 0.2.
    expect(figures.auc).toBeCloseTo(9 / 12);
  });

  it('are the very same in any order and in any batches', () => {
    const shuffled = new Random(9).shuffle([...eyes]);
    const merged = gather(shuffled.slice(0, 123));
    merged.merge(gather(shuffled.slice(123)));
    expect(merged.figures()).toEqual(gather(eyes).figures());
    expect(merged.reliability()).toEqual(gather(eyes).reliability());
    expect(merged.intervals(3)).toEqual(gather(eyes).intervals(3));
  });

  it('have intervals around the figures, wider where eyes of one person count as one', () => {
    const metrics = gather(eyes);
    const { weighted_f1, auc } = metrics.figures();
    const intervals = metrics.intervals();
    expect(intervals.weighted_f1?.[0]).toBeLessThan(weighted_f1 ?? 0);
    expect(intervals.weighted_f1?.[1]).toBeGreaterThan(weighted_f1 ?? 1);
    expect(intervals.auc?.[0]).toBeLessThan(auc ?? 0);
    const twice = gather(eyes.flatMap((eye) => [eye, eye])).intervals();
    expect(twice.weighted_f1).toEqual(intervals.weighted_f1);
  });

  it('of one class are its recall: an F1 would flatter', () => {
    const metrics = gather([[0.3, 0, 'a'], [0.9, 0, 'b'], [0.1, 0, 'c'], [0.2, 0, 'd']]);
    expect(metrics.figures().weighted_f1).toBeNull();
    expect(metrics.intervals().weighted_f1).toBeNull();
    expect(describeQuality(metrics.figures(), metrics.intervals())).toMatch(/^closed recall 0\.7500 \(95 %: 0\.\d+-0\.\d+\)$/);
    expect(describeQuality(gather(eyes).figures(), gather(eyes).intervals())).toMatch(/^F1 0\.\d+ \(95 %/);
  });

  it('are not beyond doubt where a few eyes are all right', () => {
    const metrics = gather(Array.from({ length: 24 }, (_, i) => [i % 2, i % 2, `person ${String(i >> 1)}`] as const));
    expect(metrics.figures().weighted_f1).toBe(1);
    expect(metrics.intervals().weighted_f1).toEqual(wilsonInterval(12, 12));
  });

  it('have no AUC with one class, and refuse what is not a probability', () => {
    expect(gather([[0.3, 1], [0.9, 1]]).figures().auc).toBeNull();
    expect(() => gather([[Number.NaN, 1]])).toThrow(/NaN/);
  });

  it('give Wilson\'s interval (81 of 263: Newcombe 1998, table I)', () => {
    const [low, high] = wilsonInterval(81, 263);
    expect(low).toBeCloseTo(0.2553, 4);
    expect(high).toBeCloseTo(0.3662, 4);
  });
});

describe('calibration', () => {
  it('finds the line by which the logits were bent', () => {
    const truth = Float64Array.from({ length: 8000 }, () => 4 * random.signed());
    const labels = truth.map((logit) => (random.next() < 1 / (1 + Math.exp(-logit)) ? 1 : 0));
    const line = fitLine(truth.map((logit) => 2 * logit + 3), labels, new Float64Array(truth.length).fill(1));
    expect(line.scale).toBeCloseTo(0.5, 1);
    expect(line.shift).toBeCloseTo(-1.5, 0);
  });

  it('does not listen to eyes that count nothing', () => {
    const fitted = (wrong: number) => fitLine([-2, -1, 1, 2, 3], [0, 1, 0, 1, 0], [50, 5, 5, 50, wrong]);
    expect(fitted(0).scale).toBeGreaterThan(fitted(50).scale + 0.1);
  });

  it('stays within bounds where all logits are right or all are wrong, and refuses what is not a number', () => {
    const many = (value: number) => new Float64Array(200).fill(value);
    for (const label of [0, 1]) {
      const { scale, shift } = fitLine(many(3), many(label), many(1));
      expect(scale).toBeGreaterThan(0);
      expect(Number.isFinite(shift)).toBe(true);
    }
    expect(() => fitLine([Number.NaN], [1], [1])).toThrow(/finite/);
  });

  it('leaves undecided what would be wrong too often, and says how much it decides', () => {
    const open = eyes.map(([probability]) => probability);
    const labels = eyes.map(([, label]) => label);
    const { closedBelow, openAbove, coverage, accuracy } = chooseUnsureBand(open, labels, 0.99);
    const decided = eyes.filter(([probability]) => probability < closedBelow || probability > openAbove);
    expect(coverage).toBeCloseTo(decided.length / eyes.length);
    expect(accuracy).toBeGreaterThanOrEqual(0.98);
    expect(coverage).toBeLessThan(1);
    expect(closedBelow).toBeLessThanOrEqual(0.5);
    expect(openAbove).toBeGreaterThanOrEqual(0.5);
  });

  it('decides everything where nothing is wrong, and nothing where all is', () => {
    expect(chooseUnsureBand([0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1])).toMatchObject({ closedBelow: 0.5, openAbove: 0.5, coverage: 1, accuracy: 1 });
    expect(chooseUnsureBand([0.1, 0.9], [1, 0])).toMatchObject({ closedBelow: 0, openAbove: 1, coverage: 0 });
  });
});
