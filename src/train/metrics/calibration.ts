/**
 * Makes probabilities honest, and chooses from where on not to decide.
 */

/** Temperatures that can be told from infinitely sure and from clueless. */
const TEMPERATURES = { lowest: 0.05, highest: 20 } as const;
const NEWTON_STEPS = 100;

/**
 * Temperature scaling: the T for which sigmoid(logit / T) has the smallest cross entropy (Guo et al., 2017). The loss is
 * convex in 1/T; Newton's method finds its minimum, bisection keeps it in bounds.
 * @param logits log-odds of open
 * @param labels 0 closed, 1 open
 * @param weights what each eye counts; all the same where not given
 * @throws if there are none, or one is not a finite number
 */
export function fitTemperature(
  logits: ArrayLike<number>, labels: ArrayLike<number>, weights?: ArrayLike<number>,
): number {
  if (logits.length === 0) throw new Error('There are no eyes to calibrate on.');
  for (let i = 0; i < logits.length; i += 1) {
    if (!Number.isFinite(logits[i])) throw new Error('The model gave a logit that is not a finite number.');
  }
  let low = 1 / TEMPERATURES.highest;
  let high = 1 / TEMPERATURES.lowest;
  let inverse = 1;
  for (let step = 0; step < NEWTON_STEPS && high - low > 1e-9; step += 1) {
    const { slope, curvature } = derivatives(logits, labels, weights, inverse);
    // Before the next guess: at the minimum Newton's step is none, and bisection would jump away from it.
    if (Math.abs(slope) < 1e-9) break;
    if (slope > 0) high = inverse;
    else low = inverse;
    const newton = inverse - slope / curvature;
    inverse = newton > low && newton < high ? newton : (low + high) / 2;
  }
  return 1 / inverse;
}

/** First and second derivative of the mean cross entropy with respect to 1/T. */
function derivatives(
  logits: ArrayLike<number>, labels: ArrayLike<number>, weights: ArrayLike<number> | undefined, inverse: number,
): { slope: number; curvature: number } {
  let slope = 0;
  let curvature = 0;
  let total = 0;
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i] ?? 0;
    const weight = weights?.[i] ?? 1;
    const open = 1 / (1 + Math.exp(-logit * inverse));
    slope += weight * logit * (open - (labels[i] ?? 0));
    curvature += weight * logit * logit * open * (1 - open);
    total += weight;
  }
  return { slope: slope / total, curvature: curvature / total };
}

/** Where to decide and what that is worth. */
export interface UnsureBand {
  /** An eye with a lower probability of open is called closed. */
  readonly closedBelow: number;
  /** An eye with a higher one is called open. */
  readonly openAbove: number;
  /** Share of the eyes outside the band. */
  readonly coverage: number;
  /** Share of those that are right. */
  readonly accuracy: number;
}

/** Thresholds are chosen from multiples of this: finer ones would only follow single eyes. */
const bandStep = 0.005;

/**
 * Chooses the band that leaves the fewest eyes undecided while at least `target` of what is decided is right: of all eyes,
 * and of all eyes with both classes counting alike. The latter because photos of closed eyes are rare, and a threshold that
 * many open eyes pay for would be a lax one. Where nothing reaches the target, nothing is decided.
 * @param open probability of open, 0 to 1
 * @param labels 0 closed, 1 open
 * @param target 0 to 1
 */
export function chooseUnsureBand(open: ArrayLike<number>, labels: ArrayLike<number>, target = 0.99): UnsureBand {
  const bins = countBins(open, labels);
  const half = Math.round(0.5 / bandStep);
  let best: UnsureBand = { closedBelow: 0, openAbove: 1, coverage: 0, accuracy: 0 };
  for (let low = 0; low <= half; low += 1) {
    for (let high = half; high < bins.length; high += 1) {
      const { coverage, accuracy, balanced } = decide(bins, low, high);
      if (coverage === 0 || accuracy < target || balanced < target || coverage < best.coverage) continue;
      const width = (high - low) * bandStep;
      if (coverage === best.coverage && width >= best.openAbove - best.closedBelow) continue;
      best = { closedBelow: low * bandStep, openAbove: high * bandStep, coverage, accuracy };
    }
  }
  return best;
}

/**
 * What thresholds that were chosen elsewhere are worth on these eyes.
 * @param open probability of open, 0 to 1
 * @param labels 0 closed, 1 open
 */
export function bandAt(
  open: ArrayLike<number>, labels: ArrayLike<number>,
  { closedBelow, openAbove }: Pick<UnsureBand, 'closedBelow' | 'openAbove'>,
): UnsureBand {
  let [decided, right] = [0, 0];
  for (let i = 0; i < open.length; i += 1) {
    const probability = open[i] ?? NaN;
    if (probability >= closedBelow && probability <= openAbove) continue;
    decided += 1;
    if ((probability > openAbove) === (labels[i] === 1)) right += 1;
  }
  return { closedBelow, openAbove, coverage: decided / Math.max(1, open.length), accuracy: right / Math.max(1, decided) };
}

/** Eyes by class below each threshold: `bins[i][label]` have a probability below `i * bandStep`. */
type Cumulative = readonly (readonly [number, number])[];

function countBins(open: ArrayLike<number>, labels: ArrayLike<number>): Cumulative {
  const steps = Math.round(1 / bandStep);
  const counts = Array.from({ length: steps + 1 }, (): [number, number] => [0, 0]);
  for (let i = 0; i < open.length; i += 1) {
    // The bin after the threshold that the eye is not below; 1 belongs to the last.
    const bin = counts[Math.min(steps, Math.floor((open[i] ?? 0) / bandStep) + 1)];
    if (bin !== undefined) bin[labels[i] === 1 ? 1 : 0] += 1;
  }
  let closed = 0;
  let opened = 0;
  return counts.map((bin): [number, number] => [closed += bin[0], opened += bin[1]]);
}

/** What the band from bin `low` to bin `high` decides. */
function decide(bins: Cumulative, low: number, high: number): { coverage: number; accuracy: number; balanced: number } {
  const none = [0, 0] as const;
  const [below, inside, all] = [bins[low] ?? none, bins[high] ?? none, bins.at(-1) ?? none];
  const right = [below[0], all[1] - inside[1]] as const;
  const wrong = [all[0] - inside[0], below[1]] as const;
  const decided = right[0] + right[1] + wrong[0] + wrong[1];
  const share = (counts: readonly [number, number]): number =>
    counts[0] / Math.max(1, all[0]) + counts[1] / Math.max(1, all[1]);
  return {
    coverage: decided / Math.max(1, all[0] + all[1]),
    accuracy: (right[0] + right[1]) / Math.max(1, decided),
    balanced: share(right) / Math.max(Number.EPSILON, share(right) + share(wrong)),
  };
}
