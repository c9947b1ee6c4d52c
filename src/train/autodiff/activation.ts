/**
 * Activations, element by element.
 */
import type { Tape, Variable } from './tape.js';

/** `gelu` is its sigmoid approximation, x * sigmoid(1.702 x) (Hendrycks & Gimpel 2016). */
export type Activation = 'relu' | 'silu' | 'gelu' | 'sigmoid';

const FLOAT32 = 1;

/** How steep the sigmoid in `x * sigmoid(steepness * x)` is. */
export const STEEPNESS = { silu: 1, gelu: 1.702 } as const;

/** Applies an activation to a variable of any shape. */
export function activate(tape: Tape, x: Variable, activation: Activation): Variable {
  if (activation === 'relu') return relu(tape, x);
  if (activation === 'sigmoid') return sigmoid(tape, x);
  return swish(tape, x, STEEPNESS[activation]);
}

function relu(tape: Tape, x: Variable): Variable {
  const output = tape.emit('Relu', [x], x.shape);
  return tape.record(output, [{
    on: x,
    gradient: (dy) => {
      const positive = tape.emit('Greater', [output, tape.graph.scalar(0)], x.shape);
      return tape.emit('Mul', [dy, tape.emit('Cast', [positive], x.shape, { to: { int: FLOAT32 } })], x.shape);
    },
  }]);
}

function sigmoid(tape: Tape, x: Variable): Variable {
  const s = tape.emit('Sigmoid', [x], x.shape);
  return tape.record(s, [{
    on: x,
    gradient: (dy) => {
      const slope = tape.emit('Mul', [s, tape.emit('Sub', [tape.graph.scalar(1), s], x.shape)], x.shape);
      return tape.emit('Mul', [dy, slope], x.shape);
    },
  }]);
}

function swish(tape: Tape, x: Variable, steepness: number): Variable {
  const { graph } = tape;
  const inner = steepness === 1 ? x : tape.emit('Mul', [x, graph.scalar(steepness)], x.shape);
  const s = tape.emit('Sigmoid', [inner], x.shape);
  const output = tape.emit('Mul', [x, s], x.shape);
  return tape.record(output, [{
    // d/dx x s(kx) = s + k (x s) (1 - s)
    on: x,
    gradient: (dy) => {
      const rest = tape.emit('Sub', [graph.scalar(1), s], x.shape);
      const bend = tape.emit('Mul', [steepness === 1 ? output : tape.emit('Mul', [inner, s], x.shape), rest], x.shape);
      return tape.emit('Mul', [dy, tape.emit('Add', [s, bend], x.shape)], x.shape);
    },
  }]);
}
