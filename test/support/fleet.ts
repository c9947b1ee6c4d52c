/**
 * Runs and workers of a queue in the process of the test: it decides when a photo is done, and sees what each of them says.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PhotoFile, PhotoResult } from '../../src/core/result.js';
import { loadConfig, type Config } from '../../src/pipeline/config.js';
import { readAddress } from '../../src/queue/address.js';
import { connectQueue, type QueueConnection } from '../../src/queue/connection.js';
import { createQueueExecutor } from '../../src/queue/executor.js';
import { serveQueue } from '../../src/queue/worker.js';
import type { PhotoExecutor } from '../../src/run/executor.js';
import { afterAll, beforeAll } from 'vitest';
import { TestRedis } from './redis.js';

/** A worker, what it says, and the photos that it has begun, in this order. */
export interface FleetWorker {
  readonly notes: readonly string[];
  readonly begun: readonly string[];
  /** Lets it finish what is begun. */
  stop(): Promise<void>;
}

/** A run, what it says, and what came back, by the place of the photo. */
export interface FleetRun {
  readonly notes: readonly string[];
  readonly results: ReadonlyMap<number, PhotoResult>;
  /** Fulfilled when the run is over. */
  readonly over: Promise<void>;
}

export interface FleetRunOptions {
  readonly queue?: Partial<Config['queue']>;
  /** Hand everything out and wait for nothing. */
  readonly leave?: boolean;
  /** Whether the files of the photos were looked at. */
  readonly looks?: boolean;
  /** Ends the run as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/** Names of photos of the database, `NAME-0.jpg` and so on. */
export function photoNames(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, number) => `${name}-${String(number)}.jpg`);
}

/** What a photo that was looked at comes back with. */
export function seen({ photo }: PhotoFile): PhotoResult {
  return { photo, status: 'no_face', width: 4, height: 3, faces: [], verdict: 'review', reasons: [`looked at ${photo}`], times: {} };
}

/** All that works on one database of a server, which has 16. */
export class Fleet {
  /** Where the photos lie. */
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet-test-'));
  private readonly connections: QueueConnection[] = [];
  private readonly workers: FleetWorker[] = [];

  constructor(private readonly redis: TestRedis, private readonly database = 0) {}

  /** What `redis-cli` says. */
  ask(...command: readonly string[]): string {
    return this.redis.ask('-n', String(this.database), ...command);
  }

  /** @param judge what it does with a photo; as fast as can be where nothing is said */
  async worker(judge: (photo: PhotoFile) => PhotoResult | Promise<PhotoResult> = seen): Promise<FleetWorker> {
    const notes: string[] = [];
    const begun: string[] = [];
    const stop = new AbortController();
    const onNote = (note: string): void => { notes.push(note); };
    const executor = judgingBy((photo) => {
      begun.push(photo.photo);
      return judge(photo);
    });
    const work = serveQueue({
      connection: await this.connect(onNote), executor, root: this.folder, config: loadConfig(undefined, ['run.workers=2']), onNote, signal: stop.signal,
    });
    const worker: FleetWorker = {
      notes, begun,
      stop: async () => {
        stop.abort();
        await work;
      },
    };
    this.workers.push(worker);
    return worker;
  }

  /** @param photos names; those that are not there are made first */
  async run(name: string, photos: readonly string[], { queue = {}, leave = false, looks = true, signal = new AbortController().signal }: FleetRunOptions = {}): Promise<FleetRun> {
    const notes: string[] = [];
    const results = new Map<number, PhotoResult>();
    const onNote = (note: string): void => { notes.push(note); };
    const config = loadConfig({ queue: { batch: 4, lost_seconds: 1, ...queue } });
    const executor = createQueueExecutor({ connection: await this.connect(onNote), settings: config.queue, root: this.folder, leave, onNote });
    mkdirSync(this.folder, { recursive: true });
    const files = photos.map((photo) => ({ path: join(this.folder, photo), photo, ...(looks ? { looks: { size: 7, modified: 1 } } : {}) }));
    for (const { path } of files) writeFileSync(path, 'a photo');
    const over = executor.run(files, { config }, (place, result) => { results.set(place, result); }, signal, name);
    return { notes, results, over };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.workers.map((worker) => worker.stop()));
    for (const { close } of this.connections) close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async connect(onNote: (note: string) => void): Promise<QueueConnection> {
    const connection = await connectQueue(readAddress(`redis://127.0.0.1:${String(this.redis.port)}/${String(this.database)}`, {}), { onNote });
    this.connections.push(connection);
    return connection;
  }
}

function judgingBy(judge: (photo: PhotoFile) => PhotoResult | Promise<PhotoResult>): PhotoExecutor {
  return {
    mostAhead: 512,
    prepare: () => undefined,
    close: () => Promise.resolve(),
    run: async (photos, _settings, onResult) => {
      const work: Promise<void>[] = [];
      for await (const photo of photos) {
        const number = work.length;
        work.push(Promise.resolve(judge(photo)).then((result) => { onResult(number, result); }));
      }
      await Promise.all(work);
    },
  };
}

/** A server for the tests of a suite, called inside it. @returns what opens a fleet, each with a database of its own */
export function useFleets(): () => Fleet {
  let redis: TestRedis;
  const fleets: Fleet[] = [];
  beforeAll(async () => { redis = await TestRedis.start(); });
  afterAll(async () => {
    for (const fleet of fleets) await fleet.close();
    await redis.remove();
  });
  return () => {
    const fleet = new Fleet(redis, fleets.length);
    fleets.push(fleet);
    return fleet;
  };
}
