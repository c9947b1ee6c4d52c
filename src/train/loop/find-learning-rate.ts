/**
 * Learning-rate range test (Smith 2017): the rate grows with every step; the loss shows where it is too high.
 */
import type { Batch } from '../data/loader.js';
import type { TrainingState, TrainingStep } from './step.js';
import { checkStop, letSignalsIn } from './stopped.js';

export interface RatePoint {
  readonly rate: number;
  /** Smoothed. */
  readonly loss: number;
}

export interface RateSearch {
  readonly points: readonly RatePoint[];
  /** For `train.lr`: the highest rate of a one-cycle run. */
  readonly suggestion: number;
}

const LOWEST = 1e-5;
const HIGHEST = 1;
const STEPS = 100;
/** Of the exponential mean of the loss. */
const SMOOTHING = 0.9;
/** The sweep ends where the loss is this many times its lowest. */
const TOO_HIGH = 3;
/** Steps on each side between which the slope of the loss is measured. */
const REACH = 5;

/**
 * Sweeps the learning rate from 1e-5 to 1 in 100 steps, or until the loss rises steeply. The state is not changed.
 * @param batches training batches; as many are taken as are needed
 * @param stop ends the sweep after the step in progress
 * @throws TrainingStopped if it was stopped
 */
export async function findLearningRate(
  step: TrainingStep, start: TrainingState, batches: AsyncIterable<Batch>, stop: AbortSignal,
): Promise<RateSearch> {
  const points: RatePoint[] = [];
  let state = start;
  let mean = 0;
  let lowest = Infinity;
  for await (const batch of batches) {
    const index = points.length;
    if (index >= STEPS) break;
    const rate = LOWEST * (HIGHEST / LOWEST) ** (index / (STEPS - 1));
    const result = await step.run(state, batch, rate);
    await letSignalsIn();
    checkStop(stop, 'the sweep of the learning rate');
    if (!Number.isFinite(result.loss)) break;
    mean = SMOOTHING * mean + (1 - SMOOTHING) * result.loss;
    const loss = mean / (1 - SMOOTHING ** (index + 1));
    points.push({ rate, loss });
    lowest = Math.min(lowest, loss);
    if (loss > TOO_HIGH * lowest) break;
    state = result.state;
  }
  return { points, suggestion: suggest(points) };
}

/** Where the loss falls fastest: beyond it steps get larger and bring less. */
function suggest(points: readonly RatePoint[]): number {
  const [first] = points;
  if (!first) throw new Error('The learning-rate sweep gave no loss: its first step was not finite. Check the data.');
  let steepest = { fall: 0, rate: first.rate };
  for (const [index, { rate }] of points.entries()) {
    const before = points[index - REACH]?.loss;
    const after = points[index + REACH]?.loss;
    if (before === undefined || after === undefined) continue;
    if (before - after > steepest.fall) steepest = { fall: before - after, rate };
  }
  return Number(steepest.rate.toPrecision(2));
}
