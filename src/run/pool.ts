/**
 * Judges photos in worker processes of this machine, one a core: onnxruntime-node blocks the thread that calls it, and a photo
 * that crashes, hangs or bloats its process must not end a run.
 */
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import { workerScript } from '../files/package.js';
import type { Config } from '../pipeline/config.js';
import { errorResult } from '../core/result.js';
import type { Executor, PhotoExecutor } from './executor.js';
import { WorkerDeath, WorkerProcess, type DeathCause, type WorkerSettings } from './worker-process.js';

/** Photos that a process has at once: while one is inferred on its main thread, the next is decoded on libvips' own. */
export const photosAProcess = 2;

/**
 * Times that a photo is tried in a process of its own. A crash may come from outside, as where the system is short of memory
 * and ends what is largest.
 */
const triesAlone: Readonly<Record<DeathCause, number>> = { crash: 2, deadline: 1, memory: 1 };

/** Results that may wait for an earlier photo. */
const mostAhead = 512;

/** Processes in a row that may end before they have loaded their nets. */
const failedStarts = 4;

/** Number of worker processes for the setting `run.workers`. */
export function workerCount(setting: Config['run']['workers']): number {
  return setting === 'auto' ? availableParallelism() : setting;
}

/**
 * A pool that judges photos; its processes start with the first photos, and stay for the next run.
 * @param script what the processes run, as worker.ts
 */
export function createPool(script = workerScript('worker')): PhotoExecutor {
  return { ...createWorkerPool(script, errorResult), mostAhead };
}

/**
 * A pool for any work on images.
 * @param script what the processes run: it calls `serveTasks`
 * @param blamed the result of an item that ended its process; the message says how
 */
export function createWorkerPool<Item, Settings extends WorkerSettings, Result>(
  script: string, blamed: (item: Item, message: string) => Result,
): Executor<Item, Settings, Result> {
  const processes = new Processes<Item, Settings, Result>(script);
  return {
    prepare: () => { processes.prepare(); },
    run: async (photos, settings, onResult, signal) => {
      const failure = new AbortController();
      const stop = AbortSignal.any([signal, failure.signal]);
      const source = iterate(photos);
      // Whoever gives photos may be waiting for the next one: nobody will take it.
      stop.addEventListener('abort', () => void source.return?.());
      const places = Array.from({ length: workerCount(settings.config.run.workers) }, () => new Place(processes, settings, blamed, stop));
      let taken = 0;
      const lane = async (place: Place<Item, Settings, Result>): Promise<void> => {
        while (!stop.aborted) {
          const index = taken;
          taken += 1;
          const next = await source.next();
          if (next.done === true) return;
          const result = await place.judge(next.value);
          if (result !== undefined) onResult(index, result);
        }
      };
      const lanes = Array.from({ length: photosAProcess }, () => places).flat()
        .map((place) => lane(place).catch((error: unknown) => {
          failure.abort();
          throw error;
        }));
      const ended = await Promise.allSettled(lanes);
      for (const place of places) place.leave();
      for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason;
    },
    close: () => processes.close(),
  };
}

/** The values one by one, whether they are waited for or not. */
export function iterate<T>(values: AsyncIterable<T> | Iterable<T>): AsyncIterator<T, unknown> | Iterator<T, unknown> {
  return Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : values[Symbol.iterator]();
}

/** All processes of a pool. */
class Processes<Item, Settings extends WorkerSettings, Result> {
  private readonly all = new Set<WorkerProcess<Item, Settings, Result>>();
  private idle: WorkerProcess<Item, Settings, Result>[] = [];
  /** Whatever ends this process, an uncaught error or a second Ctrl-C: nothing of it lives on. */
  private readonly onExit = (): void => { for (const worker of this.all) void worker.end(); };

  constructor(private readonly script: string) {}

  prepare(): void {
    if (this.all.size === 0) this.idle.push(this.start());
  }

  /** A process that has nothing to do. */
  take(): WorkerProcess<Item, Settings, Result> {
    this.idle = this.idle.filter(({ alive }) => alive);
    return this.idle.shift() ?? this.start();
  }

  giveBack(worker: WorkerProcess<Item, Settings, Result>): void {
    this.idle.push(worker);
  }

  start(): WorkerProcess<Item, Settings, Result> {
    if (this.all.size === 0) process.on('exit', this.onExit);
    const worker = new WorkerProcess<Item, Settings, Result>(this.script);
    this.all.add(worker);
    void worker.gone.then(() => {
      this.all.delete(worker);
      if (this.all.size === 0) process.off('exit', this.onExit);
    });
    return worker;
  }

  async close(): Promise<void> {
    await Promise.all([...this.all].map((worker) => worker.end()));
  }
}

/** Where one process at a time works for a run: when it dies, the next takes its place. */
class Place<Item, Settings extends WorkerSettings, Result> {
  private worker: WorkerProcess<Item, Settings, Result> | undefined;
  private readonly oneByOne = pLimit(1);

  constructor(
    private readonly processes: Processes<Item, Settings, Result>,
    private readonly settings: Settings,
    private readonly blamed: (item: Item, message: string) => Result,
    private readonly stop: AbortSignal,
  ) {}

  /** @returns undefined where the run was stopped before it was clear whether a photo is to blame for a death */
  async judge(photo: Item): Promise<Result | undefined> {
    if (this.worker?.alive !== true) this.worker = this.processes.take();
    try {
      return await this.worker.judge(photo, this.settings, { afterLoading: false });
    } catch (error) {
      if (!(error instanceof WorkerDeath)) throw error;
      if (error.alone && error.how !== 'crash') return this.blamed(photo, describeDeath(error.how, this.settings));
      // Which of its photos killed the process is found out by giving each a process of its own.
      return this.oneByOne(() => this.judgeAlone(photo));
    }
  }

  private async judgeAlone(photo: Item): Promise<Result | undefined> {
    let starts = 0;
    for (let tries = 1; !this.stop.aborted;) {
      const worker = this.processes.start();
      try {
        return await worker.judge(photo, this.settings, { afterLoading: true });
      } catch (error) {
        if (!(error instanceof WorkerDeath)) throw error;
        if (!error.ready && error.how !== 'memory') {
          starts += 1;
          if (starts === failedStarts) {
            throw new Error('Worker processes end before their nets are loaded. Does pipeline doctor find something?', { cause: error });
          }
          continue;
        }
        if (tries >= triesAlone[error.how]) return this.blamed(photo, describeDeath(error.how, this.settings));
        tries += 1;
      } finally {
        await worker.end();
      }
    }
    return undefined;
  }

  /** The run is over: the process is for the next one. */
  leave(): void {
    if (this.worker !== undefined) this.processes.giveBack(this.worker);
    this.worker = undefined;
  }
}

function describeDeath(how: DeathCause, { config: { run } }: WorkerSettings): string {
  const what = {
    crash: 'Reading this photo made the worker process crash',
    deadline: `This photo took more than ${String(run.photo_seconds)} seconds (run.photo_seconds)`,
    memory: `This photo took more than ${String(run.photo_megabytes)} MB of memory (run.photo_megabytes)`,
  }[how];
  return `${what}; the run went on without it.`;
}
