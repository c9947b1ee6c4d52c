/**
 * Gradients of a batch, part by part: what one thread does.
 *
 * A graph for gradients takes `parameters` and `statistics` beside inputs of its own, and gives `gradient`, `new_statistics`
 * where a net has any, and some scalars. What the parts of a batch give is added up, each by its share of the batch: as a loss is
 * a mean over images, that is the gradient of the whole batch, but for batch norm, which normalizes each part by itself.
 */
import type { MessagePort } from 'node:worker_threads';
import { floatAt } from '../../core/typed-array.js';
import { byteTensor, createSession, floatsOf, floatTensor, type Session, type Tensor } from '../../onnx/session.js';

/** One input of a graph; plain data, for it may go to another thread. */
export interface GraphInput {
  readonly shape: readonly number[];
  readonly data: Uint8Array | Float32Array;
}

export type GraphInputs = Readonly<Record<string, GraphInput>>;

/** Inputs that are given as they are: for threads that make none of their own. */
export function givenInputs(): (inputs: GraphInputs) => GraphInputs {
  return (inputs) => inputs;
}

/** A part of a batch. */
export interface Part<Work> {
  /** Of the batch, 0 to 1. */
  readonly share: number;
  /** What the graph's own inputs follow from. */
  readonly work: Work;
}

/** What a thread reads and writes; in shared memory where it is not the main one. */
export interface GradientMemory {
  /** Written by the main thread. */
  readonly parameters: Float32Array;
  readonly statistics: Float32Array;
  /** Written by the thread: what its parts give, by their shares. */
  readonly gradient: Float32Array;
  readonly newStatistics: Float32Array;
  readonly scalars: Float32Array;
  /** Names of the graph's scalars, in the order of `scalars`. */
  readonly names: readonly string[];
}

/** What a thread is asked for; it answers with nothing, when it is done. */
export type GradientRequest<Work> =
  | { readonly kind: 'prepare'; readonly model: Uint8Array }
  | { readonly kind: 'run'; readonly parts: readonly Part<Work>[] };

/** Finds the gradients of some parts, one after the other. */
export class PartGradients<Work> {
  private session: Session | undefined;

  /** @param inputsOf makes a graph's inputs of what it is told */
  constructor(private readonly memory: GradientMemory, private readonly inputsOf: (work: Work) => GraphInputs) {}

  /** Loads a graph, instead of the one before. */
  async prepare(model: Uint8Array): Promise<void> {
    await this.release();
    this.session = await createSession(model);
  }

  /** Adds up what `parts` give. @throws if no graph is loaded */
  async run(parts: readonly Part<Work>[]): Promise<void> {
    const { session, memory } = this;
    if (session === undefined) throw new Error('gradients were asked for before there was a graph');
    // Copies: onnxruntime takes no shared memory.
    const weights = { parameters: vectorTensor(memory.parameters.slice()), statistics: vectorTensor(memory.statistics.slice()) };
    memory.gradient.fill(0);
    memory.newStatistics.fill(0);
    memory.scalars.fill(0);
    for (const { share, work } of parts) {
      const outputs = await session.run({ ...weights, ...tensorsOf(this.inputsOf(work)) });
      addShare(memory.gradient, floatsOf(outputs, 'gradient'), share);
      if (memory.newStatistics.length > 0) addShare(memory.newStatistics, floatsOf(outputs, 'new_statistics'), share);
      for (const [index, name] of memory.names.entries()) {
        memory.scalars[index] = floatAt(memory.scalars, index) + share * floatAt(floatsOf(outputs, name), 0);
      }
    }
  }

  /** Does what it is asked for through `port`. */
  serve(port: MessagePort): void {
    port.on('message', (request: GradientRequest<Work>) => {
      const done = request.kind === 'prepare' ? this.prepare(request.model) : this.run(request.parts);
      done.then(() => { port.postMessage(undefined); }, (error: unknown) => { setImmediate(() => { throw error; }); });
    });
  }

  async release(): Promise<void> {
    await this.session?.release();
    this.session = undefined;
  }
}

/** Adds `share` of `vector` to `sum`. */
export function addShare(sum: Float32Array, vector: Float32Array, share: number): void {
  for (let index = 0; index < sum.length; index += 1) sum[index] = floatAt(sum, index) + share * floatAt(vector, index);
}

/** Divides `count` things among at most `parts`: where each part begins and ends, as equal as can be. */
export function divide(count: number, parts: number): { readonly from: number; readonly to: number }[] {
  const used = Math.min(count, parts);
  const at = (part: number): number => Math.floor((part * count) / used);
  return Array.from({ length: used }, (_, part) => ({ from: at(part), to: at(part + 1) }));
}

function tensorsOf(inputs: GraphInputs): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { data, shape }]) =>
    [name, data instanceof Uint8Array ? byteTensor(data, shape) : floatTensor(data, shape)]));
}

function vectorTensor(data: Float32Array): Tensor {
  return floatTensor(data, [data.length]);
}
