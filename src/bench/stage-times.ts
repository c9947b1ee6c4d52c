/**
 * Where a photo's time goes: photos one after the other in this process, so that no stage waits for another photo's.
 */
import type { Config } from '../pipeline/config.js';
import { decodePhoto, openPhoto, shrinkFor } from '../image/decode.js';
import { processPhoto } from '../pipeline/photo.js';
import { createStages } from '../pipeline/stages.js';
import type { PhotoFile } from '../core/result.js';
import { collectGarbageLessOften } from '../run/worker-memory.js';
import { csvRows } from '../reports/csv.js';
import type { Peer } from './peers.js';

/** What was measured photo by photo. */
export interface StageMeasurement {
  /** Milliseconds a photo by stage, in the order in which a photo passes them; one value a photo and round. */
  readonly stages: ReadonlyMap<string, readonly number[]>;
  /** Milliseconds a photo, all stages. */
  readonly whole: readonly number[];
  /** Milliseconds a photo of opening it alone. */
  readonly decodeOnly: readonly number[];
  /** The same two in milliseconds of processor time: what remains comparable on a machine that has other work. */
  readonly wholeCpu: readonly number[];
  readonly decodeOnlyCpu: readonly number[];
  /** Milliseconds a photo by peer. */
  readonly peers: ReadonlyMap<string, readonly number[]>;
}

/** The stages in the order in which a photo passes them. */
export const stageNames = ['decode', 'detect', 'landmarks', 'classify', 'blur', 'report'] as const;

/**
 * Measures a set of photos on one thread. In every round each photo goes every way once; the first round does not count.
 * @param peers other tools that look at the same photos
 * @throws if a photo cannot be read
 */
export async function measureStages(
  photos: readonly PhotoFile[], config: Config, peers: readonly Peer[], rounds: number,
): Promise<StageMeasurement> {
  collectGarbageLessOften();
  const stages = new Map<string, number[]>(stageNames.map((name) => [name, []]));
  const [whole, decodeOnly, wholeCpu, decodeOnlyCpu]: [number[], number[], number[], number[]] = [[], [], [], []];
  const peerTimes = new Map<string, number[]>(peers.map(({ name }) => [name, []]));
  const loaded = await createStages(config);
  try {
    for (let round = 0; round <= rounds; round += 1) {
      for (const photo of photos) {
        const bareCpu = processorMilliseconds();
        const bare = await milliseconds(async () => {
          const opened = await openPhoto(photo.path, config.image);
          await decodePhoto(opened, shrinkFor(opened, config.image.decode_side));
        });
        const startCpu = processorMilliseconds();
        const start = performance.now();
        const result = await processPhoto(photo, loaded, { config });
        const judged = performance.now();
        csvRows(result);
        const end = performance.now();
        const endCpu = processorMilliseconds();
        if (result.error !== undefined) throw new Error(`${photo.photo}: ${result.error}`);
        for (const peer of peers) {
          const time = await milliseconds(() => peer.look(photo.path));
          if (round > 0) peerTimes.get(peer.name)?.push(time);
        }
        if (round === 0) continue;
        decodeOnly.push(bare);
        whole.push(end - start);
        decodeOnlyCpu.push(startCpu - bareCpu);
        wholeCpu.push(endCpu - startCpu);
        for (const name of stageNames) stages.get(name)?.push(name === 'report' ? end - judged : result.times[name] ?? 0);
      }
    }
  } finally {
    await loaded.release();
  }
  return { stages, whole, decodeOnly, wholeCpu, decodeOnlyCpu, peers: peerTimes };
}

/** Processor time of this process so far, all its threads. */
function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function milliseconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
