/**
 * Values across the border between onnxruntime's tensors and those of TensorFlow.js.
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { Tensors } from '../onnx/session.js';

/**
 * The bytes of the input called `name`, without a copy.
 * @throws if there is none or it is not uint8
 */
export function bytesOf(inputs: Tensors, name: string): Uint8Array {
  const data = inputs[name]?.data;
  if (!(data instanceof Uint8Array)) throw new Error(`the net takes ${name} as uint8`);
  return data;
}

/** The values of each tensor, row-major; the tensors are given back to TensorFlow.js. */
export async function valuesOf(tensors: readonly tfjs.Tensor[]): Promise<Float32Array[]> {
  const values: Float32Array[] = [];
  for (const tensor of tensors) {
    values.push(Float32Array.from(await tensor.data()));
    tensor.dispose();
  }
  return values;
}
