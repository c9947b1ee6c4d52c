/**
 * Weights in model files, in fewer bits: float16, or int8 with one scale an output channel. The graph widens them to
 * float32; onnxruntime does that once, when it loads the model, so that small files run as fast as large ones.
 */
import { intAt } from '../../core/typed-array.js';
import type { NamedTensor } from '../autodiff/flat-vector.js';
import type { GraphBuilder, Value } from '../../onnx/graph.js';
import type { Initializer } from '../../onnx/model-file.js';
import type { Precision } from '../../classify/model-info.js';

const FLOAT32 = 1;
const SCALE_SUFFIX = '.int8_scale';

/** Adds a weight to a graph in the given precision. Vectors (biases, norms) stay float32: they are few and matter. */
export function storeWeight(graph: GraphBuilder, name: string, tensor: NamedTensor, precision: Precision): Value {
  const { shape, data } = tensor;
  if (precision === 'fp32' || shape.length < 2) return graph.constant(data, shape, name);
  if (precision === 'fp16') {
    const half = graph.constant(Uint16Array.from(data, toFloat16), shape, name);
    return graph.op('Cast', [half], { to: { int: FLOAT32 } });
  }
  const { values, scales } = quantize(tensor);
  const integers = graph.op('Cast', [graph.constant(values, shape, name)], { to: { int: FLOAT32 } });
  const scaleShape = [scales.length, ...shape.slice(1).map(() => 1)];
  return graph.op('Mul', [integers, graph.constant(scales, scaleShape, `${name}${SCALE_SUFFIX}`)]);
}

/** The weights of a model that was written with `storeWeight`, widened to float32, by name. */
export function loadWeights(initializers: ReadonlyMap<string, Initializer>): Map<string, NamedTensor> {
  const weights = new Map<string, NamedTensor>();
  for (const { name, shape, data } of initializers.values()) {
    if (data instanceof Float32Array) weights.set(name, { shape, data });
    else if (data instanceof Uint16Array) weights.set(name, { shape, data: Float32Array.from(data, fromFloat16) });
    else {
      const scales = initializers.get(`${name}${SCALE_SUFFIX}`)?.data;
      if (scales instanceof Float32Array) weights.set(name, { shape, data: dequantize(data, scales) });
    }
  }
  return weights;
}

/** Symmetric: the largest weight of an output channel becomes 127. */
function quantize({ shape, data }: NamedTensor): { values: Int8Array; scales: Float32Array } {
  const rows = shape[0] ?? 1;
  const size = data.length / rows;
  const scales = Float32Array.from({ length: rows }, (_, row) => {
    const largest = data.subarray(row * size, (row + 1) * size)
      .reduce((maximum, value) => Math.max(maximum, Math.abs(value)), 0);
    return largest === 0 ? 1 : largest / 127;
  });
  const values = Int8Array.from(data, (value, index) => Math.round(value / (scales[Math.floor(index / size)] ?? 1)));
  return { values, scales };
}

function dequantize(values: Int8Array, scales: Float32Array): Float32Array {
  const size = values.length / scales.length;
  return Float32Array.from(values, (value, index) => value * (scales[Math.floor(index / size)] ?? 1));
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** Bits of the nearest IEEE 754 half-precision number, ties to even; beyond its range: infinity. */
export function toFloat16(value: number): number {
  float[0] = value;
  const bits = intAt(word, 0);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 0xff) - 127 + 15;
  const mantissa = bits & 0x7fffff;
  if (exponent >= 31) return sign | 0x7c00 | (Number.isNaN(value) ? 0x200 : 0);
  if (exponent > 0) return sign + roundShift((exponent << 23) | mantissa, 13);
  if (exponent < -10) return sign;
  return sign + roundShift(mantissa | 0x800000, 14 - exponent);
}

/** `value / 2^shift`, to the nearest integer, ties to even. */
function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = value & ((1 << shift) - 1);
  const quotient = value >>> shift;
  return rest > half || (rest === half && (quotient & 1) === 1) ? quotient + 1 : quotient;
}

/** The number that half-precision bits stand for. */
export function fromFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
