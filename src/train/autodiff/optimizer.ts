/**
 * Optimizers as graph nodes, over all parameters as one flat vector: a dozen nodes for the whole net.
 */
import type { Value } from '../../onnx/graph.js';
import type { Tape, Variable } from './tape.js';

export type OptimizerName = 'adamw' | 'sgd';

export interface OptimizerOptions {
  readonly name: OptimizerName;
  /** Decoupled weight decay (Loshchilov & Hutter 2019): a step takes `learning rate * weightDecay` of a weight away. */
  readonly weightDecay: number;
  /** Gradients longer than this (L2 norm over all parameters) are shortened to it; 0: never. */
  readonly clip: number;
}

/** What an optimizer remembers between steps: as many vectors as `momentCount` says, each as long as the parameters. */
export interface OptimizerState {
  readonly parameters: Variable;
  readonly moments: readonly Variable[];
}

export interface OptimizerInputs extends OptimizerState {
  readonly gradient: Variable;
  /** 1 where weight decay applies, else 0. */
  readonly decayed: Value;
  /** Scalar. */
  readonly learningRate: Value;
  /** Scalar: which step this is, from 1. */
  readonly step: Value;
}

export interface OptimizerResult extends OptimizerState {
  /** L2 norm of the gradient before clipping; a scalar. */
  readonly gradientNorm: Variable;
}

const MOMENTUM = 0.9;
const SECOND_MOMENTUM = 0.999;
const ADAM_EPSILON = 1e-8;

/** How many vectors an optimizer remembers between steps. */
export function momentCount(name: OptimizerName): number {
  return name === 'adamw' ? 2 : 1;
}

/** Writes one step of an optimizer. */
export function optimizerStep(tape: Tape, inputs: OptimizerInputs, options: OptimizerOptions): OptimizerResult {
  const gradientNorm = tape.emit('ReduceL2', [inputs.gradient], [], { keepdims: { int: 0 } });
  const gradient = options.clip > 0 ? clipped(tape, inputs.gradient, gradientNorm, options.clip) : inputs.gradient;
  const { direction, moments } = options.name === 'adamw'
    ? adam(tape, { ...inputs, gradient })
    : momentum(tape, { ...inputs, gradient });
  const decay = new Builder(tape, inputs.parameters.shape);
  const pull = decay.mul(decay.mul(inputs.parameters, inputs.decayed), decay.scalar(options.weightDecay));
  const change = decay.mul(decay.add(direction, pull), inputs.learningRate);
  return { parameters: decay.sub(inputs.parameters, change), moments, gradientNorm };
}

/** `average` drawn towards `parameters` by the scalar `rate`: an exponential moving average of the weights. */
export function movingAverage(tape: Tape, average: Variable, parameters: Variable, rate: Value): Variable {
  const b = new Builder(tape, average.shape);
  return b.add(average, b.mul(b.sub(parameters, average), rate));
}

interface Direction {
  readonly direction: Variable;
  readonly moments: readonly Variable[];
}

/** Adam (Kingma & Ba 2015), with bias correction. */
function adam(tape: Tape, { gradient, moments, step }: OptimizerInputs): Direction {
  const [first, second] = moments;
  if (!first || !second) throw new Error('AdamW remembers two moments');
  const b = new Builder(tape, gradient.shape);
  const first1 = b.add(b.mul(first, b.scalar(MOMENTUM)), b.mul(gradient, b.scalar(1 - MOMENTUM)));
  const squared = b.mul(gradient, gradient);
  const second1 = b.add(b.mul(second, b.scalar(SECOND_MOMENTUM)), b.mul(squared, b.scalar(1 - SECOND_MOMENTUM)));
  const correction = (beta: number) => b.sub(b.scalar(1), b.op('Pow', b.scalar(beta), step));
  const root = b.op('Sqrt', b.div(second1, correction(SECOND_MOMENTUM)));
  const direction = b.div(b.div(first1, correction(MOMENTUM)), b.add(root, b.scalar(ADAM_EPSILON)));
  return { direction, moments: [first1, second1] };
}

/** SGD with momentum, as PyTorch defines it: v = momentum * v + gradient. */
function momentum(tape: Tape, { gradient, moments: [velocity] }: OptimizerInputs): Direction {
  if (!velocity) throw new Error('SGD remembers one moment');
  const b = new Builder(tape, gradient.shape);
  const direction = b.add(b.mul(velocity, b.scalar(MOMENTUM)), gradient);
  return { direction, moments: [direction] };
}

function clipped(tape: Tape, gradient: Variable, norm: Variable, clip: number): Variable {
  const b = new Builder(tape, gradient.shape);
  const longest = b.op('Max', norm, b.scalar(clip));
  return b.mul(gradient, b.div(b.scalar(clip), longest));
}

/** Arithmetic on vectors of one shape and scalars. */
class Builder {
  constructor(private readonly tape: Tape, private readonly shape: readonly number[]) {}

  op(name: string, ...inputs: Value[]): Variable {
    return this.tape.emit(name, inputs, this.shape);
  }

  scalar(value: number): Value {
    return this.tape.graph.scalar(value);
  }

  add(a: Value, b: Value): Variable {
    return this.op('Add', a, b);
  }

  sub(a: Value, b: Value): Variable {
    return this.op('Sub', a, b);
  }

  mul(a: Value, b: Value): Variable {
    return this.op('Mul', a, b);
  }

  div(a: Value, b: Value): Variable {
    return this.op('Div', a, b);
  }
}
