/**
 * Batches for training, made on other threads while the step runs.
 */
import { byteAt, floatAt } from '../../core/typed-array.js';
import { receiveMessageOnPort, Worker, MessageChannel, type MessagePort } from 'node:worker_threads';
import { workerScript } from '../../files/package.js';
import { attention, epochOrder, lossWeights, type Balance, type Emphasis } from './balance.js';
import { eyeWidthOf } from '../../core/eye.js';
import type { EyeDataset } from './packed-file.js';
import { mixSeed } from './random.js';
import { plainCrop, shrunkCrop, type Canvases } from './plain-crop.js';
import { batchReply, type BatchReply, type BatchRequest, type LoaderSetup } from './loader-messages.js';

/** Eyes ready for a step. */
export interface Batch {
  /** Luminance, [count, height, width]. */
  readonly pixels: Uint8Array;
  /** 0 closed, 1 open, 2 hidden, [count]. */
  readonly labels: Uint8Array;
  /** What each eye's loss counts, 1 on average over the epoch, [count]. */
  readonly weights: Float32Array;
  /** Rows of the dataset, [count]. */
  readonly rows: Int32Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

export interface LoaderOptions {
  readonly batchSize: number;
  /** The order of rows and every augmentation follow from this number and the epoch's, whatever the threads do. */
  readonly seed: number;
  /** Threads that augment; 1 where not given. */
  readonly workers?: number;
  /** `sampling` where not given. */
  readonly balance?: Balance;
  readonly emphasis?: Emphasis;
  /** Eyes in an epoch; as many as there are rows where not given. Rounded down to whole batches. */
  readonly samplesPerEpoch?: number;
}

export interface EpochOptions {
  /** px of the batches; 3:2 for eyes, square for faces and photos. */
  readonly height: number;
  readonly width: number;
  /** Strength of the augmentation, 0 to 1. */
  readonly strength: number;
  /** The first batch to give, 0 where not given: how an interrupted epoch goes on. */
  readonly startBatch?: number;
  /** How many times as many eyes as `LoaderOptions.batchSize` a batch has, 1 where not given. */
  readonly batchFactor?: number;
}

export interface Loader {
  /** Batches of an epoch. */
  batchesPerEpoch(options: Pick<EpochOptions, 'batchFactor'>): number;
  /** The batches of one epoch, all full. One epoch at a time. */
  epoch(epoch: number, options: EpochOptions): AsyncGenerator<Batch, void, void>;
  /** How long the consumer has waited for batches since the loader was made, and the share of the time between them. */
  waited(): { readonly ms: number; readonly share: number };
  close(): Promise<void>;
}

/** Batches asked for ahead of the one in use, for each thread: enough for the times when something else has the core. */
const AHEAD_PER_WORKER = 8;

/**
 * Starts the threads.
 * @param indices rows of the dataset to draw from
 * @throws Error if there are none
 *
 * @example
 * const loader = createLoader(dataset, partition.train, { batchSize: 64, seed: 1 });
 * for await (const batch of loader.epoch(0, { height: 32, width: 48, strength: 1 })) await step(batch);
 * await loader.close();
 */
export function createLoader(dataset: EyeDataset, indices: Int32Array, options: LoaderOptions): Loader {
  if (indices.length === 0) throw new Error('There are no eyes to train on.');
  const { batchSize, seed } = options;
  const balance = options.balance ?? 'sampling';
  const cells = attention(dataset, indices, options.emphasis);
  const weights = lossWeights(cells, dataset.length, balance);
  const sizeOf = ({ batchFactor = 1 }: Pick<EpochOptions, 'batchFactor'>): number => batchFactor * batchSize;
  const batchesPerEpoch = (size: Pick<EpochOptions, 'batchFactor'>): number =>
    Math.max(1, Math.floor((options.samplesPerEpoch ?? indices.length) / sizeOf(size)));
  const threads = Array.from({ length: options.workers ?? 1 }, () => new AugmentThread(dataset));
  let waitedMs = 0;
  let totalMs = 0;

  const request = (epoch: number, order: Int32Array, batch: number, size: EpochOptions): Promise<Uint8Array> =>
    threadFor(threads, batch).ask({
      rows: order.slice(batch * sizeOf(size), (batch + 1) * sizeOf(size)),
      seed: mixSeed(seed, epoch, batch, 0xa06),
      height: size.height, width: size.width, strength: size.strength,
    });

  async function* epoch(number: number, size: EpochOptions): AsyncGenerator<Batch, void, void> {
    const batches = batchesPerEpoch(size);
    const order = epochOrder(cells, batches * sizeOf(size), seed, number, balance);
    const pending: Promise<Uint8Array>[] = [];
    let asked = size.startBatch ?? 0;
    const fill = (): void => {
      while (asked < batches && pending.length < AHEAD_PER_WORKER * threads.length) {
        const answer = request(number, order, asked, size);
        // An answer that fails before it is awaited is not an unhandled one: the loop below meets it.
        answer.catch(() => undefined);
        pending.push(answer);
        asked += 1;
      }
    };
    fill();
    for (let batch = size.startBatch ?? 0; batch < batches; batch += 1) {
      const from = performance.now();
      for (const thread of threads) thread.collect();
      const answer = pending.shift();
      if (answer === undefined) return;
      const pixels = await answer;
      waitedMs += performance.now() - from;
      fill();
      const rows = order.slice(batch * sizeOf(size), (batch + 1) * sizeOf(size));
      yield assemble(dataset, rows, pixels, weights, size);
      totalMs += performance.now() - from;
    }
  }

  return {
    batchesPerEpoch,
    epoch,
    waited: () => ({ ms: waitedMs, share: totalMs === 0 ? 0 : waitedMs / totalMs }),
    close: async () => { await Promise.all(threads.map((thread) => thread.close())); },
  };
}

function threadFor(threads: readonly AugmentThread[], batch: number): AugmentThread {
  const thread = threads[batch % threads.length];
  if (thread === undefined) throw new Error('a loader needs at least one thread');
  return thread;
}

function assemble(
  dataset: EyeDataset, rows: Int32Array, pixels: Uint8Array, weights: Float32Array,
  size: { readonly height: number; readonly width: number },
): Batch {
  return {
    pixels, rows, count: rows.length, height: size.height, width: size.width,
    labels: Uint8Array.from(rows, (row) => byteAt(dataset.labels, row)),
    weights: Float32Array.from(rows, (row) => floatAt(weights, row)),
  };
}

/** One augmenting thread: requests in, pixels out, in the same order. */
class AugmentThread {
  private readonly worker: Worker;
  private readonly port: MessagePort;
  private readonly waiting: { resolve: (pixels: Uint8Array) => void; reject: (error: Error) => void }[] = [];
  private failure: Error | undefined;

  constructor({ pixels, crop }: Canvases) {
    const { port1, port2 } = new MessageChannel();
    const setup: LoaderSetup = { pixels, crop, port: port2 };
    this.port = port1;
    this.worker = new Worker(workerScript('loader-worker'), { workerData: setup, transferList: [port2] });
    this.worker.on('error', (error) => { this.fail(error); });
    this.port.on('message', (reply: BatchReply) => { this.settle(reply); });
    // A loader that was not closed must not keep the process alive.
    this.worker.unref();
    this.port.unref();
  }

  ask(request: BatchRequest): Promise<Uint8Array> {
    if (this.failure) return Promise.reject(this.failure);
    this.port.postMessage(request);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.hold();
    });
  }

  /** Takes answers that have come in while the thread was blocked, without waiting for a turn of the event loop. */
  collect(): void {
    for (let got = receiveMessageOnPort(this.port); got !== undefined; got = receiveMessageOnPort(this.port)) {
      this.settle(batchReply.parse(got.message));
    }
  }

  async close(): Promise<void> {
    this.port.close();
    await this.worker.terminate();
  }

  private settle(reply: BatchReply): void {
    this.waiting.shift()?.resolve(reply.pixels);
    if (this.waiting.length === 0) this.port.unref();
  }

  /** Somebody waits: now the process has to stay alive. */
  private hold(): void {
    this.port.ref();
  }

  private fail(error: unknown): void {
    this.failure = new Error('A thread that prepares batches has stopped.', { cause: error });
    for (const { reject } of this.waiting.splice(0)) reject(this.failure);
  }
}

/**
 * Eyes as the classifier will see them: the canvas's centre at the size asked for, no augmentation, in the order given.
 * The last batch may be short. With `eyeWidth` as in a photo in which the eyes are so many px wide, if they are wider.
 */
export function* validationBatches(
  dataset: EyeDataset,
  indices: Int32Array,
  options: { readonly height: number; readonly width: number; readonly batchSize: number; readonly eyeWidth?: number },
): Generator<Batch, void, void> {
  const { height, width, batchSize, eyeWidth = Infinity } = options;
  const weights = new Float32Array(dataset.length).fill(1);
  for (let at = 0; at < indices.length; at += batchSize) {
    const rows = indices.slice(at, at + batchSize);
    const pixels = new Uint8Array(rows.length * height * width);
    rows.forEach((row, index) => {
      const small = eyeWidth < eyeWidthOf(floatAt(dataset.cropWidths, row));
      const crop = small ? shrunkCrop(dataset, row, width, height, eyeWidth) : plainCrop(dataset, row, width, height);
      pixels.set(crop, index * height * width);
    });
    yield assemble(dataset, rows, pixels, weights, options);
  }
}
