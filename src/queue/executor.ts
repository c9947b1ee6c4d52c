/**
 * Hands photos to the workers of other machines, and takes what they found: the executor of a run with `--queue`.
 *
 * A batch of photos is a job of BullMQ, which gives it to one worker at a time and takes it back from one that is not heard of any
 * more. What the job stands for lies in two hashes beside: the photos of each batch that is not back yet, and the results that
 * nobody has taken yet. So whatever is lost on the way, a job, a piece of news, all that the server knew, is noticed by comparing with
 * what this process waits for, and handed out again; what comes twice is taken once.
 */
import { iterate } from '../run/pool.js';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { errorResult, type PhotoFile, type PhotoResult } from '../core/result.js';
import { UsageError } from '../core/usage-error.js';
import type { Config } from '../pipeline/config.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import type { PhotoExecutor } from '../run/executor.js';
import { describeJudge, type Judge } from '../run/fingerprint.js';
import { batchText, parseBatch, unpackResults, type HandedPhoto } from './batch.js';
import type { QueueConnection } from './connection.js';
import { pathBelow } from './root.js';
import { openJobs, forgetRun, jobNames, runKeys, runsKey, type RunKeys, type RunRecord } from './run-record.js';
import { whenThereIsRoom } from './room.js';

export interface QueueExecutorOptions {
  readonly connection: QueueConnection;
  readonly settings: Config['queue'];
  /** The folder that workers know as their root; all photos lie below it. */
  readonly root: string;
  /** Hand everything out and wait for nothing. */
  readonly leave: boolean;
  /** Called with what the person should know: who does not take part, and why. */
  readonly onNote: (note: string) => void;
}

export interface QueueExecutor extends PhotoExecutor {
  /** Photos that came back, by who judged them. */
  readonly shares: ReadonlyMap<string, number>;
}

/** The executor; its connection stays its caller's. */
export function createQueueExecutor(options: QueueExecutorOptions): QueueExecutor {
  const shares = new Map<string, number>();
  return {
    mostAhead: options.settings.ahead,
    shares,
    prepare: () => undefined,
    run: async (photos, settings, onResult, signal, name = randomUUID()) => {
      const judge = await describeJudge(settings.config);
      const run = new HandedOutRun(options, { name, settings, judge, onResult, signal, shares });
      await run.begin();
      try {
        await run.handOut(photos);
        if (!options.leave) await run.back();
      } finally {
        await run.end();
      }
    },
    close: () => Promise.resolve(),
  };
}

interface RunParts {
  readonly name: string;
  readonly settings: PhotoSettings;
  readonly judge: Judge;
  readonly onResult: (index: number, result: PhotoResult) => void;
  readonly signal: AbortSignal;
  readonly shares: Map<string, number>;
}

/** Photos that were handed out together and are not back. */
interface HandedBatch {
  readonly photos: readonly HandedPhoto[];
  /** For each photo the number under which it was taken; undefined where it is another run's of before, and nobody waits for it. */
  readonly numbers: (number | undefined)[];
  /** Its worker does nothing else meanwhile. */
  readonly alone: boolean;
  /** It lies on the server, as far as is known. */
  isOut: boolean;
}

/** A photo of a batch that was handed out before this process began. */
interface Found {
  readonly id: string;
  readonly place: number;
}

/** Milliseconds that photos wait for others to fill their batch with. */
const batchWait = 20;
/** Milliseconds between two comparisons of what is waited for with what there is. */
const compareInterval = 2000;
const compareIntervalAtEnd = 300;
/** Milliseconds without a worker after which that is said. */
const lonelyAfter = 10_000;
/** Milliseconds that clearing up may take. What is left then is cleared away by workers, in time. */
const clearTime = 5000;
/** Photos by which workers know the root. */
const sampleCount = 5;

class HandedOutRun {
  private readonly client: Redis;
  private readonly keys: RunKeys;
  private readonly queue: Queue;
  /** Hears of batches that are back; a connection that listens can do nothing else. */
  private readonly ear: Redis;
  private readonly batches = new Map<string, HandedBatch>();
  private readonly earlier = new Map<string, Found>();
  private readonly refused = new Set<string>();
  private readonly due = new Set<string>();
  private readonly samples: HandedPhoto[] = [];
  private isKnown = false;
  private collecting: Promise<void> | undefined;
  private failure: Error | undefined;
  private wake: () => void = () => undefined;
  private taken = 0;
  private isComplete = false;
  private lastMove = performance.now();
  private isLonely = false;
  private readonly closing = new AbortController();
  private comparing: Promise<void> = Promise.resolve();

  constructor(private readonly options: QueueExecutorOptions, private readonly run: RunParts) {
    this.client = options.connection.client;
    this.keys = runKeys(run.name);
    this.queue = openJobs(this.client, run.name);
    this.ear = this.client.duplicate();
    // Failures of a connection are told by whoever opened it.
    this.ear.on('error', () => undefined);
    this.ear.on('message', (_channel, id) => { this.collect(id); });
  }

  /** Finds out what an earlier process has handed out for this run. */
  async begin(): Promise<void> {
    let cursor = '0';
    do {
      const [next, fields] = await this.client.hscan(this.keys.batches, cursor, 'COUNT', 200);
      cursor = next;
      for (let at = 0; at + 1 < fields.length; at += 2) this.find(fields[at] ?? '', parseBatch(fields[at + 1] ?? '') ?? []);
    } while (cursor !== '0');
    if (!this.options.leave) await this.ear.subscribe(this.keys.done);
    this.comparing = this.keepComparing();
  }

  private find(id: string, photos: readonly HandedPhoto[]): void {
    this.batches.set(id, { photos, numbers: photos.map(() => undefined), alone: false, isOut: true });
    for (const [place, photo] of photos.entries()) this.earlier.set(batchText([photo]), { id, place });
  }

  /** Hands all photos out, as they come. */
  async handOut(photos: AsyncIterable<PhotoFile> | Iterable<PhotoFile>): Promise<void> {
    const source = iterate(photos);
    const onAbort = (): void => { void source.return?.(); };
    this.run.signal.addEventListener('abort', onAbort);
    let open: { readonly photos: HandedPhoto[]; readonly numbers: number[] } = { photos: [], numbers: [] };
    const touched = new Set<string>();
    const flush = async (): Promise<void> => {
      for (const id of touched) {
        const { photos: found = [], numbers: known = [] } = this.batches.get(id) ?? {};
        await this.introduce(found.filter((_, place) => known[place] !== undefined));
        this.collect(id);
      }
      touched.clear();
      const { photos: full, numbers } = open;
      open = { photos: [], numbers: [] };
      if (full.length > 0) await this.send(full, numbers, { alone: false });
    };
    try {
      for (let coming = Promise.resolve(source.next()); ;) {
        // Who gives photos may wait for those that wait here: nobody waits for a full batch.
        if (open.photos.length + touched.size > 0 && !await isSoon(coming, batchWait)) await flush();
        const next = await coming;
        if (next.done === true || this.run.signal.aborted || this.failure !== undefined) break;
        const photo = this.handed(next.value);
        const number = this.taken;
        this.taken += 1;
        const found = this.earlier.get(batchText([photo]));
        const batch = found === undefined ? undefined : this.batches.get(found.id);
        if (found !== undefined && batch !== undefined) {
          batch.numbers[found.place] = number;
          touched.add(found.id);
          if (found.place === batch.photos.length - 1) await flush();
        } else {
          open.photos.push(photo);
          open.numbers.push(number);
          if (open.photos.length >= this.options.settings.batch) await flush();
        }
        coming = Promise.resolve(source.next());
      }
      if (!this.run.signal.aborted) await flush();
    } finally {
      this.run.signal.removeEventListener('abort', onAbort);
    }
    this.earlier.clear();
    await this.dropUnwanted();
    if (this.failure !== undefined) throw this.failure;
  }

  /** What an earlier process has handed out and nobody waits for any more is not judged: a worker finds nothing to do. */
  private async dropUnwanted(): Promise<void> {
    const unwanted = [...this.batches].filter(([, { numbers }]) => numbers.every((number) => number === undefined)).map(([id]) => id);
    for (const id of unwanted) this.batches.delete(id);
    if (unwanted.length > 0) await this.client.hdel(this.keys.batches, ...unwanted);
  }

  private handed({ photo, path, content, part, looks }: PhotoFile): HandedPhoto {
    if (content !== undefined) throw new UsageError(`${photo} is no file; only what lies in a folder that all machines see can be handed to a queue.`);
    const below = pathBelow(this.options.root, path);
    return { photo, path: below, ...(looks === undefined ? {} : { size: looks.size, modified: looks.modified }), ...(part === undefined ? {} : { part }) };
  }

  private async send(photos: readonly HandedPhoto[], numbers: readonly (number | undefined)[], { alone }: { readonly alone: boolean }): Promise<void> {
    await this.introduce(photos);
    const id = randomUUID();
    const batch: HandedBatch = { photos, numbers: [...numbers], alone, isOut: false };
    this.batches.set(id, batch);
    await this.put(id, batch, { first: alone });
    if (this.options.leave) this.batches.delete(id);
  }

  /** @param first before all that wait: others wait for these */
  private async put(id: string, batch: HandedBatch, { first }: { readonly first: boolean }): Promise<void> {
    await whenThereIsRoom(async () => {
      await this.client.hset(this.keys.batches, id, batchText(batch.photos));
      await this.queue.add(batch.alone ? jobNames.alone : jobNames.batch, null, { jobId: id, lifo: first });
    }, this.options.onNote);
    batch.isOut = true;
  }

  /** Says for the first time that there is this run; workers know its folder by some of these photos. */
  private async introduce(photos: readonly HandedPhoto[]): Promise<void> {
    if (this.isKnown) return;
    this.samples.push(...photos.filter(({ size }) => size !== undefined).slice(0, sampleCount));
    await this.register();
    this.isKnown = true;
  }

  /** Says that there is this run, and that somebody waits for it. */
  private async register(): Promise<void> {
    const { judge, settings: { config, previews = false } } = this.run;
    const record: RunRecord = {
      host: hostname(), root: this.options.root, touched: Date.now(), judge, config, previews, samples: this.samples,
    };
    await whenThereIsRoom(() => this.client.hset(runsKey, this.run.name, JSON.stringify(record)), this.options.onNote);
  }

  /** Waits until everything that was handed out is back. */
  async back(): Promise<void> {
    if (this.run.signal.aborted) await this.queue.drain();
    else this.run.signal.addEventListener('abort', () => { this.queue.drain().catch((error: unknown) => { this.fail(error); }); }, { once: true });
    while (this.batches.size > 0 && this.failure === undefined) await new Promise<void>((resolve) => { this.wake = resolve; });
    if (this.failure !== undefined) throw this.failure;
    this.isComplete = true;
  }

  async end(): Promise<void> {
    this.closing.abort();
    this.ear.disconnect();
    const clear = async (): Promise<void> => {
      await this.comparing;
      await this.queue.close();
      if (this.isComplete) await forgetRun(this.client, this.run.name);
    };
    await Promise.race([clear().catch(() => undefined), wait(clearTime, undefined, { ref: false })]);
  }

  /** Looks soon whether a batch is back. */
  private collect(id: string): void {
    if (!this.batches.has(id)) return;
    this.due.add(id);
    this.collecting ??= this.collectAll().catch((error: unknown) => { this.fail(error); }).finally(() => { this.collecting = undefined; });
  }

  private async collectAll(): Promise<void> {
    while (this.due.size > 0) {
      const ids = [...this.due].slice(0, 32);
      for (const id of ids) this.due.delete(id);
      const found = await this.client.hmgetBuffer(this.keys.results, ...ids);
      const done: string[] = [];
      for (const [at, id] of ids.entries()) {
        const bytes = found[at];
        if (bytes === null || bytes === undefined) continue;
        await this.take(id, bytes);
        done.push(id);
      }
      if (done.length > 0) await this.client.pipeline().hdel(this.keys.batches, ...done).hdel(this.keys.results, ...done).exec();
    }
  }

  private async take(id: string, bytes: Buffer): Promise<void> {
    const found = await unpackResults(bytes);
    const batch = this.batches.get(id);
    if (batch === undefined) return;
    const { photos, numbers } = batch;
    this.forget(id);
    const fits = found !== undefined && found.results.length === photos.length && found.results.every(({ photo }, at) => photo === photos[at]?.photo);
    const worker = fits ? found.worker : undefined;
    for (const [at, photo] of photos.entries()) {
      const number = numbers[at];
      const result = fits ? found.results[at] : undefined;
      if (number === undefined) continue;
      this.run.onResult(number, result ?? rowOf(photo, 'What a worker sent of this photo is no result; the run went on without it.'));
      if (worker !== undefined) this.run.shares.set(worker, (this.run.shares.get(worker) ?? 0) + 1);
    }
  }

  private forget(id: string): void {
    this.batches.delete(id);
    this.lastMove = performance.now();
    this.isLonely = false;
    if (this.batches.size === 0) this.wake();
  }

  private fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
    this.wake();
  }

  private async keepComparing(): Promise<void> {
    for (;;) {
      const interval = this.run.signal.aborted ? compareIntervalAtEnd : compareInterval;
      if (!await wait(interval, true, { signal: this.closing.signal }).catch(() => false)) return;
      await this.compare().catch((error: unknown) => { this.fail(error); });
    }
  }

  /** Compares what is waited for with what there is: news can be missed, and a server can lose everything. */
  private async compare(): Promise<void> {
    if (this.isKnown) await this.register();
    await this.tellRefusals();
    const out = [...this.batches].filter(([, { isOut }]) => isOut).map(([id]) => id);
    if (out.length === 0) return;
    const looks = this.client.pipeline();
    for (const id of out) looks.hget(this.queue.toKey(id), 'failedReason').exists(this.queue.toKey(id)).hexists(this.keys.results, id);
    const replies = await looks.exec() ?? [];
    // A server that cannot say is asked again later.
    if (replies.some(([error]) => error !== null)) return;
    const answers = replies.map(([, answer]) => answer);
    for (const [at, id] of out.entries()) {
      const [reason, exists, isBack] = answers.slice(at * 3, at * 3 + 3);
      const batch = this.batches.get(id);
      if (batch === undefined) continue;
      if (isBack === 1) this.collect(id);
      else if (exists !== 1) await this.missing(id, batch);
      else if (typeof reason === 'string') await this.lost(id, batch);
    }
    await this.tellLoneliness();
  }

  /** There is neither a job nor a result: the server has forgotten it, or the run is being stopped. */
  private async missing(id: string, batch: HandedBatch): Promise<void> {
    // A job ends after its result is written and its result goes after it is taken: one more look tells.
    const bytes = await this.client.hgetBuffer(this.keys.results, id);
    if (bytes !== null) this.collect(id);
    else if (!this.batches.has(id)) return;
    else if (this.run.signal.aborted) this.forget(id);
    else await this.put(id, batch, { first: true });
  }

  /** Its workers were not heard of any more, as often as may be. Which photo it was is found out by handing each out alone. */
  private async lost(id: string, { photos, numbers, alone }: HandedBatch): Promise<void> {
    await this.queue.remove(id);
    await this.client.pipeline().hdel(this.keys.batches, id).hdel(this.keys.begun, id).exec();
    for (const [at, photo] of photos.entries()) {
      const number = numbers[at];
      if (number === undefined) continue;
      if (!alone) await this.send([photo], [number], { alone: true });
      else this.run.onResult(number, rowOf(photo, lostSentence(this.options.settings)));
    }
    this.forget(id);
  }

  private async tellRefusals(): Promise<void> {
    for (const [worker, sentence] of Object.entries(await this.client.hgetall(this.keys.refusals))) {
      const note = `The worker ${worker} does not take part. ${sentence}`;
      if (!this.refused.has(note)) this.options.onNote(note);
      this.refused.add(note);
    }
  }

  private async tellLoneliness(): Promise<void> {
    if (this.isLonely || performance.now() - this.lastMove < lonelyAfter || await this.queue.getActiveCount() > 0) return;
    this.isLonely = true;
    this.options.onNote('No worker takes photos of this run. On each machine: pipeline worker --queue ADDRESS --root FOLDER.');
  }
}

function rowOf({ photo, path }: HandedPhoto, error: string): PhotoResult {
  return errorResult({ photo, path }, error);
}

function lostSentence({ tries, lost_seconds: seconds }: Config['queue']): string {
  return `Whoever judged this photo was not heard of for ${String(seconds)} seconds, ${String(tries)} time(s) with others and ${String(tries)} alone `
    + '(queue.tries); the run went on without it.';
}

/** Whether a promise is fulfilled within some milliseconds. @throws as it does */
async function isSoon(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      promise.then(() => true),
      new Promise<boolean>((resolve) => { timer = setTimeout(() => { resolve(false); }, milliseconds); }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
