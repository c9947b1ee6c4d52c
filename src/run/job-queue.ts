/**
 * Photos that wait to be judged, and who waits for their results.
 */
import type { PhotoFile, PhotoResult } from '../core/result.js';

/** A photo that somebody waits for. */
interface Job {
  readonly photo: PhotoFile;
  readonly resolve: (result: PhotoResult) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * First in, first out. Photos are taken one by one as an executor asks for them; whoever asks while there is none waits.
 */
export class JobQueue implements AsyncIterable<PhotoFile> {
  private readonly waiting: Job[] = [];
  /** By the number under which the executor knows it. */
  private readonly taken = new Map<number, Job>();
  private readonly takers: ((next: IteratorResult<PhotoFile, undefined>) => void)[] = [];
  private count = 0;
  private ended = false;

  /**
   * Adds a photo.
   * @param signal takes it out again while it waits; a photo in work is finished, but nobody hears of it
   * @throws what the queue ends with, or the reason of the signal
   */
  add(photo: PhotoFile, signal?: AbortSignal): Promise<PhotoResult> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const onAbort = (): void => {
        const place = this.waiting.indexOf(job);
        if (place >= 0) this.waiting.splice(place, 1);
        reject(asError(signal?.reason));
      };
      const job: Job = {
        photo,
        resolve: (result) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(result);
        },
        reject: (error) => {
          signal?.removeEventListener('abort', onAbort);
          reject(asError(error));
        },
      };
      signal?.addEventListener('abort', onAbort);
      this.waiting.push(job);
      this.serve();
    });
  }

  /** Hands on the result of the photo that was taken under this number. */
  settle(number: number, result: PhotoResult): void {
    this.taken.get(number)?.resolve(result);
    this.taken.delete(number);
  }

  /** Nobody judges any more: whoever still waits is told why. */
  end(error: unknown): void {
    this.ended = true;
    for (const job of [...this.waiting.splice(0), ...this.taken.values()]) job.reject(error);
    this.taken.clear();
    this.serve();
  }

  [Symbol.asyncIterator](): AsyncIterator<PhotoFile, undefined> {
    return {
      next: () => new Promise((resolve) => {
        this.takers.push(resolve);
        this.serve();
      }),
      return: () => {
        this.ended = true;
        this.serve();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  /** Brings together who waits for a photo and what waits to be taken. */
  private serve(): void {
    while (this.takers.length > 0 && (this.ended || this.waiting.length > 0)) {
      const taker = this.takers.shift();
      const job = this.ended ? undefined : this.waiting.shift();
      if (job !== undefined) {
        this.taken.set(this.count, job);
        this.count += 1;
      }
      taker?.(job === undefined ? { done: true, value: undefined } : { done: false, value: job.photo });
    }
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
