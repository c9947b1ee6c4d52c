/**
 * Looks at a queue: whether it can be used, how far away it is, and what is in it.
 */
import type { Redis } from 'ioredis';
import { UsageError } from '../core/usage-error.js';
import type { QueueAddress } from './address.js';
import { inTime, openConnection, policyProblem, rightsProblem, versionProblem, type ServerFacts } from './connection.js';
import { countJobs, parseRunRecord, runKeys, runsKey } from './run-record.js';

/** One thing that was looked at. */
export interface QueueFinding {
  /** `broken`: the queue cannot be used like this. */
  readonly state: 'ok' | 'broken';
  /** A sentence; where something is broken, with what to do. */
  readonly text: string;
}

/** Questions whose median answer is the distance. */
const questions = 51;

/** Milliseconds that all questions may take together. */
const examineTime = 20_000;

/** Looks at a queue; what is wrong is a finding. */
export async function examineQueue(address: QueueAddress): Promise<QueueFinding[]> {
  try {
    const { client, facts, close } = await openConnection(address);
    try {
      return await inTime(findings(client, address, facts), address, examineTime);
    } finally {
      close();
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return [{ state: 'broken', text: error.message }];
  }
}

async function findings(client: Redis, address: QueueAddress, facts: ServerFacts): Promise<QueueFinding[]> {
  return [await distance(client, address, facts), memory(facts), await rights(client, address), ...await runs(client)];
}

async function distance(client: Redis, { shown }: QueueAddress, { version }: ServerFacts): Promise<QueueFinding> {
  const times: number[] = [];
  for (let question = 0; question < questions; question += 1) {
    const start = performance.now();
    await client.ping();
    times.push(performance.now() - start);
  }
  const median = times.sort((a, b) => a - b)[(questions - 1) / 2] ?? 0;
  const problem = versionProblem(version);
  const name = version ?? 'a server that does not say its version';
  return problem === undefined ? { state: 'ok', text: `${shown} is ${name}; it answers in ${median.toFixed(2)} ms.` } : { state: 'broken', text: `${shown}: ${problem}` };
}

function memory({ evictionPolicy, memory: used, memoryLimit }: ServerFacts): QueueFinding {
  const problem = policyProblem(evictionPolicy);
  if (problem !== undefined) return { state: 'broken', text: `Memory: ${problem}` };
  if (evictionPolicy === undefined) return { state: 'ok', text: 'Memory: this user may not ask (+info); see that maxmemory-policy is noeviction.' };
  const limit = memoryLimit === 0 ? 'no limit' : `of ${megabytes(memoryLimit)} at most`;
  return { state: 'ok', text: `Memory: ${megabytes(used)} in use, ${limit}; nothing is thrown away when it is full (noeviction).` };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}

async function rights(client: Redis, address: QueueAddress): Promise<QueueFinding> {
  const problem = await rightsProblem(client, address);
  return problem === undefined ? { state: 'ok', text: 'This user may do what a run and a worker do.' } : { state: 'broken', text: problem };
}

/** The runs that lie there, and who does not take part in them. */
async function runs(client: Redis): Promise<QueueFinding[]> {
  // Who may not read has been told so.
  const records = Object.entries(await client.hgetall(runsKey).catch((): Record<string, string> => ({})));
  if (records.length === 0) return [{ state: 'ok', text: 'There is no run.' }];
  return Promise.all(records.map(async ([id, text]): Promise<QueueFinding> => {
    const record = parseRunRecord(text);
    const { waiting, active } = await countJobs(client, id);
    const { results, refusals } = runKeys(id);
    const [back, refused] = await Promise.all([client.hlen(results), client.hvals(refusals)]);
    const from = record === undefined ? 'of another version' : `of ${record.host}, which waited for it ${ago(Date.now() - record.touched)} ago`;
    const why = refused.map((sentence) => ` A worker does not take part: ${sentence}`).join('');
    return { state: 'ok', text: `Run ${id} ${from}: ${String(waiting)} batches wait, ${String(active)} are in work, ${String(back)} are back.${why}` };
  }));
}

function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${String(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${String(minutes)} minutes` : `${String(Math.round(minutes / 60))} hours`;
}
