/**
 * What lies on the server about a run: who began it, what it is judged with, and where everything else of it lies.
 */
import { Queue, type QueueOptions } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import type { Judge } from '../run/fingerprint.js';
import { handedPhoto } from './batch.js';

/** Every key on the server begins with this: a user (ACL) needs `~pipeline:*` and no other. */
export const keyPrefix = 'pipeline';

/** A hash with the record of each run. */
export const runsKey = `${keyPrefix}:runs`;

/** The keys of a run, beside those of its BullMQ queue. */
export interface RunKeys {
  /** A hash: the photos of each batch that is handed out and not back. */
  readonly batches: string;
  /** A hash: what was found in each batch that nobody has taken yet. */
  readonly results: string;
  /** A channel: the ids of batches that are back, as news that may be missed. */
  readonly done: string;
  /** A hash: how many workers have begun each batch and have not come to its end. */
  readonly begun: string;
  /** A hash: why workers do not take part, a sentence each. */
  readonly refusals: string;
}

export function runKeys(id: string): RunKeys {
  const key = (name: string): string => `${keyPrefix}:${name}:${id}`;
  return { batches: key('batches'), results: key('results'), done: key('done'), begun: key('begun'), refusals: key('refusals') };
}

/** The name of a run's BullMQ queue. A queue a run: what is in one cannot get into another. */
export function queueName(id: string): string {
  return `run-${id}`;
}

const judge: z.ZodType<Judge> = z.strictObject({
  version: z.string(), program: z.string(), machine: z.string(),
  packages: z.record(z.string(), z.string()), models: z.record(z.string(), z.string()),
});

const runRecord = z.strictObject({
  /** The machine whose `pipeline run` it is. */
  host: z.string(),
  /** What that machine calls the folder that workers know as their root. */
  root: z.string(),
  /** Milliseconds since 1970: when somebody waited for the run last. */
  touched: z.number(),
  judge,
  /** As `parseConfig` takes them. */
  config: z.unknown(),
  /** Whether results carry the pictures of a page. */
  previews: z.boolean(),
  /** Photos by which a worker knows that its root is the run's. */
  samples: z.array(handedPhoto).max(16),
});

export type RunRecord = z.infer<typeof runRecord>;

/** The record that a text holds, or undefined where it is none that this version knows. */
export function parseRunRecord(text: string): RunRecord | undefined {
  try {
    return runRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** What jobs are called: a batch may be judged beside others, a photo that may end its worker is judged by a worker that does nothing else. */
export const jobNames = { batch: 'batch', alone: 'alone' } as const;

/** How a run's BullMQ queue is opened, by whoever it is. */
export function queueOptions(client: Redis): QueueOptions {
  return {
    connection: client, prefix: keyPrefix,
    // The version has been looked at; asking again needs a right that a user may lack.
    skipVersionCheck: true,
    // Nothing is kept of a batch but its results, which lie elsewhere; one that was lost too often waits for whoever hands it out.
    defaultJobOptions: { removeOnComplete: true, removeOnFail: false },
    // Nobody reads these.
    streams: { events: { maxLen: 10 } },
  };
}

/** A run's batches. Failures of the connection are told by whoever opened it. */
export function openJobs(client: Redis, id: string, more: Partial<QueueOptions> = {}): Queue {
  const queue = new Queue(queueName(id), { ...queueOptions(client), ...more });
  queue.on('error', () => undefined);
  return queue;
}

/** How many batches of a run wait for a worker, and how many have one. Only looks: a run that is forgotten meanwhile stays so. */
export async function countJobs(client: Redis, id: string): Promise<{ readonly waiting: number; readonly active: number }> {
  const queue = openJobs(client, id, { skipMetasUpdate: true });
  const { wait: waiting = 0, active = 0 } = await queue.getJobCounts('wait', 'active');
  await queue.close();
  return { waiting, active };
}

/** Takes away everything that lies on the server about a run. */
export async function forgetRun(client: Redis, id: string): Promise<void> {
  await client.hdel(runsKey, id);
  const queue = openJobs(client, id);
  await queue.obliterate({ force: true });
  await queue.close();
  const { batches, results, begun, refusals } = runKeys(id);
  await client.del(batches, results, begun, refusals);
}
