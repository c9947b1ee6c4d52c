/**
 * Reads what onnxruntime-node keeps to itself out of a serialized ONNX model: its metadata and its weights.
 *
 * Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */
import { PbfReader } from 'pbf';

/** A named constant of a model, row-major. float16 values are given as their bit patterns. */
export interface Initializer {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array | Uint16Array;
}

const FLOAT32 = 1;
const INT8 = 3;
const FLOAT16 = 10;

/**
 * The `metadata_props` of a model, by key.
 * @throws if the bytes are not a readable ONNX model
 */
export function readMetadata(model: Uint8Array): Readonly<Record<string, string>> {
  return readFields(model, (tag, metadata: Record<string, string>, pbf) => {
    if (tag !== 14) return;
    const [key, value] = pbf.readMessage(readEntry, ['', '']);
    metadata[key] = value;
  }, {});
}

/**
 * The float32, float16 and int8 constants of a model that `GraphBuilder` wrote, by name; others are left out.
 * @throws if the bytes are not a readable ONNX model
 */
export function readInitializers(model: Uint8Array): ReadonlyMap<string, Initializer> {
  return readFields(model, (tag, found: Map<string, Initializer>, pbf) => {
    if (tag === 7) pbf.readMessage(readGraphField, found);
  }, new Map<string, Initializer>());
}

function readFields<T>(model: Uint8Array, read: (tag: number, result: T, pbf: PbfReader) => void, result: T): T {
  try {
    return new PbfReader(model).readFields(read, result);
  } catch (error) {
    throw new Error('not a readable ONNX model', { cause: error });
  }
}

function readEntry(tag: number, entry: [string, string], pbf: PbfReader): void {
  if (tag === 1) entry[0] = pbf.readString();
  else if (tag === 2) entry[1] = pbf.readString();
}

function readGraphField(tag: number, found: Map<string, Initializer>, pbf: PbfReader): void {
  if (tag !== 5) return;
  const proto: TensorProto = { name: '', type: 0, shape: [], raw: new Uint8Array() };
  pbf.readMessage(readTensorField, proto);
  const data = valuesOf(proto);
  if (data) found.set(proto.name, { name: proto.name, shape: proto.shape, data });
}

interface TensorProto {
  name: string;
  type: number;
  shape: number[];
  raw: Uint8Array;
}

function readTensorField(tag: number, proto: TensorProto, pbf: PbfReader): void {
  if (tag === 1) proto.shape = pbf.readPackedVarint();
  else if (tag === 2) proto.type = pbf.readVarint();
  else if (tag === 8) proto.name = pbf.readString();
  else if (tag === 9) proto.raw = pbf.readBytes();
}

function valuesOf(proto: TensorProto): Initializer['data'] | undefined {
  // A copy: the file's bytes need not lie on the boundaries that typed arrays ask for. (`slice` of a Buffer makes none.)
  const { buffer } = new Uint8Array(proto.raw);
  if (proto.type === FLOAT32) return new Float32Array(buffer);
  if (proto.type === INT8) return new Int8Array(buffer);
  if (proto.type === FLOAT16) return new Uint16Array(buffer);
  return undefined;
}
