/**
 * Trained weights for other programs, in the safetensors format
 * (https://github.com/huggingface/safetensors#format): the length of the header (uint64, little-endian), the header (JSON: type,
 * shape and place of each tensor), the values (float32, little-endian).
 */
import { unflatten } from '../autodiff/flat-vector.js';
import type { TrainedWeights } from './export.js';
import type { Layout } from './step.js';

/** The header's length is a multiple of this: the values then lie where a program can use them without a copy. */
const ALIGNMENT = 8;

/**
 * All tensors by the names of their layers: `conv1.weight` [out, in, k, k], and batch norm's `scale`, `shift`, `mean` and
 * `variance` as they were trained, not folded.
 * @param facts kept in the header's `__metadata__`
 */
export function weightsFile(layout: Layout, weights: TrainedWeights, facts: Readonly<Record<string, string>>): Uint8Array {
  const tensors = [...unflatten(layout.parameters, weights.parameters), ...unflatten(layout.statistics, weights.statistics)];
  let at = 0;
  const places = tensors.map(([name, { shape, data }]) => {
    const begin = at;
    at += data.byteLength;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, at] }] as const;
  });
  const json = JSON.stringify({ __metadata__: facts, ...Object.fromEntries(places) });
  const header = Buffer.from(json.padEnd(Math.ceil(Buffer.byteLength(json) / ALIGNMENT) * ALIGNMENT + json.length - Buffer.byteLength(json)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([
    length, header, ...tensors.map(([, { data }]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength)),
  ]);
}
