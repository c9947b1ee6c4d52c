/**
 * Bare decoding in as many processes as the pipeline has workers.
 */
import workerpool from 'workerpool';
import { workerScript } from '../files/package.js';
import type { Config } from '../pipeline/config.js';
import { workerEnvironment } from '../run/worker-memory.js';

/** Photos for one process. Crosses a process boundary: plain data only. */
export interface DecodeJob {
  readonly paths: readonly string[];
  /** The `image` section of the configuration. */
  readonly image: Config['image'];
}

export interface DecodePool {
  /** Opens every photo, in jobs of the size that the pipeline's workers get. */
  run(paths: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Starts a pool; its processes start with the first photos. */
export function createDecodePool(image: Config['image'], workers: number): DecodePool {
  const pool = workerpool.pool(workerScript('decode-worker'), {
    workerType: 'process', maxWorkers: workers, forkOpts: { env: workerEnvironment() },
  });
  return {
    run: async (paths) => {
      const size = Math.max(1, Math.min(16, Math.ceil(paths.length / (workers * 2))));
      const jobs = Array.from({ length: Math.ceil(paths.length / size) }, (_, job): DecodeJob =>
        ({ paths: paths.slice(job * size, (job + 1) * size), image }));
      await Promise.all(jobs.map((job) => pool.exec('decode', [job])));
    },
    close: async () => { await pool.terminate(); },
  };
}
