/**
 * The order of a report: results are written one after the other, however they arrive.
 */
import type { PhotoResult } from '../core/result.js';

/** Writes results in the order of their index. */
export class OrderedWriting {
  private readonly waiting = new Map<number, () => Promise<PhotoResult>>();
  private next = 0;
  private written = 0;
  private writing = Promise.resolve();
  private wake: () => void = () => undefined;

  /**
   * @param most results that may wait for being written, be it for an earlier one
   * @param stop after its abort nobody is kept waiting for room
   * @param onFailure called when a result cannot be written; what it was is thrown by `done`
   */
  constructor(
    private readonly write: (result: PhotoResult) => Promise<void>,
    private readonly most: number,
    private readonly stop: AbortSignal,
    private readonly onFailure: () => void,
  ) {
    stop.addEventListener('abort', () => { this.wake(); });
  }

  /** Waits until few enough results are on their way for another one. For one caller at a time. */
  async roomFor(index: number): Promise<void> {
    while (index >= this.written + this.most && !this.stop.aborted) {
      await new Promise<void>((resolve) => { this.wake = resolve; });
    }
  }

  take(index: number, result: () => Promise<PhotoResult>): void {
    this.waiting.set(index, result);
    for (let ready = this.waiting.get(this.next); ready !== undefined; ready = this.waiting.get(this.next)) {
      this.waiting.delete(this.next);
      this.next += 1;
      this.enqueue(ready);
    }
  }

  /** Waits until everything that can be is written. @throws as writing did */
  async done(): Promise<void> {
    await this.writing;
  }

  private enqueue(result: () => Promise<PhotoResult>): void {
    this.writing = this.writing.then(async () => {
      await this.write(await result());
      this.written += 1;
      this.wake();
    });
    this.writing.catch(this.onFailure);
  }
}
