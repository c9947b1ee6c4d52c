/**
 * Arithmetic between variables of one shape, element by element: what detection losses are made of.
 */
import type { Tape, Variable } from './tape.js';

/** `a - b`. */
export function subtract(tape: Tape, a: Variable, b: Variable): Variable {
  return tape.record(tape.emit('Sub', [a, b], a.shape), [
    { on: a, gradient: (dy) => dy },
    { on: b, gradient: (dy) => tape.emit('Neg', [dy], b.shape) },
  ]);
}

/** `a * b`. */
export function multiply(tape: Tape, a: Variable, b: Variable): Variable {
  return tape.record(tape.emit('Mul', [a, b], a.shape), [
    { on: a, gradient: (dy) => tape.emit('Mul', [dy, b], a.shape) },
    { on: b, gradient: (dy) => tape.emit('Mul', [dy, a], b.shape) },
  ]);
}

/** `a / b`. */
export function divide(tape: Tape, a: Variable, b: Variable): Variable {
  const output = tape.emit('Div', [a, b], a.shape);
  return tape.record(output, [
    { on: a, gradient: (dy) => tape.emit('Div', [dy, b], a.shape) },
    {
      on: b,
      gradient: (dy) => tape.emit('Neg', [tape.emit('Div', [tape.emit('Mul', [dy, output], b.shape), b], b.shape)], b.shape),
    },
  ]);
}

/** `factor * x + offset`, both numbers. */
export function scaleAndShift(tape: Tape, x: Variable, factor: number, offset = 0): Variable {
  const scaled = tape.emit('Mul', [x, tape.graph.scalar(factor)], x.shape);
  const output = offset === 0 ? scaled : tape.emit('Add', [scaled, tape.graph.scalar(offset)], x.shape);
  return tape.record(output, [{ on: x, gradient: (dy) => tape.emit('Mul', [dy, tape.graph.scalar(factor)], x.shape) }]);
}

/** e to the power of `x`. */
export function exponential(tape: Tape, x: Variable): Variable {
  const output = tape.emit('Exp', [x], x.shape);
  return tape.record(output, [{ on: x, gradient: (dy) => tape.emit('Mul', [dy, output], x.shape) }]);
}

/** The smaller of `a` and `b`; the gradient goes to that one, and to `b` where they are equal. */
export function minimum(tape: Tape, a: Variable, b: Variable): Variable {
  const chosen = (): Variable => mask(tape, tape.emit('Less', [a, b], a.shape));
  return choice(tape, tape.emit('Min', [a, b], a.shape), chosen, a, b);
}

/** The larger of `a` and `b`; the gradient goes to that one, and to `b` where they are equal. */
export function maximum(tape: Tape, a: Variable, b: Variable): Variable {
  const chosen = (): Variable => mask(tape, tape.emit('Greater', [a, b], a.shape));
  return choice(tape, tape.emit('Max', [a, b], a.shape), chosen, a, b);
}

/** `x` kept between two numbers; beyond them the gradient is 0. */
export function clamp(tape: Tape, x: Variable, low: number, high: number): Variable {
  const { graph } = tape;
  const output = tape.emit('Clip', [x, graph.scalar(low), graph.scalar(high)], x.shape);
  return tape.record(output, [{
    on: x,
    gradient: (dy) => tape.emit('Mul', [dy, mask(tape, tape.emit('Equal', [x, output], x.shape))], x.shape),
  }]);
}

/**
 * Smooth absolute value (Huber): x^2 / (2 width) within `width` of 0, |x| - width / 2 beyond.
 */
export function smoothAbsolute(tape: Tape, x: Variable, width: number): Variable {
  const { graph } = tape;
  const near = tape.emit('Clip', [x, graph.scalar(-width), graph.scalar(width)], x.shape);
  // near / width * (x - near / 2) is both: near = x within the width, +-width beyond it.
  const half = tape.emit('Mul', [near, graph.scalar(0.5)], x.shape);
  const slope = tape.emit('Mul', [near, graph.scalar(1 / width)], x.shape);
  const output = tape.emit('Mul', [slope, tape.emit('Sub', [x, half], x.shape)], x.shape);
  return tape.record(output, [{ on: x, gradient: (dy) => tape.emit('Mul', [dy, slope], x.shape) }]);
}

/** Sum of all elements, a scalar. */
export function sumAll(tape: Tape, x: Variable): Variable {
  const output = tape.emit('ReduceSum', [x], [], { keepdims: { int: 0 } });
  return tape.record(output, [{
    on: x,
    gradient: (dy) => tape.emit('Expand', [dy, tape.graph.int64s(x.shape)], x.shape),
  }]);
}

const FLOAT32 = 1;

function mask(tape: Tape, condition: Variable): Variable {
  return tape.emit('Cast', [condition], condition.shape, { to: { int: FLOAT32 } });
}

/** `output` is `a` where the mask is 1, else `b`. */
function choice(tape: Tape, output: Variable, chosen: () => Variable, a: Variable, b: Variable): Variable {
  return tape.record(output, [
    { on: a, gradient: (dy) => tape.emit('Mul', [dy, chosen()], a.shape) },
    {
      on: b,
      gradient: (dy) => tape.emit('Sub', [dy, tape.emit('Mul', [dy, chosen()], b.shape)], b.shape),
    },
  ]);
}
