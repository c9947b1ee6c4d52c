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

/**
 * Chooses the narrowest band around 0.5 outside which, on each side, at least `target` of the decisions are right.
 *
 * Each class counts as a whole, however many eyes it has: photos of closed eyes are rare, and a threshold chosen on many
 * open eyes would otherwise be a lax one. Where a side cannot reach the target, nothing on that side is decided.
 * @param open probability of open, 0 to 1
 * @param labels 0 closed, 1 open
 * @param target 0 to 1
 */
export function chooseUnsureBand(open: ArrayLike<number>, labels: ArrayLike<number>, target = 0.99): UnsureBand {
  const eyes = Array.from({ length: open.length }, (_, i) => ({ open: open[i] ?? 0, label: labels[i] ?? 0 }));
  const count = [0, 1].map((label) => eyes.filter((eye) => eye.label === label).length);
  const weighed = eyes.map((eye) => ({ ...eye, weight: 1 / Math.max(1, count[eye.label] ?? 1) }));
  const closedBelow = lastGood(weighed.filter((eye) => eye.open < 0.5).map((eye) => ({
    ...eye, distance: eye.open, right: eye.label === 0,
  })), target) ?? 0;
  const openFrom = lastGood(weighed.filter((eye) => eye.open >= 0.5).map((eye) => ({
    ...eye, distance: 1 - eye.open, right: eye.label === 1,
  })), target);
  const openAbove = openFrom === undefined ? 1 : 1 - openFrom;
  const decided = eyes.filter((eye) => eye.open < closedBelow || eye.open > openAbove);
  const right = decided.filter((eye) => (eye.open > openAbove) === (eye.label === 1)).length;
  return {
    closedBelow, openAbove,
    coverage: eyes.length === 0 ? 0 : decided.length / eyes.length,
    accuracy: decided.length === 0 ? 0 : right / decided.length,
  };
}

interface Decision {
  /** From the sure end: 0 or 1. */
  readonly distance: number;
  readonly right: boolean;
  readonly weight: number;
}

/**
 * The largest distance from the sure end up to which at least `target` of the weight is right: halfway to the next eye
 * behind it, or 0.5 where all are within.
 */
function lastGood(decisions: Decision[], target: number): number | undefined {
  const sorted = [...decisions].sort((a, b) => a.distance - b.distance);
  let right = 0;
  let total = 0;
  let best: number | undefined;
  sorted.forEach((decision, index) => {
    total += decision.weight;
    if (decision.right) right += decision.weight;
    const next = sorted[index + 1]?.distance;
    // Eyes at one distance are decided together.
    if (next === decision.distance || right / total < target) return;
    best = next === undefined ? 0.5 : (decision.distance + next) / 2;
  });
  return best;
}
