/**
 * Reads typed arrays in hot loops: an index beyond the end is an error of ours and must not become a black pixel.
 *
 * One function a type of array, so that each stays a machine instruction with a bounds check once V8 has inlined it.
 */

/** @throws RangeError beyond the end */
export function byteAt(data: Uint8Array | Uint8ClampedArray, index: number): number {
  const value = data[index];
  return value === undefined ? beyond(data, index) : value;
}

/** @throws RangeError beyond the end */
export function intAt(data: Int32Array | Uint32Array | Uint16Array, index: number): number {
  const value = data[index];
  return value === undefined ? beyond(data, index) : value;
}

/** @throws RangeError beyond the end */
export function floatAt(data: Float32Array, index: number): number {
  const value = data[index];
  return value === undefined ? beyond(data, index) : value;
}

/** @throws RangeError beyond the end */
export function doubleAt(data: Float64Array, index: number): number {
  const value = data[index];
  return value === undefined ? beyond(data, index) : value;
}

function beyond({ length }: { readonly length: number }, index: number): never {
  throw new RangeError(`There is no element ${String(index)} in an array of ${String(length)}.`);
}
