/**
 * Measures where a photo's time goes.
 */
import type { StageTimes } from '../core/result.js';

/** Adds up milliseconds by stage name. */
export class StageClock {
  private readonly milliseconds: Record<string, number> = {};

  /** Runs `work` and books its time under `stage`. */
  async time<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.add(stage, performance.now() - start);
    }
  }

  /** Books milliseconds that were measured elsewhere. */
  add(stage: string, milliseconds: number): void {
    this.milliseconds[stage] = (this.milliseconds[stage] ?? 0) + milliseconds;
  }

  /** Milliseconds by stage, rounded to microseconds. */
  times(): StageTimes {
    return Object.fromEntries(Object.entries(this.milliseconds).map(([stage, ms]) => [stage, Math.round(ms * 1000) / 1000]));
  }
}
