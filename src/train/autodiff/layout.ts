/**
 * Rearranging: enlarging maps, putting maps side by side, cutting channels out.
 */
import { imageShape, type Tape, type Variable } from './tape.js';

/** Every pixel four times: [batch, channels, height, width] to twice the height and width. */
export function double(tape: Tape, x: Variable): Variable {
  const { graph } = tape;
  const [batch, channels, height, width] = imageShape(x);
  const scales = graph.constant(Float32Array.of(1, 1, 2, 2), [4]);
  const output = tape.emit('Resize', [x, undefined, scales], [batch, channels, 2 * height, 2 * width], {
    mode: { string: 'nearest' }, coordinate_transformation_mode: { string: 'asymmetric' }, nearest_mode: { string: 'floor' },
  });
  return tape.record(output, [{
    on: x,
    gradient: (dy) => {
      const mean = tape.emit('AveragePool', [dy], x.shape, { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
      return tape.emit('Mul', [mean, graph.scalar(4)], x.shape);
    },
  }]);
}

/** Variables that differ in one axis only, one after the other along it. */
export function concatenate(tape: Tape, parts: readonly Variable[], axis: number): Variable {
  const { graph } = tape;
  const [first] = parts;
  if (!first) throw new Error('nothing to concatenate');
  const lengths = parts.map(({ shape }) => shape[axis] ?? 0);
  const shape = first.shape.with(axis, lengths.reduce((sum, length) => sum + length, 0));
  const output = tape.emit('Concat', parts, shape, { axis: { int: axis } });
  return tape.record(output, parts.map((on, index) => {
    const from = lengths.slice(0, index).reduce((sum, length) => sum + length, 0);
    const range = [from, from + (lengths[index] ?? 0), axis].map((value) => graph.int64s([value]));
    return { on, gradient: (dy) => tape.emit('Slice', [dy, ...range], on.shape) };
  }));
}

/** `count` channels from `from` on: [batch, channels, positions] to [batch, count, positions]. */
export function channelsOf(tape: Tape, x: Variable, from: number, count: number): Variable {
  const { graph } = tape;
  const [batch = 0, channels = 0, positions = 0] = x.shape;
  const shape = [batch, count, positions];
  const output = tape.emit('Slice', [x, ...[from, from + count, 1].map((value) => graph.int64s([value]))], shape);
  return tape.record(output, [{
    on: x,
    gradient: (dy) => tape.emit('Pad', [dy, graph.int64s([0, from, 0, 0, channels - from - count, 0])], x.shape),
  }]);
}
