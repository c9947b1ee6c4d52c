/**
 * Worker processes, one a core: onnxruntime-node blocks the thread that calls it, and a native crash must not end a run.
 */
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import workerpool, { type Pool } from 'workerpool';
import { workerScript } from '../files/package.js';
import type { Config } from '../config/schema.js';
import { errorResult, type PhotoFile, type PhotoResult } from '../core/result.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import { workerEnvironment } from './worker-memory.js';

/** A few photos for one worker. */
export interface PhotoJob {
  readonly photos: readonly PhotoFile[];
  readonly settings: PhotoSettings;
}

/** A worker's answer for one photo of its job. */
export interface PhotoMessage {
  readonly index: number;
  readonly result: PhotoResult;
}

export interface PhotoPool {
  /** Starts a process already, for the first photos: it gets ready while its caller does. */
  prepare(): void;
  /**
   * Judges photos, several at once; `settings.config.run.workers` says how many processes share them.
   * @param onResult called once a photo, in any order, with its index in `photos`
   * @param signal after its abort no further photos are begun
   * @throws if the nets cannot be loaded
   */
  run(
    photos: readonly PhotoFile[],
    settings: PhotoSettings,
    onResult: (index: number, result: PhotoResult) => void,
    signal: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
}

/** Photos that one job carries at most: enough to keep a worker busy, few enough to stop soon. */
const jobSize = 16;

/** Number of workers for the setting `run.workers`. */
export function workerCount(setting: Config['run']['workers']): number {
  return setting === 'auto' ? availableParallelism() : setting;
}

/** Milliseconds that a process has for ending by itself, at `close`. */
const endTimeout = 100;

/**
 * A pool; its processes start with the first photos.
 * @param script what the processes run: a module that serves `photos` through workerpool, as worker.ts does
 */
export function createPool(script = workerScript('worker')): PhotoPool {
  let started: Pool | undefined;
  const processes = (): Pool => started ??= workerpool.pool(script, {
    workerType: 'process',
    minWorkers: 1,
    // One a job, which `run` limits.
    maxWorkers: Number.MAX_SAFE_INTEGER,
    workerTerminateTimeout: endTimeout,
    // The default serialization, JSON, has no bytes; previews are bytes.
    forkOpts: { serialization: 'advanced', env: workerEnvironment() },
  });

  const runJob = async (
    job: PhotoJob,
    onResult: (index: number, result: PhotoResult) => void,
  ): Promise<void> => {
    await processes().exec('photos', [job], {
      on: (message: PhotoMessage) => { onResult(message.index, message.result); },
    });
  };

  /** A job whose worker died is repeated photo by photo, to find the one that killed it. */
  const runAlone = async (
    photo: PhotoFile, settings: PhotoSettings, onResult: (result: PhotoResult) => void,
  ): Promise<void> => {
    try {
      await runJob({ photos: [photo], settings }, (_, result) => { onResult(result); });
    } catch (error) {
      if (!isCrash(error)) throw error;
      onResult(errorResult(photo, 'Reading this photo made the worker process crash; the run went on without it.'));
    }
  };

  return {
    prepare: processes,
    run: async (photos, settings, onResult, signal) => {
      const workers = workerCount(settings.config.run.workers);
      const size = Math.max(1, Math.min(jobSize, Math.ceil(photos.length / (workers * 2))));
      const starts = Array.from({ length: Math.ceil(photos.length / size) }, (_, job) => job * size);
      const limit = pLimit(workers);
      await Promise.all(starts.map((start) => limit(async () => {
        if (signal.aborted) return;
        const mine = photos.slice(start, start + size);
        const missing = new Set(mine.keys());
        try {
          await runJob({ photos: mine, settings }, (index, result) => {
            missing.delete(index);
            onResult(start + index, result);
          });
        } catch (error) {
          if (!isCrash(error)) throw error;
          for (const index of missing) {
            const photo = mine[index];
            if (photo !== undefined && !signal.aborted) await runAlone(photo, settings, (result) => { onResult(start + index, result); });
          }
        }
      })));
    },
    close: async () => { await started?.terminate(); },
  };
}

function isCrash(error: unknown): boolean {
  return error instanceof Error && /terminated unexpectedly|exited unexpectedly/i.test(error.message);
}
