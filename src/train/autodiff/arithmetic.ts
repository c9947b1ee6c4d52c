/**
 * Sums, gates, pooling and dense layers.
 */
import { imageShape, vectorShape, type Tape, type Variable } from './tape.js';

/** `a + b`, of one shape. */
export function add(tape: Tape, a: Variable, b: Variable): Variable {
  return tape.record(tape.emit('Add', [a, b], a.shape), [
    { on: a, gradient: (dy) => dy },
    { on: b, gradient: (dy) => dy },
  ]);
}

/**
 * Multiplies every channel of every image by its gate.
 * @param x [batch, channels, height, width]
 * @param gates [batch, channels]
 */
export function gate(tape: Tape, x: Variable, gates: Variable): Variable {
  const { graph } = tape;
  const [batch, channels] = imageShape(x);
  const shape = [batch, channels, 1, 1];
  const spread = tape.emit('Reshape', [gates, graph.int64s(shape)], shape);
  return tape.record(tape.emit('Mul', [x, spread], x.shape), [
    { on: x, gradient: (dy) => tape.emit('Mul', [dy, spread], x.shape) },
    {
      on: gates,
      gradient: (dy) => tape.emit('ReduceSum', [tape.emit('Mul', [dy, x], x.shape), graph.int64s([2, 3])], gates.shape,
        { keepdims: { int: 0 } }),
    },
  ]);
}

/** Mean over height and width: [batch, channels, height, width] to [batch, channels]. */
export function globalAveragePool(tape: Tape, x: Variable): Variable {
  const { graph } = tape;
  const [batch, channels, height, width] = imageShape(x);
  const output = tape.emit('ReduceMean', [x], [batch, channels], { axes: { ints: [2, 3] }, keepdims: { int: 0 } });
  return tape.record(output, [{
    on: x,
    gradient: (dy) => {
      const share = tape.emit('Mul', [dy, graph.scalar(1 / (height * width))], dy.shape);
      const points = tape.emit('Reshape', [share, graph.int64s([batch, channels, 1, 1])], [batch, channels, 1, 1]);
      return tape.emit('Expand', [points, graph.int64s(x.shape)], x.shape);
    },
  }]);
}

/**
 * `x` times the transposed `weight`, plus `bias`.
 * @param x [batch, in]
 * @param weight [out, in]
 * @param bias [out]
 * @returns [batch, out]
 */
export function dense(tape: Tape, x: Variable, weight: Variable, bias: Variable): Variable {
  const [batch] = vectorShape(x);
  const [out] = vectorShape(weight);
  const output = tape.emit('Gemm', [x, weight, bias], [batch, out], { transB: { int: 1 } });
  return tape.record(output, [
    { on: x, gradient: (dy) => tape.emit('MatMul', [dy, weight], x.shape) },
    { on: weight, gradient: (dy) => tape.emit('Gemm', [dy, x], weight.shape, { transA: { int: 1 } }) },
    {
      on: bias,
      gradient: (dy) => tape.emit('ReduceSum', [dy, tape.graph.int64s([0])], [out], { keepdims: { int: 0 } }),
    },
  ]);
}
