/**
 * Writes ONNX models node by node, in memory.
 *
 * Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3, IR version 8).
 */
import { PbfWriter } from 'pbf';

export type TensorType = 'float32' | 'uint8' | 'int8' | 'int32' | 'int64' | 'bool' | 'float16';
export type TensorData = Float32Array | Uint8Array | Int8Array | Int32Array | BigInt64Array | Uint16Array;

/** A dimension: a number, or the name of one that is only known at run time (`'batch'`). */
export type Dim = number | string;

/** An edge of the graph: what a node, an input or a constant gives to others. */
export interface Value {
  readonly name: string;
}

/** A node's attribute. `int` and `ints` are kept apart from floats because ONNX types them. */
export type Attribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string };

const ELEMENT_TYPE: Record<TensorType, number> = {
  float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10,
};

const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, floats: 6, ints: 7 } as const;

interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}
interface Initializer {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly data: TensorData;
}
interface Port {
  readonly name: string;
  readonly type: TensorType;
  readonly shape: readonly Dim[];
}

/** Which ONNX type an array holds. Uint16Array stands for float16 bit patterns. */
function elementTypeOf(data: TensorData): TensorType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof BigInt64Array) return 'int64';
  return 'float16';
}

/**
 * A graph under construction. Nodes are kept in the order in which they were added, which must be a topological one
 * (it is, when every value is used only after it was made).
 *
 * @example
 * const graph = new GraphBuilder('double');
 * const x = graph.input('x', 'float32', ['batch', 4]);
 * graph.output(graph.op('Add', [x, x]), 'y', 'float32', ['batch', 4]);
 * const model = graph.toModel();
 */
export class GraphBuilder {
  private readonly nodes: Node[] = [];
  private readonly initializers: Initializer[] = [];
  private readonly inputs: Port[] = [];
  private readonly outputs: Port[] = [];
  private readonly names = new Set<string>();
  private counter = 0;

  constructor(private readonly name: string) {}

  /** Declares an input of the whole graph. @throws if the name is taken. */
  input(name: string, type: TensorType, shape: readonly Dim[]): Value {
    this.claim(name);
    this.inputs.push({ name, type, shape });
    return { name };
  }

  /**
   * Adds a constant (ONNX initializer), row-major.
   * @throws if the length of `data` is not the product of `shape`.
   */
  constant(data: TensorData, shape: readonly number[], name = this.fresh('const')): Value {
    const size = shape.reduce((product, dim) => product * dim, 1);
    if (size !== data.length) {
      throw new Error(`constant ${name}: shape [${shape.join(', ')}] holds ${String(size)} values, data has ${String(data.length)}`);
    }
    this.claim(name);
    this.initializers.push({ name, type: elementTypeOf(data), shape, data });
    return { name };
  }

  /** A 0-d float constant. */
  scalar(value: number): Value {
    return this.constant(Float32Array.of(value), []);
  }

  /** A 1-d int64 constant, as `Reshape`, `Slice`, `Pad` and their like take. */
  int64s(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** Adds a node with one output. */
  op(op: string, inputs: readonly (Value | undefined)[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    const output = { name: this.fresh(op) };
    this.push(op, inputs, [output], attributes);
    return output;
  }

  /** Adds a node with `count` outputs. An `undefined` input is an optional one left out. */
  opMany(
    op: string,
    inputs: readonly (Value | undefined)[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const outputs = Array.from({ length: count }, () => ({ name: this.fresh(op) }));
    this.push(op, inputs, outputs, attributes);
    return outputs;
  }

  /** Declares `value` an output of the whole graph, under `name`. */
  output(value: Value, name: string, type: TensorType, shape: readonly Dim[]): void {
    this.claim(name);
    // An Identity gives the output its public name without renaming what other nodes already read.
    this.push('Identity', [value], [{ name }], {});
    this.outputs.push({ name, type, shape });
  }

  /**
   * Serializes the graph as an ONNX ModelProto.
   * @param metadata kept in the file's `metadata_props`; `readMetadata` gives it back
   */
  toModel(opset = 13, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const pbf = new PbfWriter();
    pbf.writeVarintField(1, 8);
    pbf.writeStringField(2, 'portrait-pipeline');
    pbf.writeMessage(7, (graph: GraphBuilder, out) => { graph.writeGraph(out); }, this);
    pbf.writeMessage(8, (version: number, out) => {
      out.writeStringField(1, '');
      out.writeVarintField(2, version);
    }, opset);
    for (const entry of Object.entries(metadata)) pbf.writeMessage(14, writeEntry, entry);
    return pbf.finish();
  }

  private writeGraph(pbf: PbfWriter): void {
    for (const node of this.nodes) pbf.writeMessage(1, writeNode, node);
    pbf.writeStringField(2, this.name);
    for (const initializer of this.initializers) pbf.writeMessage(5, writeTensor, initializer);
    for (const port of this.inputs) pbf.writeMessage(11, writePort, port);
    for (const port of this.outputs) pbf.writeMessage(12, writePort, port);
  }

  private push(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>>,
  ): void {
    this.nodes.push({
      op,
      inputs: inputs.map((input) => input?.name ?? ''),
      outputs: outputs.map((output) => output.name),
      attributes,
    });
  }

  private fresh(stem: string): string {
    this.counter += 1;
    return `${stem}_${String(this.counter)}`;
  }

  private claim(name: string): void {
    if (this.names.has(name)) throw new Error(`graph ${this.name}: two values are called ${name}`);
    this.names.add(name);
  }
}

function writeEntry([key, value]: [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeNode(node: Node, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(4, node.op);
  for (const entry of Object.entries(node.attributes)) pbf.writeMessage(5, writeAttribute, entry);
}

function writeAttribute([name, value]: [string, Attribute], pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if ('float' in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, ATTRIBUTE_TYPE.float);
  } else if ('int' in value) {
    pbf.writeVarintField(3, value.int);
    pbf.writeVarintField(20, ATTRIBUTE_TYPE.int);
  } else if ('string' in value) {
    pbf.writeBytesField(4, new TextEncoder().encode(value.string));
    pbf.writeVarintField(20, ATTRIBUTE_TYPE.string);
  } else if ('floats' in value) {
    pbf.writePackedFloat(7, [...value.floats]);
    pbf.writeVarintField(20, ATTRIBUTE_TYPE.floats);
  } else {
    pbf.writePackedVarint(8, [...value.ints]);
    pbf.writeVarintField(20, ATTRIBUTE_TYPE.ints);
  }
}

function writeTensor(tensor: Initializer, pbf: PbfWriter): void {
  if (tensor.shape.length > 0) pbf.writePackedVarint(1, [...tensor.shape]);
  pbf.writeVarintField(2, ELEMENT_TYPE[tensor.type]);
  pbf.writeStringField(8, tensor.name);
  // raw_data is little-endian, as every platform that Node.js runs on is.
  pbf.writeBytesField(9, new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
}

function writePort(port: Port, pbf: PbfWriter): void {
  pbf.writeStringField(1, port.name);
  pbf.writeMessage(2, writeTensorTypeProto, port);
}

function writeTensorTypeProto(port: Port, pbf: PbfWriter): void {
  pbf.writeMessage(1, (tensor: Port, out) => {
    out.writeVarintField(1, ELEMENT_TYPE[tensor.type]);
    out.writeMessage(2, writeShape, tensor.shape);
  }, port);
}

function writeShape(shape: readonly Dim[], pbf: PbfWriter): void {
  for (const dim of shape) {
    pbf.writeMessage(1, (value: Dim, out) => {
      if (typeof value === 'number') out.writeVarintField(1, value);
      else out.writeStringField(2, value);
    }, dim);
  }
}
