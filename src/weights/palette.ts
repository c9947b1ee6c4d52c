/**
 * Weights as small as their packages carry them.
 *
 * face-api's are quantized to a byte each. As float32 they would fill four times the space; as bytes with a scale, the graph's
 * arithmetic would round them once more. A table of the 256 values keeps both: small, and bit for bit the same.
 */
import type { GraphBuilder, Value } from '../onnx/graph.js';

const INT32 = 6;
const tableSize = 256;

/**
 * Adds a constant to a graph: as bytes that point into a table where that is smaller, else as it is. onnxruntime looks the
 * values up once, when it loads the model.
 */
export function constantOf(graph: GraphBuilder, data: Float32Array, shape: readonly number[]): Value {
  const table = Float32Array.from(new Set(data)).sort();
  if (table.length > tableSize || data.length < 4 * tableSize) return graph.constant(data, shape);
  const places = new Map(Array.from(table, (value, place) => [value, place]));
  const bytes = graph.constant(Uint8Array.from(data, (value) => places.get(value) ?? 0), shape);
  return graph.op('Gather', [graph.constant(table, [table.length]), graph.op('Cast', [bytes], { to: { int: INT32 } })]);
}
