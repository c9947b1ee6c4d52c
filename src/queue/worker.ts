/**
 * Judges the photos that other machines hand out: what `pipeline worker` does until it is ended.
 *
 * It works for one run at a time, with all its processes, and where several runs wait it goes from one to the next.
 */
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';
import { errorResult, type PhotoResult } from '../core/result.js';
import type { Config } from '../pipeline/config.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import type { PhotoExecutor } from '../run/executor.js';
import { JobQueue } from '../run/job-queue.js';
import { photosAProcess, workerCount } from '../run/pool.js';
import { admit, rootProblem, type Admission } from './admission.js';
import { packResults, parseBatch, type HandedPhoto } from './batch.js';
import type { QueueConnection } from './connection.js';
import { whenThereIsRoom } from './room.js';
import { isSeenBelow, placeBelow } from './root.js';
import { countJobs, forgetRun, jobNames, keyPrefix, parseRunRecord, queueName, runKeys, runsKey, type RunRecord } from './run-record.js';

export interface QueueWorkerSettings {
  readonly connection: QueueConnection;
  /** Where the photos are judged. It stays open. */
  readonly executor: PhotoExecutor;
  /** The folder that the runs' photos lie below, as `openRoot` gives it. */
  readonly root: string;
  /** Of this machine: the number of workers and where its models lie. */
  readonly config: Config;
  /** Called with what is worth a line in a log. */
  readonly onNote: (note: string) => void;
  /** Ends the work: what is begun is finished. */
  readonly signal: AbortSignal;
}

/** Milliseconds between two looks for runs. */
const lookInterval = 500;
/** Milliseconds that a run keeps a worker for while others wait. */
const turnTime = 5000;
/** Milliseconds after which a run that nobody has waited for is forgotten: two weeks. */
const forgottenAfter = 14 * 24 * 3600 * 1000;
/** Milliseconds after which a refusal is thought over. */
const refusalTime = 30_000;
/** Times that a batch may be given to another worker: what counts is how often it is begun. */
const mostStalls = 1_000_000;
/** Milliseconds; a timer for more would end at once. */
const longestTimer = 2 ** 31 - 1;

/** A run that this worker may judge. */
interface KnownRun {
  readonly id: string;
  readonly record: RunRecord;
  readonly settings: PhotoSettings;
}

/** What was decided about a run. */
interface Decision {
  /** The record that it was decided by, less what changes while a run lasts. */
  readonly about: string;
  readonly admission: Admission;
  /** Milliseconds, of `performance.now`. */
  readonly at: number;
}

/** How much of a run there is to do. */
interface Load {
  readonly run: KnownRun;
  readonly waiting: number;
  readonly active: number;
}

/**
 * Judges until the signal.
 * @throws where the processes that judge do not come to an end with a batch: another start is needed then
 */
export async function serveQueue(settings: QueueWorkerSettings): Promise<void> {
  await new QueueWorker(settings).serve();
}

class QueueWorker {
  private readonly client: Redis;
  /** By the id of the run. */
  private readonly decisions = new Map<string, Decision>();
  private readonly name = `${hostname()}-${String(process.pid)}`;
  private lastRun = '';

  constructor(private readonly own: QueueWorkerSettings) {
    this.client = own.connection.client;
  }

  async serve(): Promise<void> {
    const { signal } = this.own;
    while (!signal.aborted) {
      const load = this.next(await this.loads());
      if (load === undefined) await wait(lookInterval, undefined, { signal }).catch(() => undefined);
      else await this.turn(load.run);
    }
  }

  /** The run to work for: one with photos that wait, after the one before; else one whose photos might be lost with their worker. */
  private next(loads: readonly Load[]): Load | undefined {
    const inTurn = [...loads].sort((a, b) => Number(a.run.id <= this.lastRun) - Number(b.run.id <= this.lastRun) || (a.run.id < b.run.id ? -1 : 1));
    return inTurn.find(({ waiting }) => waiting > 0) ?? inTurn.find(({ active }) => active > 0);
  }

  /** All runs that this worker may judge. */
  private async loads(): Promise<Load[]> {
    const records = Object.entries(await this.client.hgetall(runsKey));
    const loads: Load[] = [];
    for (const [id, text] of records) {
      const run = await this.know(id, text);
      if (run !== undefined) loads.push({ run, ...await countJobs(this.client, id) });
    }
    for (const id of this.decisions.keys()) if (!records.some(([known]) => known === id)) this.decisions.delete(id);
    return loads;
  }

  private async know(id: string, text: string): Promise<KnownRun | undefined> {
    const record = parseRunRecord(text);
    if (record !== undefined && Date.now() - record.touched > forgottenAfter) {
      this.own.onNote(`The run ${id} of ${record.host} is forgotten: nobody has waited for it for two weeks.`);
      await forgetRun(this.client, id);
      return undefined;
    }
    const admission = await this.decide(id, record, JSON.stringify({ ...record, touched: 0 }));
    return 'refused' in admission || record === undefined ? undefined : { id, record, settings: admission.settings };
  }

  /** Decides whether a run may be judged here; a refusal is thought over now and then: a folder may be mounted meanwhile. */
  private async decide(id: string, record: RunRecord | undefined, about: string): Promise<Admission> {
    const earlier = this.decisions.get(id);
    const wasRefused = earlier !== undefined && 'refused' in earlier.admission;
    if (earlier?.about === about && !(wasRefused && performance.now() - earlier.at > refusalTime)) return earlier.admission;
    const admission = record === undefined ? { refused: 'The run is of another version, which describes it in another way. Install the same version.' }
      : await admit(record, { root: this.own.root, config: this.own.config });
    this.decisions.set(id, { about, admission, at: performance.now() });
    if ('refused' in admission) {
      if (!(wasRefused && 'refused' in earlier.admission && earlier.admission.refused === admission.refused)) await this.refuse(id, record, admission.refused);
    } else if (wasRefused) {
      await this.client.hdel(runKeys(id).refusals, this.name);
    }
    return admission;
  }

  /** Says here and to the run why it is not judged here. */
  private async refuse(id: string, record: RunRecord | undefined, why: string): Promise<void> {
    this.own.onNote(`Run ${id}${record === undefined ? '' : ` of ${record.host}`} is not judged here. ${why}`);
    await whenThereIsRoom(() => this.client.hset(runKeys(id).refusals, this.name, why), this.own.onNote);
  }

  /** Works for a run until it is over, or others wait. */
  private async turn(run: KnownRun): Promise<void> {
    this.lastRun = run.id;
    const start = performance.now();
    const turn = new Turn(run, this.own, this.name);
    try {
      while (!this.own.signal.aborted && turn.trouble === undefined) {
        await wait(lookInterval, undefined, { signal: AbortSignal.any([this.own.signal, turn.ended]) }).catch(() => undefined);
        const loads = await this.loads();
        const mine = loads.find(({ run: { id } }) => id === run.id);
        const others = loads.some(({ run: { id }, waiting }) => id !== run.id && waiting > 0);
        if (mine === undefined || (others && (mine.waiting === 0 || performance.now() - start > turnTime))) break;
        if (mine.waiting + mine.active === 0 && loads.length > 1) break;
      }
    } finally {
      await turn.end();
    }
    const seconds = (performance.now() - start) / 1000;
    if (turn.judged > 0) {
      this.own.onNote(`Run ${run.id} of ${run.record.host}: ${String(turn.judged)} photos in ${seconds.toFixed(1)} s.`);
    }
    if (turn.trouble?.kind === 'fatal') throw new Error(turn.trouble.why);
    if (turn.trouble !== undefined) {
      const about = JSON.stringify({ ...run.record, touched: 0 });
      this.decisions.set(run.id, { about, admission: { refused: turn.trouble.why }, at: performance.now() });
      await this.refuse(run.id, run.record, turn.trouble.why);
    }
  }
}

/** What ends a turn: a run that cannot be judged here, or processes that cannot judge anything any more. */
interface Trouble {
  readonly kind: 'refused' | 'fatal';
  readonly why: string;
}

/** The time that a worker works for one run. */
class Turn {
  judged = 0;
  trouble: Trouble | undefined;
  private readonly over = new AbortController();
  private readonly photos = new JobQueue();
  private readonly company = new Company();
  private readonly jobs: Worker;
  private readonly judging: Promise<void>;
  private readonly client: Redis;

  constructor(private readonly run: KnownRun, private readonly own: QueueWorkerSettings, private readonly name: string) {
    this.client = own.connection.client;
    const { queue, run: { workers } } = run.settings.config;
    this.judging = own.executor.run(this.photos, run.settings, (number, result) => { this.photos.settle(number, result); }, new AbortController().signal)
      .catch((error: unknown) => {
        this.stop({ kind: 'refused', why: error instanceof Error ? error.message : String(error) });
        this.photos.end(error);
      });
    const lost = queue.lost_seconds * 1000;
    this.jobs = new Worker(queueName(run.id), (job, token) => this.company.keep(job.name === jobNames.alone, () => this.judge(job, token)), {
      connection: this.client, prefix: keyPrefix, skipVersionCheck: true,
      // As many batches as keep all processes busy, and one that waits.
      concurrency: Math.ceil(photosAProcess * workerCount(workers) / queue.batch) + 1,
      lockDuration: lost, stalledInterval: lost / 2, maxStalledCount: mostStalls, runRetryDelay: 1000, drainDelay: 2,
    });
    // Failures of the connection are told by whoever opened it; a batch that was lost meanwhile is somebody else's by now.
    this.jobs.on('error', () => undefined);
  }

  /** Aborted where the turn has come to an end by itself. */
  get ended(): AbortSignal {
    return this.over.signal;
  }

  private stop(trouble: Trouble): void {
    this.trouble ??= trouble;
    this.over.abort();
  }

  private async judge(job: Job<unknown>, token: string | undefined): Promise<void> {
    const id = job.id ?? '';
    const { batches, results, begun, done } = runKeys(this.run.id);
    const photos = parseBatch(await this.client.hget(batches, id) ?? '');
    // It has come back from elsewhere meanwhile, or is not wanted any more.
    if (photos === undefined) return;
    const { tries } = this.run.settings.config.queue;
    // Counted by who begins, not by who is missed: a batch that only waited in a worker that ended has done it no harm.
    if (await this.client.hincrby(begun, id, 1) > tries) throw new UnrecoverableError('Its workers have ended.');
    const judged = await this.judgeAll(photos).catch((error: unknown) => {
      this.stop({ kind: 'refused', why: error instanceof Error ? error.message : String(error) });
      return undefined;
    });
    if (judged === undefined) {
      await this.client.hincrby(begun, id, -1);
      await job.moveToWait(token);
      throw new WaitingError();
    }
    const packed = await packResults({ worker: this.name, results: judged });
    await whenThereIsRoom(() => this.client.hset(results, id, packed), this.own.onNote);
    await this.client.pipeline().hdel(begun, id).publish(done, id).exec();
    this.judged += photos.length;
  }

  /** @throws where this machine is not one that could judge the photos */
  private async judgeAll(photos: readonly HandedPhoto[]): Promise<PhotoResult[]> {
    if (this.trouble !== undefined) throw new Error(this.trouble.why);
    const { photo_seconds: seconds } = this.run.settings.config.run;
    // Each photo may take its time three times, alone and with others; what takes longer never ends, as where a disk has gone.
    const most = Math.min(longestTimer, (photos.length * 3 * seconds + 60) * 1000);
    const timer = setTimeout(() => {
      this.stop({ kind: 'fatal', why: `A batch of ${String(photos.length)} photos has not come to an end in ${String(most / 1000)} seconds. Is the disk of ${this.own.root} there?` });
      this.photos.end(new Error('The batch takes too long.'));
    }, most);
    try {
      return await Promise.all(photos.map((photo) => this.judgeOne(photo)));
    } finally {
      clearTimeout(timer);
    }
  }

  private async judgeOne(handed: HandedPhoto): Promise<PhotoResult> {
    const { photo, path, part } = handed;
    const place = await placeBelow(this.own.root, path);
    if ('refused' in place) return errorResult({ photo, path }, place.refused);
    // A photo that was there when it was handed out and is not here: it may be gone, or the whole folder is.
    if (handed.size !== undefined && !await isSeenBelow(this.own.root, handed)) {
      const problem = await rootProblem(this.run.record, this.own.root);
      if (problem !== undefined) throw new Error(problem);
    }
    return this.photos.add({ photo, path: place.path, ...(part === undefined ? {} : { part }) });
  }

  /** Finishes what is begun. */
  async end(): Promise<void> {
    const isFatal = this.trouble?.kind === 'fatal';
    await this.jobs.close(isFatal);
    this.photos.end(new Error('The turn is over.'));
    if (!isFatal) await this.judging;
  }
}

/** Who works beside whom: some alone, all others together. Who wants to be alone comes next. */
class Company {
  private readonly together = new Set<Promise<unknown>>();
  private alone: Promise<unknown> = Promise.resolve();

  async keep<T>(isAlone: boolean, work: () => Promise<T>): Promise<T> {
    if (isAlone) {
      const before = this.alone;
      const mine = before.then(() => Promise.allSettled(this.together)).then(work);
      this.alone = mine.catch(() => undefined);
      return mine;
    }
    for (let before; before !== this.alone;) {
      before = this.alone;
      await before;
    }
    const mine = work();
    this.together.add(mine);
    return mine.finally(() => { this.together.delete(mine); });
  }
}
