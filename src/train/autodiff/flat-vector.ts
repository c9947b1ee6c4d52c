/**
 * Many named tensors in one flat vector: what goes in and out of a training step as a single tensor.
 */
import type { Tape, Variable } from './tape.js';
import type { Value } from '../../onnx/graph.js';

/** How a tensor starts: every element the same, or drawn from a normal distribution around 0. */
export type Initial = { readonly constant: number } | { readonly deviation: number };

/** What a net asks for. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initial: Initial;
  /** Whether weight decay applies. */
  readonly decayed: boolean;
}

/** Where a tensor lies in the vector. */
export interface Slot extends TensorSpec {
  readonly offset: number;
  readonly size: number;
}

/** A tensor with its values, row-major. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The flat vector as a graph sees it: tensors are cut out in the order in which they are asked for. */
export class FlatVector {
  private readonly taken: Slot[] = [];
  private length = 0;

  constructor(private readonly tape: Tape, private readonly vector: Value) {}

  /** The next tensor of the vector. @throws if the name is taken */
  take(spec: TensorSpec): Variable {
    if (this.taken.some(({ name }) => name === spec.name)) throw new Error(`two tensors are called ${spec.name}`);
    const { graph } = this.tape;
    const size = spec.shape.reduce((product, dim) => product * dim, 1);
    const slot = { ...spec, offset: this.length, size };
    this.taken.push(slot);
    this.length += size;
    const part = graph.op('Slice', [this.vector, graph.int64s([slot.offset]), graph.int64s([slot.offset + size])]);
    return this.tape.emit('Reshape', [part, graph.int64s(spec.shape)], spec.shape);
  }

  /** All tensors taken so far, in the order of the vector. */
  get slots(): readonly Slot[] {
    return this.taken;
  }
}

/** `variables` one after the other as one vector: the inverse of taking them. */
export function flatten(tape: Tape, variables: readonly Variable[]): Variable {
  const flat = variables.map((variable) => tape.graph.op('Reshape', [variable, tape.graph.int64s([-1])]));
  const size = variables.reduce((sum, { shape }) => sum + shape.reduce((product, dim) => product * dim, 1), 0);
  return tape.emit('Concat', flat, [size], { axis: { int: 0 } });
}

/** Number of elements of a vector with these slots. */
export function lengthOf(slots: readonly Slot[]): number {
  return slots.reduce((sum, { size }) => sum + size, 0);
}

/**
 * Starting values of a vector.
 * @param random gives uniform numbers in [0, 1)
 */
export function initialValues(slots: readonly Slot[], random: () => number): Float32Array {
  const values = new Float32Array(lengthOf(slots));
  for (const { offset, size, initial } of slots) {
    for (let index = offset; index < offset + size; index += 1) {
      values[index] = 'constant' in initial ? initial.constant : initial.deviation * normal(random);
    }
  }
  return values;
}

/** 1 where weight decay applies, else 0. */
export function decayMask(slots: readonly Slot[]): Float32Array {
  const mask = new Float32Array(lengthOf(slots));
  for (const { offset, size, decayed } of slots) mask.fill(decayed ? 1 : 0, offset, offset + size);
  return mask;
}

/** The tensors of a vector by name; their data are views of `values`. */
export function unflatten(slots: readonly Slot[], values: Float32Array): Map<string, NamedTensor> {
  return new Map(slots.map(({ name, shape, offset, size }) =>
    [name, { shape, data: values.subarray(offset, offset + size) }]));
}

/** A number drawn from the standard normal distribution (Box & Muller 1958). */
function normal(random: () => number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  return radius * Math.cos(2 * Math.PI * random());
}
