/**
 * How good open/closed predictions are, gathered batch by batch. All sums are whole numbers, so the same eyes give the
 * very same figures in any order and in any batches.
 */
import { Random } from '../data/random.js';
import { bootstrapInterval, wilsonInterval, type Interval } from './intervals.js';

/** Probabilities are counted in this many steps; two that fall in one step count as equal. */
const STEPS = 1 << 16;
/** Bins of the reliability diagram. */
const RELIABILITY_BINS = 10;
const RESAMPLES = 1000;

/** One class's figures, 0 to 1; 0 where the denominator is. */
export interface ClassFigures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Eyes of that class. */
  readonly n: number;
}

/** One bar of the reliability diagram. */
export interface ReliabilityBin {
  /** Mean predicted probability of open. */
  readonly predicted: number;
  /** Share that is open. */
  readonly observed: number;
  readonly n: number;
}

export interface BinaryFigures {
  readonly n: number;
  /** Rows: truth, columns: prediction; order closed, open. */
  readonly confusion: readonly [readonly [number, number], readonly [number, number]];
  readonly accuracy: number;
  /**
   * F1 of both classes, weighted by how many eyes each has; null where a class is missing, for there it is 2r / (1 + r) of
   * the recall r and flatters.
   */
  readonly weighted_f1: number | null;
  readonly closed: ClassFigures;
  readonly open: ClassFigures;
  /** Area under the ROC curve; null where a class is missing. */
  readonly auc: number | null;
  /** Expected calibration error over ten bins of equal width. */
  readonly ece: number;
}

/** 95 % intervals. */
export interface BinaryIntervals {
  readonly accuracy: Interval;
  readonly closed_recall: Interval;
  readonly open_recall: Interval;
  readonly weighted_f1: Interval | null;
  readonly auc: Interval | null;
}

/**
 * The one figure that says most, with its interval, in words: weighted F1, or the recall where there is one class only.
 */
export function describeQuality(
  { weighted_f1, closed, open }: Pick<BinaryFigures, 'weighted_f1' | 'closed' | 'open'>,
  intervals: Pick<BinaryIntervals, 'weighted_f1' | 'closed_recall' | 'open_recall'>,
): string {
  if (weighted_f1 !== null && intervals.weighted_f1 !== null) return `F1 ${withInterval(weighted_f1, intervals.weighted_f1)}`;
  return open.n === 0
    ? `closed recall ${withInterval(closed.recall, intervals.closed_recall)}`
    : `open recall ${withInterval(open.recall, intervals.open_recall)}`;
}

function withInterval(value: number, [low, high]: Interval): string {
  return `${value.toFixed(4)} (95 %: ${low.toFixed(4)}-${high.toFixed(4)})`;
}

type Counts = [[number, number], [number, number]];

/** Counts by step of probability of the eyes of one group. */
type Histogram = Map<number, [closed: number, open: number]>;

/**
 * Gathers predictions.
 *
 * @example
 * const metrics = new BinaryMetrics();
 * metrics.add(0.97, 1, 'photo 17');
 * const { weighted_f1 } = metrics.figures();
 */
export class BinaryMetrics {
  private readonly groups = new Map<string, Histogram>();

  /**
   * Adds one prediction.
   * @param open probability of open, 0 to 1
   * @param label 0 closed, 1 open
   * @param group what else is not independent of it (the photo, the person); for the bootstrap
   * @throws if the probability is not a number from 0 to 1
   */
  add(open: number, label: number, group = ''): void {
    if (!(open >= 0 && open <= 1)) throw new Error(`a probability of ${String(open)}: the model's output is not usable`);
    const step = Math.min(STEPS - 1, Math.floor(open * STEPS));
    this.count(group, step, label === 0 ? [1, 0] : [0, 1]);
  }

  /** Adds all that another one has gathered. */
  merge(other: BinaryMetrics): void {
    for (const [group, histogram] of other.groups) {
      for (const [step, counts] of histogram) this.count(group, step, counts);
    }
  }

  private count(group: string, step: number, [closed, open]: readonly [number, number]): void {
    let histogram = this.groups.get(group);
    if (histogram === undefined) this.groups.set(group, histogram = new Map<number, [number, number]>());
    const counts = histogram.get(step) ?? [0, 0];
    histogram.set(step, [counts[0] + closed, counts[1] + open]);
  }

  /**
   * The figures of all that was added.
   * @param threshold probability from which an eye is called open
   */
  figures(threshold = 0.5): BinaryFigures {
    const steps = sortedSteps(this.groups.values());
    const confusion = confusionOf(steps, threshold);
    return { ...figuresOf(confusion), auc: areaUnderRoc(steps), ece: calibrationError(reliabilityOf(steps)) };
  }

  /** Ten bins of predicted probability, low to high; empty ones are left out. */
  reliability(): ReliabilityBin[] {
    return reliabilityOf(sortedSteps(this.groups.values()));
  }

  /**
   * 95 % intervals: Wilson's for proportions, a bootstrap over whole groups for the others, as eyes of one photo or person
   * are right or wrong together. Where every eye is right all resamples are alike; F1 then has Wilson's interval, of groups.
   */
  intervals(seed = 1, threshold = 0.5): BinaryIntervals {
    const { n, confusion, closed, open, weighted_f1: f1OfAll } = this.figures(threshold);
    // In the order of names, so that the order of adding does not matter.
    const names = [...this.groups.keys()].sort();
    const histograms = names.flatMap((name) => this.groups.get(name) ?? []);
    const random = new Random(seed);
    const f1: number[] = [];
    const auc: number[] = [];
    for (let resample = 0; resample < RESAMPLES; resample += 1) {
      const steps = sortedSteps(drawn(histograms, random));
      const { weighted_f1: resampled } = figuresOf(confusionOf(steps, threshold));
      if (resampled !== null) f1.push(resampled);
      const area = areaUnderRoc(steps);
      if (area !== null) auc.push(area);
    }
    return {
      accuracy: wilsonInterval(confusion[0][0] + confusion[1][1], n),
      closed_recall: wilsonInterval(confusion[0][0], closed.n),
      open_recall: wilsonInterval(confusion[1][1], open.n),
      weighted_f1: f1OfAll === null ? null : f1OfAll === 1 ? wilsonInterval(names.length, names.length) : bootstrapInterval(f1),
      auc: auc.length === 0 ? null : bootstrapInterval(auc),
    };
  }
}

function* drawn(histograms: readonly Histogram[], random: Random): Generator<Histogram> {
  for (let left = histograms.length; left > 0; left -= 1) {
    const histogram = histograms[random.below(histograms.length)];
    if (histogram !== undefined) yield histogram;
  }
}

interface Step {
  readonly step: number;
  readonly closed: number;
  readonly open: number;
}

/** All counts, lowest probability first. */
function sortedSteps(histograms: Iterable<Histogram>): Step[] {
  const total: Histogram = new Map();
  for (const histogram of histograms) {
    for (const [step, [closed, open]] of histogram) {
      const counts = total.get(step);
      if (counts === undefined) {
        total.set(step, [closed, open]);
      } else {
        counts[0] += closed;
        counts[1] += open;
      }
    }
  }
  return [...total].map(([step, [closed, open]]) => ({ step, closed, open })).sort((a, b) => a.step - b.step);
}

function confusionOf(steps: readonly Step[], threshold: number): Counts {
  const confusion: Counts = [[0, 0], [0, 0]];
  const first = Math.ceil(threshold * STEPS);
  for (const { step, closed, open } of steps) {
    const column = step >= first ? 1 : 0;
    confusion[0][column] += closed;
    confusion[1][column] += open;
  }
  return confusion;
}

function figuresOf(confusion: Counts): Omit<BinaryFigures, 'auc' | 'ece'> {
  const [[closedRight, closedWrong], [openWrong, openRight]] = confusion;
  const n = closedRight + closedWrong + openWrong + openRight;
  const closed = classFigures(closedRight, closedWrong, openWrong);
  const open = classFigures(openRight, openWrong, closedWrong);
  return {
    n, confusion, closed, open,
    accuracy: ratio(closedRight + openRight, n),
    weighted_f1: closed.n === 0 || open.n === 0 ? null : ratio(closed.f1 * closed.n + open.f1 * open.n, n),
  };
}

/** @param missed of this class and called the other, @param taken of the other and called this */
function classFigures(right: number, missed: number, taken: number): ClassFigures {
  return {
    precision: ratio(right, right + taken),
    recall: ratio(right, right + missed),
    f1: ratio(2 * right, 2 * right + missed + taken),
    n: right + missed,
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Share of pairs of a closed and an open eye that are in the right order; equal ones count half (Mann-Whitney). */
function areaUnderRoc(steps: readonly Step[]): number | null {
  let closedBelow = 0;
  let open = 0;
  let doubled = 0;
  for (const step of steps) {
    doubled += step.open * (2 * closedBelow + step.closed);
    closedBelow += step.closed;
    open += step.open;
  }
  return closedBelow === 0 || open === 0 ? null : doubled / (2 * closedBelow * open);
}

function reliabilityOf(steps: readonly Step[]): ReliabilityBin[] {
  const bins = Array.from({ length: RELIABILITY_BINS }, () => ({ steps: 0, open: 0, n: 0 }));
  for (const { step, closed, open } of steps) {
    const bin = bins[Math.floor((step * RELIABILITY_BINS) / STEPS)];
    if (bin === undefined) continue;
    bin.steps += step * (closed + open);
    bin.open += open;
    bin.n += closed + open;
  }
  return bins.filter(({ n }) => n > 0).map(({ steps: sum, open, n }) => ({
    predicted: (sum / n + 0.5) / STEPS, observed: open / n, n,
  }));
}

/** Guo et al., "On Calibration of Modern Neural Networks", 2017, equation 3. */
function calibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { n }) => sum + n, 0);
  return bins.reduce((sum, { predicted, observed, n }) => sum + (Math.abs(predicted - observed) * n) / total, 0);
}
