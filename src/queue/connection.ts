/**
 * Connections to the server that holds a queue: opened once with clear words about what is wrong, and then kept up, however often
 * the network or the server goes away.
 */
import { Redis, type RedisOptions } from 'ioredis';
import { UsageError } from '../core/usage-error.js';
import { errorCode } from '../files/error-code.js';
import { queueVariables, type QueueAddress } from './address.js';
import { keyPrefix } from './run-record.js';

/** Milliseconds until a first connection counts as impossible, and until what is asked before it is used has to be answered. */
const connectTimeout = 5000;

/** Milliseconds between two questions whether a server still answers, and how long it may take: a network that is gone says nothing. */
const askInterval = 5000;
const deafAfter = 10_000;

/** What is known of a server. */
export interface ServerFacts {
  /** As it says itself: Redis 7.0.15, Valkey 8.0.1; undefined where the user may not ask. */
  readonly version: string | undefined;
  /** What it does when its memory is full; undefined where the user may not ask. */
  readonly evictionPolicy: string | undefined;
  /** Bytes that it uses, and may use (0: no limit). */
  readonly memory: number;
  readonly memoryLimit: number;
}

export interface QueueConnection {
  readonly client: Redis;
  readonly facts: ServerFacts;
  /** Gives up whatever still waits for an answer. */
  readonly close: () => void;
}

export interface ConnectionWatch {
  /** Called when the connection is lost, and when it is there again. */
  readonly onNote?: (note: string) => void;
}

/**
 * Connects.
 * @throws UsageError where there is no server, it lets nobody in with these credentials, or it would throw photos away
 */
export async function connectQueue(address: QueueAddress, { onNote }: ConnectionWatch = {}): Promise<QueueConnection> {
  const connection = await openConnection(address, onNote);
  const { evictionPolicy, version } = connection.facts;
  const problem = policyProblem(evictionPolicy) ?? versionProblem(version);
  try {
    const refusal = problem === undefined ? await inTime(rightsProblem(connection.client, address), address)
      : `The queue ${address.shown} cannot be used: ${problem}`;
    if (refusal === undefined) return connection;
    throw new UsageError(refusal);
  } catch (error) {
    connection.close();
    throw error;
  }
}

/**
 * What a server answers, if it does so in time: one may take a connection and say nothing, be it from the first question on or later.
 * @param milliseconds that it may take
 * @throws UsageError where it does not, and as `answer` does
 */
export async function inTime<T>(answer: Promise<T>, address: QueueAddress, milliseconds = connectTimeout): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      answer,
      new Promise<never>((_resolve, reject) => {
        late = setTimeout(() => { reject(new UsageError(connectionProblem(new Error('timed out'), address))); }, milliseconds);
      }),
    ]);
  } finally {
    clearTimeout(late);
  }
}

/** Tries, without changing anything, what a queue takes: to write, and to run scripts. */
export async function rightsProblem(client: Redis, address: QueueAddress): Promise<string | undefined> {
  try {
    await client.hdel(`${keyPrefix}:nothing`, 'nothing');
    await client.eval('return 1', 1, `${keyPrefix}:nothing`);
    return undefined;
  } catch (error) {
    return connectionProblem(error, address);
  }
}

/**
 * Connects to a server, be it fit for a queue or not.
 * @throws UsageError where there is none, or it lets nobody in with these credentials
 */
export async function openConnection(address: QueueAddress, onNote?: (note: string) => void): Promise<QueueConnection> {
  let isOpen = false;
  let failure: unknown;
  const client = new Redis({
    ...clientOptions(address),
    // The first connection has to work; later ones are tried for as long as it takes.
    retryStrategy: (times) => (isOpen ? Math.min(100 * 2 ** Math.min(times, 5), 2000) : null),
  });
  client.on('error', (error: unknown) => { failure = error; });
  try {
    const facts = await inTime(introduce(client), address);
    isOpen = true;
    watch(client, address, onNote);
    const asking = setInterval(() => { void askForLife(client); }, askInterval).unref();
    const close = (): void => {
      clearInterval(asking);
      client.disconnect();
    };
    return { client, facts, close };
  } catch (error) {
    client.disconnect();
    throw error instanceof UsageError ? error : new UsageError(connectionProblem(failure ?? error, address));
  }
}

/** Connects, and asks who is there. */
async function introduce(client: Redis): Promise<ServerFacts> {
  await client.connect();
  await client.ping();
  return serverFacts(client);
}

/** Begins anew with a connection that does not answer; what was asked is asked again. */
async function askForLife(client: Redis): Promise<void> {
  if (client.status !== 'ready') return;
  // One that is being made anew already must be left to that.
  const timer = setTimeout(() => { if (client.status === 'ready') client.disconnect(true); }, deafAfter).unref();
  await client.ping().catch(() => undefined);
  clearTimeout(timer);
}

function clientOptions({ host, port, database, username, password, tls }: QueueAddress): RedisOptions {
  return {
    host, port, db: database, lazyConnect: true, maxRetriesPerRequest: null, connectTimeout,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    // The name is said and checked: a certificate for somebody else is none. An IP address is no name that can be said.
    ...(tls === undefined ? {} : { tls: { ...tls, ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) } }),
  };
}

/** Says when the server is gone, once, and when it is there again. */
function watch(client: Redis, { shown }: QueueAddress, onNote?: (note: string) => void): void {
  let isLost = false;
  client.on('reconnecting', () => {
    if (!isLost) onNote?.(`The queue ${shown} cannot be reached any more; what is to be written waits until it can.`);
    isLost = true;
  });
  client.on('ready', () => {
    if (isLost) onNote?.(`The queue ${shown} is there again.`);
    isLost = false;
  });
}

async function serverFacts(client: Redis): Promise<ServerFacts> {
  const text = await client.info().catch(() => '');
  const fields = new Map(text.split(/\r?\n/).map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1)];
  }));
  const valkey = fields.get('valkey_version');
  const redis = fields.get('redis_version');
  return {
    version: valkey === undefined ? redis === undefined ? undefined : `Redis ${redis}` : `Valkey ${valkey}`,
    evictionPolicy: fields.get('maxmemory_policy'),
    memory: Number(fields.get('used_memory') ?? 0),
    memoryLimit: Number(fields.get('maxmemory') ?? 0),
  };
}

/** What is wrong with what a server does when its memory is full, and what to do; undefined where nothing is. */
export function policyProblem(policy: string | undefined): string | undefined {
  if (policy === undefined || policy === 'noeviction') return undefined;
  return `when its memory is full it throws away what it was given (maxmemory-policy ${policy}). Set maxmemory-policy to noeviction.`;
}

/** What is wrong with a server's version, and what to do; undefined where nothing is. */
export function versionProblem(version: string | undefined): string | undefined {
  const [, major, minor] = /^Redis (\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (major === undefined || Number(major) > 6 || (Number(major) === 6 && Number(minor) >= 2)) return undefined;
  return `it is ${String(version)}, which is too old. Use Redis 6.2 or newer, or Valkey.`;
}

/** What keeps from a connection, for people. Errors of the server hold no secrets; addresses are shown without them. */
function connectionProblem(error: unknown, { shown, tls, username, password }: QueueAddress): string {
  const text = error instanceof Error ? error.message : String(error);
  const code = errorCode(error) ?? '';
  if (text.includes('WRONGPASS')) return `The queue ${shown} does not know ${username === undefined ? 'this password' : `the user ${username} with this password`}.`;
  if (text.includes('NOAUTH')) return `The queue ${shown} wants a password: set ${queueVariables.password} or ${queueVariables.passwordFile}.`;
  if (text.includes('NOPERM')) return `The queue ${shown} does not let this user do what is needed (${text}); docs/cluster.md has the rights.`;
  if (code === 'ECONNREFUSED') return `There is nobody at ${shown}. Is the server running, and does it listen there?`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `The host of ${shown} is not known. Is its name right?`;
  if (code.includes('CERT') || /certificate|self[- ]signed|altname/i.test(text)) {
    return `The certificate of ${shown} is not to be trusted (${text}). ${queueVariables.ca} names a file with who vouches for it.`;
  }
  if (tls !== undefined && /EPROTO|ssl|wrong version/i.test(code + text)) return `${shown} does not speak TLS. Write redis:// if it need not.`;
  if (/timed?[ -]?out/i.test(code + text)) return `${shown} does not answer.${tls === undefined ? '' : ' Does it speak TLS? If not, write redis://.'}`;
  const hint = tls === undefined ? ' A server that wants TLS needs rediss://.' : password === undefined ? ' It may want a password.' : '';
  return `Cannot connect to the queue ${shown}: ${text.replace(/\.$/, '')}.${hint}`;
}
