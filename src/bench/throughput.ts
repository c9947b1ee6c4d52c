/**
 * Photos a second: the whole pipeline and bare decoding, with any number of workers, in alternating rounds.
 */
import type { Config } from '../pipeline/config.js';
import { createPool } from '../run/pool.js';
import type { PhotoFile } from '../core/result.js';
import { createDecodePool } from './decode-pool.js';

/** Photos a second of each round, one value a round in every list. */
export interface Throughput {
  readonly decodeOnly: readonly number[];
  /** By number of workers. */
  readonly pipeline: ReadonlyMap<number, readonly number[]>;
}

/** Photos that each worker gets in a round at least, so that its start and its end weigh little. */
const photosPerWorker = 36;

/**
 * Measures a set of photos. Every round measures each way once; the first round, in which nets are loaded and code is
 * compiled, does not count.
 * @param workers numbers of workers to measure; the last is what bare decoding gets too
 * @throws if a photo cannot be read
 */
export async function measureThroughput(
  photos: readonly PhotoFile[], config: Config, workers: readonly number[], rounds: number,
): Promise<Throughput> {
  const most = workers.at(-1) ?? 1;
  const decoder = createDecodePool(config.image, most);
  const pool = createPool();
  const decodeOnly: number[] = [];
  const pipeline = new Map<number, number[]>(workers.map((count) => [count, []]));
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const bare = repeated(photos, most);
      const decodeRate = await rate(bare.length, () => decoder.run(bare.map(({ path }) => path)));
      if (round > 0) decodeOnly.push(decodeRate);
      for (const count of workers) {
        const batch = repeated(photos, count);
        const settings = { config: { ...config, run: { ...config.run, workers: count } } };
        const pipelineRate = await rate(batch.length, () => pool.run(batch, settings, (_, { photo, error }) => {
          if (error !== undefined) throw new Error(`${photo}: ${error}`);
        }, new AbortController().signal));
        if (round > 0) pipeline.get(count)?.push(pipelineRate);
      }
    }
  } finally {
    await Promise.all([decoder.close(), pool.close()]);
  }
  return { decodeOnly, pipeline };
}

/** The photos over and over, whole sets, until there are enough. */
function repeated(photos: readonly PhotoFile[], workers: number): PhotoFile[] {
  const times = Math.max(1, Math.ceil((photosPerWorker * workers) / photos.length));
  return Array.from({ length: times }, () => photos).flat();
}

async function rate(photos: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (photos * 1000) / (performance.now() - start);
}
