/**
 * Learning-rate range test (Smith 2017): the rate grows with every step; the loss shows where it is too high.
 *
 * One sweep says little: the steepest place of its curve lies anywhere within a factor of ten, with the batches that it
 * happened to see. So there are several sweeps over other batches, each curve is smoothed to both sides, and what is read
 * off it is where the loss has come down half of its way: a place that the noise of single steps hardly moves.
 */
import type { Batch } from '../data/loader.js';
import type { TrainingState, TrainingStep } from './step.js';
import { checkStop, letSignalsIn } from './stopped.js';

export interface RatePoint {
  readonly rate: number;
  /** Smoothed, the median of the sweeps. */
  readonly loss: number;
}

export interface RateSearch {
  readonly points: readonly RatePoint[];
  /** What each sweep says by itself. */
  readonly suggestions: readonly number[];
  /** For `train.lr`: the highest rate of a one-cycle run; the median of what the sweeps say. */
  readonly suggestion: number;
}

const LOWEST = 1e-5;
const HIGHEST = 1;
const STEPS = 100;
const SWEEPS = 3;
/** A sweep ends where the loss is this many times what it was at the start. */
const TOO_HIGH = 4;
/** Standard deviation of the Gaussian that smooths, in steps: 4 of 100 are half a power of ten. */
const SMOOTHING = 4;
/** Steps at whose tiny rates nothing is learnt yet: their mean is the loss that a curve starts from. */
const START_STEPS = 20;
/** How much of its fall the loss has behind it at the rate that is suggested. */
const FALLEN = 0.5;
/** A suggestion is at least this many times below the rate from which on the loss is higher than at the start. */
const MARGIN = 4;

/**
 * Sweeps the learning rate several times from 1e-5 to 1 in 100 steps, or until the loss rises steeply. The state is not
 * changed: each sweep begins with it.
 * @param batches training batches; as many are taken as are needed
 * @param stop ends the search after the step in progress
 * @throws TrainingStopped if it was stopped
 */
export async function findLearningRate(
  step: TrainingStep, start: TrainingState, batches: AsyncGenerator<Batch, void, void>, stop: AbortSignal,
): Promise<RateSearch> {
  const curves: Float64Array[] = [];
  for (let index = 0; index < SWEEPS; index += 1) curves.push(smoothed(await sweep(step, start, batches, stop)));
  const suggestions = curves.map(suggest);
  const length = Math.min(...curves.map((curve) => curve.length));
  const points = Array.from({ length }, (_, index) => ({ rate: rateAt(index), loss: median(curves.map((curve) => curve[index] ?? NaN)) }));
  return { points, suggestions, suggestion: median(suggestions) };
}

/** The loss of each step of one sweep. */
async function sweep(
  step: TrainingStep, start: TrainingState, batches: AsyncGenerator<Batch, void, void>, stop: AbortSignal,
): Promise<number[]> {
  const losses: number[] = [];
  let state = start;
  while (losses.length < STEPS) {
    const { value: batch, done } = await batches.next();
    if (done === true) break;
    const result = await step.run(state, batch, rateAt(losses.length));
    await letSignalsIn();
    checkStop(stop, 'the sweep of the learning rate');
    if (!Number.isFinite(result.loss)) break;
    losses.push(result.loss);
    // A single step of a few eyes jumps; the mean of three does not.
    if (mean(losses.slice(-3)) > TOO_HIGH * mean(losses.slice(0, START_STEPS))) break;
    ({ state } = result);
  }
  return losses;
}

function rateAt(index: number): number {
  return LOWEST * (HIGHEST / LOWEST) ** (index / (STEPS - 1));
}

/** Each value as the mean of its neighbours on both sides, weighted by a Gaussian. */
function smoothed(losses: readonly number[]): Float64Array {
  return Float64Array.from(losses, (_, center) => {
    let sum = 0;
    let total = 0;
    losses.forEach((loss, index) => {
      const weight = Math.exp(-0.5 * ((index - center) / SMOOTHING) ** 2);
      sum += weight * loss;
      total += weight;
    });
    return sum / total;
  });
}

/**
 * What one smoothed curve says: the rate at which the loss has come down half of its way for good, and well below the one
 * from which on it is higher than it was.
 * @param curve losses at the rates of a sweep
 */
export function suggest(curve: Float64Array): number {
  if (curve.length === 0) throw new Error('The learning-rate sweep gave no loss: its first step was not finite. Check the data.');
  const start = mean([...curve.subarray(0, START_STEPS)]);
  const lowest = curve.reduce((best, loss, index) => (loss < (curve[best] ?? Infinity) ? index : best), 0);
  const half = start - FALLEN * (start - (curve[lowest] ?? start));
  let index = lowest;
  while (index > 0 && (curve[index - 1] ?? Infinity) <= half) index -= 1;
  const over = curve.findIndex((loss, at) => at > lowest && loss > start);
  // A sweep that did not get to its end broke off where the loss ran away.
  const tooHigh = over !== -1 ? rateAt(over) : curve.length < STEPS ? rateAt(curve.length) : Infinity;
  return Number(Math.min(rateAt(index), tooHigh / MARGIN).toPrecision(2));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
