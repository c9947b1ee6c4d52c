/**
 * Optimizers over all parameters as flat vectors, in two passes over memory: the length of the gradient, then everything that
 * a step changes, element by element.
 */
import { floatAt } from '../../core/typed-array.js';

export type OptimizerName = 'adamw' | 'sgd';

export interface OptimizerOptions {
  readonly name: OptimizerName;
  /** Decoupled weight decay (Loshchilov & Hutter 2019): a step takes `learning rate * weightDecay` of a weight away. */
  readonly weightDecay: number;
  /** Gradients longer than this (L2 norm over all parameters) are shortened to it; 0: never. */
  readonly clip: number;
}

/** What a step of an optimizer changes: vectors as long as the parameters. */
export interface OptimizerState {
  readonly parameters: Float32Array;
  /** What the optimizer remembers between steps: as many vectors as `momentCount` says. */
  readonly moments: readonly Float32Array[];
  /** Exponential moving average of the parameters. */
  readonly average: Float32Array;
}

/** What differs from step to step. */
export interface StepRates {
  readonly learningRate: number;
  /** Which step this is, from 1. */
  readonly step: number;
  /** The share of its way to the new parameters that the average goes. */
  readonly averageRate: number;
}

/**
 * The share of its way that the average goes at a step: at first it follows quickly, so that the starting values do not linger in it.
 * @param step from 1
 * @param least what it comes down to
 */
export function averageRate(step: number, least: number): number {
  return Math.max(least, 1 / (1 + step / 5));
}

export interface OptimizerResult extends OptimizerState {
  /** L2 norm of the gradient before clipping. */
  readonly gradientNorm: number;
}

const MOMENTUM = 0.9;
const SECOND_MOMENTUM = 0.999;
const ADAM_EPSILON = 1e-8;

/** How many vectors an optimizer remembers between steps. */
export function momentCount(name: OptimizerName): number {
  return name === 'adamw' ? 2 : 1;
}

/**
 * One step. The state that is given stays as it is.
 * @param decayed 1 where weight decay applies, else 0
 */
export function optimizerStep(
  state: OptimizerState, gradient: Float32Array, decayed: Float32Array, rates: StepRates, options: OptimizerOptions,
): OptimizerResult {
  const gradientNorm = lengthOf(gradient);
  const shortened = options.clip > 0 ? options.clip / Math.max(gradientNorm, options.clip) : 1;
  const step = options.name === 'adamw' ? adam : momentum;
  return { ...step(state, gradient, decayed, shortened, rates, options.weightDecay), gradientNorm };
}

function lengthOf(vector: Float32Array): number {
  let squares = 0;
  for (const value of vector) squares += value * value;
  return Math.sqrt(squares);
}

// The two loops below are hot: a pass over all parameters each, nothing of it kept in between.

/** Adam (Kingma & Ba 2015), with bias correction. */
function adam(
  { parameters, moments, average }: OptimizerState, gradient: Float32Array, decayed: Float32Array, shortened: number,
  { learningRate, step, averageRate }: StepRates, weightDecay: number,
): OptimizerState {
  const [first, second] = moments;
  if (first === undefined || second === undefined) throw new Error('AdamW remembers two moments');
  const { length } = parameters;
  const moved = new Float32Array(length);
  const average1 = new Float32Array(length);
  const first1 = new Float32Array(length);
  const second1 = new Float32Array(length);
  const firstCorrection = 1 / (1 - MOMENTUM ** step);
  const secondCorrection = 1 / (1 - SECOND_MOMENTUM ** step);
  for (let index = 0; index < length; index += 1) {
    const g = shortened * floatAt(gradient, index);
    const m = MOMENTUM * floatAt(first, index) + (1 - MOMENTUM) * g;
    const v = SECOND_MOMENTUM * floatAt(second, index) + (1 - SECOND_MOMENTUM) * g * g;
    const before = floatAt(parameters, index);
    const direction = (m * firstCorrection) / (Math.sqrt(v * secondCorrection) + ADAM_EPSILON);
    const now = before - learningRate * (direction + weightDecay * floatAt(decayed, index) * before);
    const mean = floatAt(average, index);
    first1[index] = m;
    second1[index] = v;
    moved[index] = now;
    average1[index] = mean + averageRate * (now - mean);
  }
  return { parameters: moved, moments: [first1, second1], average: average1 };
}

/** SGD with momentum, as PyTorch defines it: v = momentum * v + gradient. */
function momentum(
  { parameters, moments: [velocity], average }: OptimizerState, gradient: Float32Array, decayed: Float32Array, shortened: number,
  { learningRate, averageRate }: StepRates, weightDecay: number,
): OptimizerState {
  if (velocity === undefined) throw new Error('SGD remembers one moment');
  const { length } = parameters;
  const moved = new Float32Array(length);
  const average1 = new Float32Array(length);
  const velocity1 = new Float32Array(length);
  for (let index = 0; index < length; index += 1) {
    const v = MOMENTUM * floatAt(velocity, index) + shortened * floatAt(gradient, index);
    const before = floatAt(parameters, index);
    const now = before - learningRate * (v + weightDecay * floatAt(decayed, index) * before);
    const mean = floatAt(average, index);
    velocity1[index] = v;
    moved[index] = now;
    average1[index] = mean + averageRate * (now - mean);
  }
  return { parameters: moved, moments: [velocity1], average: average1 };
}
