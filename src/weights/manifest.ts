/**
 * Decodes the weight files of tfjs models, quantized or not, as both packages carry them.
 *
 * Format: https://github.com/tensorflow/tfjs/blob/master/tfjs-core/src/io/types.ts (WeightsManifestConfig).
 */
import { doubleAt, intAt } from '../core/typed-array.js';
import { z } from 'zod';

const entrySchema = z.object({
  name: z.string(),
  shape: z.array(z.number().int()),
  dtype: z.enum(['float32', 'int32']),
  quantization: z
    .union([
      z.object({ dtype: z.literal('uint8'), scale: z.number(), min: z.number() }),
      z.object({ dtype: z.literal('float16') }),
    ])
    .optional(),
});

type Entry = z.infer<typeof entrySchema>;

/** A list of groups; the models that are read here keep each group in one file. */
export const manifestSchema = z.array(z.object({ paths: z.array(z.string()), weights: z.array(entrySchema) })).length(1);

export type Manifest = z.infer<typeof manifestSchema>;

/** A weight tensor, row-major in the order that TensorFlow uses (filters: height, width, channels in, channels out). */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export type Weights = ReadonlyMap<string, Weight>;

/**
 * Decodes every weight of a model to float32.
 * @param manifest names, shapes and types in file order
 * @param bytes the file that the manifest names
 * @throws if the file is shorter than the manifest says
 */
export function decodeWeights(manifest: Manifest, bytes: Uint8Array): Weights {
  const weights = new Map<string, Weight>();
  let offset = 0;
  for (const entry of manifest.flatMap((group) => group.weights)) {
    const count = entry.shape.reduce((product, dim) => product * dim, 1);
    const length = count * bytesPerValue(entry);
    if (offset + length > bytes.length) throw new Error(`the weight file ends inside ${entry.name}`);
    // Copied so that the typed views below start at an aligned offset.
    const raw = new Uint8Array(bytes.subarray(offset, offset + length));
    weights.set(entry.name, { shape: entry.shape, data: decode(entry, raw) });
    offset += length;
  }
  return weights;
}

function bytesPerValue(entry: Entry): number {
  if (entry.quantization?.dtype === 'uint8') return 1;
  return entry.quantization?.dtype === 'float16' ? 2 : 4;
}

function decode(entry: Entry, raw: Uint8Array): Float32Array {
  const { quantization } = entry;
  if (quantization?.dtype === 'uint8') {
    const { scale, min } = quantization;
    return Float32Array.from(raw, (value) => value * scale + min);
  }
  if (quantization?.dtype === 'float16') return halfToFloat(new Uint16Array(raw.buffer));
  return entry.dtype === 'int32' ? Float32Array.from(new Int32Array(raw.buffer)) : new Float32Array(raw.buffer);
}

/** IEEE 754 binary16 bit patterns to float32. */
function halfToFloat(halves: Uint16Array): Float32Array {
  const floats = new Float32Array(halves.length);
  // Hot loop: some 700,000 values for FaceMesh.
  for (let i = 0; i < halves.length; i += 1) {
    const half = intAt(halves, i);
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const magnitude = exponent === 0 ? fraction * 2 ** -24
      : exponent === 31 ? (fraction === 0 ? Infinity : NaN)
        : (1 + fraction / 1024) * doubleAt(POWERS, exponent);
    floats[i] = half & 0x8000 ? -magnitude : magnitude;
  }
  return floats;
}

const POWERS = Float64Array.from({ length: 31 }, (_, exponent) => 2 ** (exponent - 15));

/** The weight called `name`. @throws if the model has none. */
export function weightOf(weights: Weights, name: string): Weight {
  const weight = weights.get(name);
  if (weight === undefined) throw new Error(`the weight file has no ${name}`);
  return weight;
}
