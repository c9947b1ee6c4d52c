/**
 * Threads that share the work of each batch: data parallel, as PyTorch's DDP is.
 *
 * Two threads with half a batch each do more than one session with two threads: onnxruntime does little at a time in graphs
 * like these. The main thread is the first of them. Their gradients are added up in one order, so that the same number of
 * threads gives the same weights.
 */
import { MessageChannel, MessagePort, Worker } from 'node:worker_threads';
import { workerScript } from '../../files/package.js';
import { addShare, PartGradients, type GradientMemory, type GradientRequest, type GraphInputs, type Part } from './gradients.js';

/** What a thread is started with. */
export interface GradientSetup<Source> {
  readonly memory: GradientMemory;
  /** What parts are made from, where a thread makes its own. */
  readonly source: Source;
  readonly port: MessagePort;
}

/** Whether a thread was started as one of these; of what kind its source is, its script knows. */
export function isGradientSetup(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'memory' in value && 'source' in value && 'port' in value && value.port instanceof MessagePort;
}

/** What a whole batch gives. */
export interface BatchGradients {
  readonly gradient: Float32Array;
  /** Batch norm's running means and variances after this batch: of its parts, their mean. */
  readonly statistics: Float32Array;
  /** In the order of the names. */
  readonly scalars: readonly number[];
}

export interface GradientThreads<Work> {
  /** Loads a graph in each thread; one that gets none has nothing to do. */
  prepare(models: readonly Uint8Array[]): Promise<void>;
  /** The gradients of a batch. @param parts of each thread that has a graph */
  run(
    weights: { readonly parameters: Float32Array; readonly statistics: Float32Array }, parts: readonly (readonly Part<Work>[])[],
  ): Promise<BatchGradients>;
  close(): Promise<void>;
}

export interface GradientThreadsOptions<Source, Work> {
  /** Threads in all. */
  readonly count: number;
  /** Lengths of the vectors. */
  readonly parameters: number;
  readonly statistics: number;
  /** Names of the graph's scalars. */
  readonly scalars: readonly string[];
  /** The script of the other threads: `PartGradients` with the same `inputsOf`, serving. */
  readonly script: Parameters<typeof workerScript>[0];
  readonly source: Source;
  readonly inputsOf: (source: Source) => (work: Work) => GraphInputs;
}

/** Starts the threads. */
export function startGradientThreads<Source, Work>(options: GradientThreadsOptions<Source, Work>): GradientThreads<Work> {
  const { source } = options;
  const parameters = sharedFloats(options.parameters);
  const statistics = sharedFloats(options.statistics);
  const memories = Array.from({ length: options.count }, (): GradientMemory => ({
    parameters, statistics, names: options.scalars,
    gradient: sharedFloats(options.parameters), newStatistics: sharedFloats(options.statistics),
    scalars: sharedFloats(options.scalars.length),
  }));
  const threads = memories.map((memory, index) => (index === 0
    ? new PartGradients(memory, options.inputsOf(source))
    : new GradientThread<Source, Work>(options.script, { memory, source })));
  const threadAt = (index: number): (typeof threads)[number] => {
    const thread = threads[index];
    if (thread === undefined) throw new Error(`there are ${String(threads.length)} threads only`);
    return thread;
  };
  return {
    prepare: async (models) => { await Promise.all(models.map((model, index) => threadAt(index).prepare(model))); },
    run: async (weights, parts) => {
      parameters.set(weights.parameters);
      statistics.set(weights.statistics);
      // The main thread blocks in its own part: the others have to be told first.
      await Promise.all([...parts.entries()].reverse().map(([index, part]) => threadAt(index).run(part)));
      return sumOf(memories.slice(0, parts.length));
    },
    close: async () => { await Promise.all(threads.map((thread) => thread.release())); },
  };
}

function sumOf(memories: readonly GradientMemory[]): BatchGradients {
  const [first, ...others] = memories;
  if (first === undefined) throw new Error('no thread had a part of the batch');
  const [gradient, statistics, scalars] = [first.gradient.slice(), first.newStatistics.slice(), first.scalars.slice()];
  for (const memory of others) {
    addShare(gradient, memory.gradient, 1);
    addShare(statistics, memory.newStatistics, 1);
    addShare(scalars, memory.scalars, 1);
  }
  return { gradient, statistics, scalars: [...scalars] };
}

function sharedFloats(length: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * length));
}

/** A thread beside the main one. */
class GradientThread<Source, Work> {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private waiting: { resolve: () => void; reject: (error: Error) => void } | undefined;
  private failure: Error | undefined;

  constructor(script: Parameters<typeof workerScript>[0], setup: Omit<GradientSetup<Source>, 'port'>) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    const workerData: GradientSetup<Source> = { ...setup, port: port2 };
    this.worker = new Worker(workerScript(script), { workerData, transferList: [port2] });
    this.worker.on('error', (error) => {
      this.failure = new Error('A thread that finds gradients has stopped.', { cause: error });
      this.waiting?.reject(this.failure);
    });
    this.port.on('message', () => { this.waiting?.resolve(); });
  }

  prepare(model: Uint8Array): Promise<void> {
    return this.ask({ kind: 'prepare', model });
  }

  run(parts: readonly Part<Work>[]): Promise<void> {
    return this.ask({ kind: 'run', parts });
  }

  async release(): Promise<void> {
    this.port.close();
    await this.worker.terminate();
  }

  private ask(request: GradientRequest<Work>): Promise<void> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.port.postMessage(request);
    });
  }
}
