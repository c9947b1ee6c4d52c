/**
 * Binary cross-entropy.
 */
import type { Value } from '../../onnx/graph.js';
import type { Tape, Variable } from './tape.js';

/**
 * Mean over the batch of the weighted binary cross-entropy of logits, computed without overflow as softplus(z) - z t.
 * @param logits [batch]
 * @param targets [batch], 0 to 1
 * @param weights [batch], at least 0; one of 0 does not count
 * @param smoothing label smoothing: targets are drawn towards 1/2 by this share
 * @returns a scalar []
 */
export function binaryCrossEntropy(
  tape: Tape, logits: Variable, targets: Value, weights: Value, smoothing = 0,
): Variable {
  const { graph } = tape;
  const { shape } = logits;
  const drawn = tape.emit('Mul', [targets, graph.scalar(1 - smoothing)], shape);
  const smoothed = tape.emit('Add', [drawn, graph.scalar(smoothing / 2)], shape);
  const share = tape.emit('Mul', [weights, graph.scalar(1 / (shape[0] ?? 1))], shape);
  const softplus = tape.emit('Softplus', [logits], shape);
  const each = tape.emit('Sub', [softplus, tape.emit('Mul', [logits, smoothed], shape)], shape);
  const loss = tape.emit('ReduceSum', [tape.emit('Mul', [each, share], shape)], [], { keepdims: { int: 0 } });
  return tape.record(loss, [{
    on: logits,
    gradient: (dy) => {
      const slope = tape.emit('Sub', [tape.emit('Sigmoid', [logits], shape), smoothed], shape);
      return tape.emit('Mul', [tape.emit('Mul', [slope, share], shape), dy], shape);
    },
  }]);
}
