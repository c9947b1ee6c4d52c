/**
 * The tool as a library: photos in, results out.
 */
import { resolve } from 'node:path';
import type { PhotoFile, PhotoResult } from '../core/result.js';
import { loadConfig, type Config, type SomeSettings } from '../pipeline/config.js';
import { settleEngine } from '../pipeline/engine.js';
import { checkStages } from '../pipeline/stages.js';
import type { PhotoExecutor } from '../run/executor.js';
import { createPool, workerCount } from '../run/pool.js';
import { mapOrdered } from './ordered.js';
import { JobQueue } from '../run/job-queue.js';

/** A photo: the path of a file, the bytes of one, or bytes with a name of their own. */
export type PhotoInput = string | Uint8Array | NamedPhoto;

/** A photo that does not lie on the disk. */
export interface NamedPhoto {
  /** What its result calls it. */
  readonly name: string;
  /** The bytes of its file. */
  readonly content: Uint8Array;
}

export interface PipelineOptions {
  /**
   * Any part of the settings that config.yaml shows: the path of a YAML file, or an object. Relative paths in an object start at
   * the current folder.
   */
  readonly config?: string | SomeSettings;
  /** Worker processes; `auto`, the default, is one a core. Goes before `run.workers` of the settings. */
  readonly workers?: number | 'auto';
}

export interface JudgeOptions {
  /** Gives up waiting: what is in work is finished, but nobody hears of it. */
  readonly signal?: AbortSignal;
}

/** What `openPipeline` gives. Several may be open at once, each with its own settings and processes. */
export interface Pipeline {
  /** All settings, checked, with engine and device named. */
  readonly config: Config;
  /** What was passed over on the way to engine and device and why, in sentences for people. */
  readonly notes: readonly string[];
  /**
   * Judges one photo. Calls may overlap: as many photos are worked on at once as there are workers.
   * @returns what was found; a photo that cannot be read, crashes its reader or takes too long has the status `error`
   * @throws if the pipeline was closed, the nets cannot be loaded, or the signal's reason
   */
  judge(photo: PhotoInput, options?: JudgeOptions): Promise<PhotoResult>;
  /**
   * Judges many photos; the results come in the order of the photos. Photos are taken as the results are: a slow reader makes
   * nothing pile up, and one that stops reading stops the work.
   * @param photos may be endless
   * @throws as `judge` does, or as `photos` does
   */
  judgeAll(photos: AsyncIterable<PhotoInput> | Iterable<PhotoInput>, options?: JudgeOptions): AsyncGenerator<PhotoResult, void, undefined>;
  /** Ends the processes, at once. Whoever still waits for a result gets an error. The process cannot end before. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Photos that `judgeAll` has in work or keeps for an earlier one's sake, a worker. */
const aheadAWorker = 4;

/**
 * Gets ready to judge photos in processes of its own; each loads the nets with its first photo. Nothing global is touched:
 * neither standard output nor the settings of libraries.
 * @throws UsageError for settings that there are not, and for a model, engine or device that cannot be used
 *
 * @example
 * const pipeline = await openPipeline({ config: { verdict: { min_relative_area: 0.5 } }, workers: 1 });
 * const { verdict, reasons, faces } = await pipeline.judge('group.jpg');
 * console.log(verdict, reasons, faces.map(({ measured }) => measured.classify.state));
 * for await (const { photo, verdict } of pipeline.judgeAll(['one.jpg', 'two.jpg'])) console.log(photo, verdict);
 * await pipeline.close();
 */
export async function openPipeline({ config: given, workers }: PipelineOptions = {}): Promise<Pipeline> {
  const chosen = loadConfig(given, workers === undefined ? [] : [`run.workers=${String(workers)}`]);
  await checkStages(chosen);
  const { config, notes } = await settleEngine(chosen);
  return new OpenPipeline(config, notes, createPool());
}

class OpenPipeline implements Pipeline {
  private queue: JobQueue | undefined;
  private readonly closed = new AbortController();

  constructor(
    readonly config: Config,
    readonly notes: readonly string[],
    private readonly executor: PhotoExecutor,
  ) {}

  async judge(photo: PhotoInput, { signal }: JudgeOptions = {}): Promise<PhotoResult> {
    if (this.closed.signal.aborted) throw closedError();
    this.queue ??= this.begin();
    return this.queue.add(fileOf(photo), signal);
  }

  async* judgeAll(
    photos: AsyncIterable<PhotoInput> | Iterable<PhotoInput>, { signal }: JudgeOptions = {},
  ): AsyncGenerator<PhotoResult, void, undefined> {
    const stopped = new AbortController();
    const stop = signal === undefined ? stopped.signal : AbortSignal.any([signal, stopped.signal]);
    const most = aheadAWorker * workerCount(this.config.run.workers);
    try {
      yield* mapOrdered(photos, most, (photo) => this.judge(photo, { signal: stop }), stop);
    } finally {
      // What was taken ahead and is not in work yet need not be judged.
      stopped.abort();
    }
  }

  async close(): Promise<void> {
    this.closed.abort();
    this.queue?.end(closedError());
    await this.executor.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** One run of the executor serves all calls, so that they share its workers; after one that failed, the next call begins another. */
  private begin(): JobQueue {
    const queue = new JobQueue();
    this.executor.run(queue, { config: this.config }, (number, result) => { queue.settle(number, result); }, this.closed.signal)
      .catch((error: unknown) => { queue.end(error); })
      .finally(() => { if (this.queue === queue) this.queue = undefined; });
    return queue;
  }
}

function fileOf(photo: PhotoInput): PhotoFile {
  if (typeof photo === 'string') return { path: resolve(photo), photo };
  if (photo instanceof Uint8Array) return { path: '', photo: 'photo', content: photo };
  return { path: '', photo: photo.name, content: photo.content };
}

function closedError(): Error {
  return new Error('The pipeline was closed.');
}
