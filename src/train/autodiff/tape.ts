/**
 * Reverse-mode differentiation over ONNX graphs: operations are written forwards and remembered; `gradients` then
 * writes the backward half of the same graph.
 */
import type { Attribute, GraphBuilder, Value } from '../../onnx/graph.js';

/** A value of the graph whose shape is known. Row-major; images are [batch, channels, height, width]. */
export interface Variable extends Value {
  readonly shape: readonly number[];
}

/** An input of an operation, and how the gradient of the operation's output becomes the gradient of that input. */
export interface Dependency {
  readonly on: Variable;
  /** Called only when `on` needs a gradient. The result has the shape of `on`. */
  readonly gradient: (outputGradient: Variable) => Variable;
}

interface Entry {
  readonly output: Variable;
  readonly dependencies: readonly Dependency[];
}

/**
 * Remembers which operations were applied to what.
 *
 * @example
 * const tape = new Tape(new GraphBuilder('step'));
 * const weight = tape.parameter({ ...graph.input('w', 'float32', [3]), shape: [3] });
 * const [gradient] = tape.gradients(lossOf(weight), [weight]);
 */
export class Tape {
  private readonly entries: Entry[] = [];
  private readonly differentiable = new Set<string>();

  constructor(readonly graph: GraphBuilder) {}

  /** Declares that gradients for `variable` will be asked for. */
  parameter(variable: Variable): Variable {
    this.differentiable.add(variable.name);
    return variable;
  }

  /** Adds a node that is not differentiated through: part of an operation that is recorded as a whole, or constant. */
  emit(
    op: string,
    inputs: readonly (Value | undefined)[],
    shape: readonly number[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Variable {
    return { ...this.graph.op(op, inputs, attributes), shape };
  }

  /** Records that `output` was computed from `dependencies`; returns it. */
  record(output: Variable, dependencies: readonly Dependency[]): Variable {
    const relevant = dependencies.filter(({ on }) => this.differentiable.has(on.name));
    if (relevant.length > 0) {
      this.differentiable.add(output.name);
      this.entries.push({ output, dependencies: relevant });
    }
    return output;
  }

  /** `variable` with another shape of the same size. */
  reshape(variable: Variable, shape: readonly number[]): Variable {
    const output = this.emit('Reshape', [variable, this.graph.int64s(shape)], shape);
    return this.record(output, [{
      on: variable,
      gradient: (outputGradient) => this.emit('Reshape', [outputGradient, this.graph.int64s(variable.shape)], variable.shape),
    }]);
  }

  /**
   * Writes the backward half: the gradients of the scalar `loss` with respect to `variables`, in their order.
   * @throws if `loss` does not depend on one of them
   */
  gradients(loss: Variable, variables: readonly Variable[]): Variable[] {
    const one = this.graph.constant(new Float32Array(1).fill(1), loss.shape);
    const known = new Map<string, Variable>([[loss.name, { ...one, shape: loss.shape }]]);
    for (const { output, dependencies } of this.entries.toReversed()) {
      const outputGradient = known.get(output.name);
      if (!outputGradient) continue;
      for (const { on, gradient } of dependencies) {
        const part = gradient(outputGradient);
        const others = known.get(on.name);
        known.set(on.name, others ? this.emit('Add', [others, part], on.shape) : part);
      }
    }
    return variables.map((variable) => {
      const gradient = known.get(variable.name);
      if (!gradient) throw new Error(`the loss does not depend on ${variable.name}`);
      return gradient;
    });
  }
}

/** Calls `make` the first time only: for what the gradients of several inputs share. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Batch, channels, height and width of an image variable. @throws if it has another rank. */
export function imageShape(variable: Variable): [number, number, number, number] {
  const [batch, channels, height, width, ...more] = variable.shape;
  if (batch === undefined || channels === undefined || height === undefined || width === undefined || more.length > 0) {
    throw new Error(`${variable.name}: expected [batch, channels, height, width], got [${variable.shape.join(', ')}]`);
  }
  return [batch, channels, height, width];
}

/** Batch and channels of a vector variable. @throws if it has another rank. */
export function vectorShape(variable: Variable): [number, number] {
  const [batch, channels, ...more] = variable.shape;
  if (batch === undefined || channels === undefined || more.length > 0) {
    throw new Error(`${variable.name}: expected [batch, channels], got [${variable.shape.join(', ')}]`);
  }
  return [batch, channels];
}
