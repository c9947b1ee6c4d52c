/**
 * Compares the gradients that a tape writes with finite differences of the same graph.
 */
import { Tape, type Variable } from '../../../src/train/autodiff/tape.js';
import { GraphBuilder } from '../../../src/onnx/graph.js';
import { createSession, floatsOf, floatTensor } from '../../../src/onnx/session.js';

export type Shapes = Readonly<Record<string, readonly number[]>>;

/** Numbers between -1 and 1 that are the same in every run. */
export function numbers(count: number, seed: number): Float32Array {
  return Float32Array.from({ length: count }, (_, index) => Math.sin(12.9898 * (index + 1) + 78.233 * seed));
}

const STEP = 1 / 128;

/**
 * The largest difference between a gradient and the slope measured by moving each element a little, as a share of the
 * largest gradient. The loss is the sum of the outputs, each times a fixed number of its own.
 */
export async function gradientError(
  shapes: Shapes,
  write: (tape: Tape, inputs: Readonly<Record<string, Variable>>) => Variable,
  values: Readonly<Record<string, Float32Array>> = {},
): Promise<number> {
  const graph = new GraphBuilder('gradients');
  const tape = new Tape(graph);
  const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) =>
    [name, tape.parameter({ ...graph.input(name, 'float32', shape), shape })]));
  const loss = weightedSum(tape, write(tape, inputs));
  const gradients = tape.gradients(loss, Object.values(inputs));
  graph.output(loss, 'loss', 'float32', []);
  for (const [index, name] of Object.keys(shapes).entries()) {
    const gradient = gradients[index];
    if (gradient) graph.output(gradient, `d_${name}`, 'float32', shapes[name] ?? []);
  }
  const session = await createSession(graph.toModel());
  const data = Object.fromEntries(Object.entries(shapes).map(([name, shape], index) =>
    [name, values[name] ?? numbers(shape.reduce((product, dim) => product * dim, 1), index + 1)]));
  const run = async () => session.run(
    Object.fromEntries(Object.entries(data).map(([name, array]) => [name, floatTensor(array, shapes[name] ?? [])])));
  const analytic = await run();
  const lossAt = async (array: Float32Array, index: number, value: number): Promise<number> => {
    const kept = array[index] ?? 0;
    array[index] = value;
    const result = floatsOf(await run(), 'loss')[0] ?? NaN;
    array[index] = kept;
    return result;
  };
  let worst = 0;
  let largest = 0;
  for (const [name, array] of Object.entries(data)) {
    const gradient = floatsOf(analytic, `d_${name}`).slice();
    // Every element of small inputs, some of large ones.
    const stride = Math.max(1, Math.floor(array.length / 40));
    for (let index = 0; index < array.length; index += stride) {
      const value = array[index] ?? 0;
      const measured = (await lossAt(array, index, value + STEP) - await lossAt(array, index, value - STEP)) / (2 * STEP);
      worst = Math.max(worst, Math.abs(measured - (gradient[index] ?? NaN)));
      largest = Math.max(largest, Math.abs(measured));
    }
  }
  await session.release();
  return worst / largest;
}

function weightedSum(tape: Tape, output: Variable): Variable {
  const { graph } = tape;
  const size = output.shape.reduce((product, dim) => product * dim, 1);
  const weights = { ...graph.constant(numbers(size, 99), output.shape), shape: output.shape };
  const products = tape.emit('Mul', [output, weights], output.shape);
  const axes = output.shape.map((_, axis) => axis);
  const loss = axes.length === 0
    ? products
    : tape.emit('ReduceSum', [products, graph.int64s(axes)], [], { keepdims: { int: 0 } });
  return tape.record(loss, [{ on: output, gradient: (dy) => tape.emit('Mul', [weights, dy], output.shape) }]);
}
