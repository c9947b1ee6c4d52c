/**
 * Makes probabilities honest, and chooses from where on not to decide.
 */

const NEWTON_STEPS = 100;
/** How much the line is drawn towards `logit` itself, in eyes. */
const RIDGE = 2;
/** Even of eyes that the net never mistook it is not infinitely sure. */
const SCALES = { lowest: 0.05, highest: 2 } as const;

/**
 * Platt scaling: the line `scale * logit + shift` whose sigmoid has the smallest cross entropy (Platt, 1999), by Newton's
 * method with halved steps where a whole one would not help.
 * @param logits log-odds as the net gives them
 * @param labels 1 where the answer is yes, else 0
 * @param weights what each eye counts
 * @throws if there are none, or a logit is not a finite number
 */
export function fitLine(
  logits: ArrayLike<number>, labels: ArrayLike<number>, weights: ArrayLike<number>,
): { scale: number; shift: number } {
  if (logits.length === 0) throw new Error('There are no eyes to calibrate on.');
  for (let i = 0; i < logits.length; i += 1) {
    if (!Number.isFinite(logits[i])) throw new Error('The model gave a logit that is not a finite number.');
  }
  let line = { scale: 1, shift: 0 };
  let loss = lineLoss(logits, labels, weights, line);
  for (let step = 0; step < NEWTON_STEPS; step += 1) {
    const direction = newtonStep(logits, labels, weights, line);
    let share = 1;
    let next = line;
    let better = loss;
    for (; share > 1e-4; share /= 2) {
      const scale = Math.min(SCALES.highest, Math.max(SCALES.lowest, line.scale - share * direction.scale));
      next = { scale, shift: line.shift - share * direction.shift };
      better = lineLoss(logits, labels, weights, next);
      if (better < loss) break;
    }
    if (better >= loss - 1e-9) break;
    line = next;
    loss = better;
  }
  return line;
}

type Line = ReturnType<typeof fitLine>;

function lineLoss(logits: ArrayLike<number>, labels: ArrayLike<number>, weights: ArrayLike<number>, { scale, shift }: Line): number {
  let sum = (RIDGE / 2) * ((scale - 1) ** 2 + shift ** 2);
  for (let i = 0; i < logits.length; i += 1) {
    const value = scale * (logits[i] ?? 0) + shift;
    sum += (weights[i] ?? 0) * (Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value))) - value * (labels[i] ?? 0));
  }
  return sum;
}

/** Gradient over the Hessian matrix. */
function newtonStep(logits: ArrayLike<number>, labels: ArrayLike<number>, weights: ArrayLike<number>, { scale, shift }: Line): Line {
  let [slopeScale, slopeShift] = [RIDGE * (scale - 1), RIDGE * shift];
  let [scaleScale, scaleShift, shiftShift] = [RIDGE, 0, RIDGE];
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i] ?? 0;
    const weight = weights[i] ?? 0;
    const yes = 1 / (1 + Math.exp(-(scale * logit + shift)));
    const curve = weight * yes * (1 - yes);
    slopeScale += weight * logit * (yes - (labels[i] ?? 0));
    slopeShift += weight * (yes - (labels[i] ?? 0));
    scaleScale += curve * logit * logit;
    scaleShift += curve * logit;
    shiftShift += curve;
  }
  const determinant = scaleScale * shiftShift - scaleShift * scaleShift;
  return {
    scale: (shiftShift * slopeScale - scaleShift * slopeShift) / determinant,
    shift: (scaleScale * slopeShift - scaleShift * slopeScale) / determinant,
  };
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
