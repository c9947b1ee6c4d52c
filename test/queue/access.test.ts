/**
 * Who may use a queue, what is said to who may not, and where a password is never seen.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/core/usage-error.js';
import { readAddress } from '../../src/queue/address.js';
import { connectQueue } from '../../src/queue/connection.js';
import { entry } from '../support/pipeline.js';
import { freePort, hasRedis, TestRedis, withoutRedis } from '../support/redis.js';
import { demoPhotos } from '../support/shared-data.js';
import { containing } from '../support/matchers.js';
import { endAll, Started } from '../support/started.js';

const stub = fileURLToPath(new URL('../support/stub-queue-worker.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'queue-test-'));
const photos = join(folder, 'photos');
const password = 'correct-horse-battery';
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

beforeAll(() => {
  mkdirSync(photos);
  for (const name of ['a', 'b', 'c']) writeFileSync(join(photos, `${name}.jpg`), 'a photo');
});
afterEach(endAll);
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** What is said to who may not use a queue; undefined to who may. */
async function refusal(address: string, environment: Readonly<Record<string, string>> = {}): Promise<string | undefined> {
  try {
    (await connectQueue(readAddress(address, { ...environment }))).close();
    return undefined;
  } catch (error) {
    return error instanceof UsageError ? error.message : `no usage error: ${String(error)}`;
  }
}

/** Runs `pipeline run --queue`, with variables of the environment beside. */
async function run(address: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const coordinator = new Started([entry, 'run', photos, '--report', join(folder, 'out.csv'), '--queue', address], environment);
  return { code: await coordinator.end(), output: coordinator.output };
}

/** The same with a worker that has the same variables. */
async function runWithWorker(address: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const worker = new Started([stub, address, photos], environment);
  await worker.says('ready');
  const ended = await run(address, environment);
  worker.signal('SIGTERM');
  expect([await worker.end(), worker.output]).toEqual([0, expect.any(String)]);
  return ended;
}

describe.skipIf(!hasRedis)(`a queue with a password${withoutRedis}`, () => {
  let redis: TestRedis;
  beforeAll(async () => { redis = await TestRedis.start(['--requirepass', password]); });
  afterAll(() => redis.remove());

  it('is used with the password of a variable or a file', async () => {
    writeFileSync(join(folder, 'password'), `${password}\n`);
    for (const environment of [{ PIPELINE_QUEUE_PASSWORD: password }, { PIPELINE_QUEUE_PASSWORD_FILE: join(folder, 'password') }]) {
      expect(await runWithWorker(redis.address, environment)).toMatchObject({ code: 0 });
    }
  });

  it('says what is wrong with none, a wrong one, and one in the address, which it does not repeat', async () => {
    expect(await refusal(redis.address)).toContain('wants a password: set PIPELINE_QUEUE_PASSWORD');
    const wrong = await run(redis.address, { PIPELINE_QUEUE_PASSWORD: 'wrong-horse' });
    expect(wrong).toEqual({ code: 2, output: containing('does not know this password') });
    expect(wrong.output).not.toContain('wrong-horse');
    const shown = await run(redis.address.replace('//', `//:${password}@`));
    expect(shown).toEqual({ code: 2, output: containing('can be read by everybody on this machine (ps). Put it into PIPELINE_QUEUE_PASSWORD') });
    expect(shown.output).not.toContain(password);
  });

  it.skipIf(process.platform !== 'linux')('is seen neither in ps, nor by the processes that open photos, nor in what is said and written (needs /proc)', async () => {
    const real = join(folder, 'real');
    mkdirSync(real);
    for (const photo of demoPhotos.slice(0, 2)) cpSync(photo, join(real, basename(photo)));
    const environment = { PIPELINE_QUEUE_PASSWORD: password };
    const worker = new Started([entry, 'worker', '--queue', redis.address, '--root', real, '--workers', '1'], environment);
    const coordinator = new Started([entry, 'run', real, '--report', join(folder, 'real.json'), '--queue', redis.address], environment);
    expect(await coordinator.end()).toBe(0);
    const children = childrenOf(worker.pid);
    expect(children.length).toBeGreaterThan(0);
    for (const pid of [worker.pid, ...children]) expect(readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8')).not.toContain(password);
    for (const pid of children) expect(readFileSync(`/proc/${String(pid)}/environ`, 'utf8')).not.toContain(password);
    for (const text of [worker.output, coordinator.output, readFileSync(join(folder, 'real.json'), 'utf8')]) expect(text).not.toContain(password);
  });
});

function childrenOf(parent: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return readFileSync(`/proc/${String(pid)}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(parent)
        && readlinkSync(`/proc/${String(pid)}/exe`) === process.execPath;
    } catch {
      return false;
    }
  });
}

describe.skipIf(!hasRedis)(`a queue with users${withoutRedis}`, () => {
  /** As docs/cluster.md has them. */
  const rights = ['~pipeline:*', '&*', '+@all', '-@dangerous', '+info'];

  it('is used by one with the rights that docs/cluster.md names', async () => {
    expect(readFileSync(new URL('../../docs/cluster.md', import.meta.url), 'utf8')).toContain(`on >PASSWORD ${rights.join(' ')}`);
    const redis = await TestRedis.start();
    redis.ask('acl', 'setuser', 'photographer', 'on', `>${password}`, ...rights);
    redis.ask('acl', 'setuser', 'default', 'off');
    const address = redis.address.replace('//', '//photographer@');
    expect(await runWithWorker(address, { PIPELINE_QUEUE_PASSWORD: password })).toMatchObject({ code: 0 });
    expect(await refusal(address, { PIPELINE_QUEUE_PASSWORD: 'wrong' })).toContain('does not know the user photographer with this password');
    expect(await refusal(address)).toContain('The queue\'s user photographer has no password');
    await redis.remove();
  });

  it('says what a user may not do', async () => {
    const redis = await TestRedis.start();
    redis.ask('acl', 'setuser', 'reader', 'on', `>${password}`, '~*', '+@read', '+@connection', '+info');
    expect(await refusal(redis.address, { PIPELINE_QUEUE_USER: 'reader', PIPELINE_QUEUE_PASSWORD: password }))
      .toMatch(/does not let this user.*docs\/cluster\.md has the rights/);
    await redis.remove();
  });
});

describe.skipIf(!hasRedis)(`a server${withoutRedis}`, () => {
  it('that is not there is said to be so', async () => {
    const address = `redis://127.0.0.1:${String(await freePort())}/0`;
    expect(await run(address)).toEqual({ code: 2, output: containing(`There is nobody at ${address}.`) });
    expect(await refusal('redis://nowhere.invalid')).toContain('The host of redis://nowhere.invalid:6379/0 is not known');
  });

  it('that throws away what it was given when its memory is full is not used', async () => {
    const redis = await TestRedis.start(['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru']);
    expect(await refusal(redis.address)).toContain('Set maxmemory-policy to noeviction');
    await redis.remove();
  });

  it('whose memory is full is waited for', async () => {
    const redis = await TestRedis.start(['--maxmemory', '3mb']);
    const worker = new Started([stub, redis.address, photos]);
    await worker.says('ready');
    redis.ask('config', 'set', 'maxmemory', '1');
    const coordinator = new Started([entry, 'run', photos, '--report', join(folder, 'full.csv'), '--queue', redis.address]);
    await coordinator.says('is full (maxmemory)');
    redis.ask('config', 'set', 'maxmemory', '0');
    expect([await coordinator.end(), coordinator.output]).toEqual([0, expect.any(String)]);
    worker.signal('SIGTERM');
    await worker.end();
    await redis.remove();
  });
});

describe.skipIf(!hasRedis || !hasOpenssl)(`a server with TLS${withoutRedis}${hasOpenssl ? '' : ' (skipped: there is no openssl)'}`, () => {
  let redis: TestRedis;
  let address: string;
  const ca = join(folder, 'cert.pem');

  beforeAll(async () => {
    execFileSync('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
      '-addext', 'subjectAltName=DNS:localhost', '-keyout', join(folder, 'key.pem'), '-out', ca,
    ], { stdio: 'ignore' });
    const port = await freePort();
    address = `rediss://localhost:${String(port)}`;
    redis = await TestRedis.start([
      '--tls-port', String(port), '--tls-cert-file', ca, '--tls-key-file', join(folder, 'key.pem'), '--tls-ca-cert-file', ca, '--tls-auth-clients', 'no',
    ]);
  });
  afterAll(() => redis.remove());

  it('is used where somebody known vouches for it', async () => {
    expect(await runWithWorker(address, { PIPELINE_QUEUE_CA: ca })).toMatchObject({ code: 0 });
  });

  it('is not where nobody does, or the certificate is for another host', async () => {
    expect(await refusal(address)).toMatch(/certificate of rediss.* is not to be trusted.*PIPELINE_QUEUE_CA/);
    expect(await refusal(address.replace('localhost', '127.0.0.1'), { PIPELINE_QUEUE_CA: ca })).toContain('is not to be trusted');
  });

  it('is said to be one, and one without not to be', async () => {
    expect(await refusal(address.replace('rediss', 'redis'))).toContain('needs rediss://');
    expect(await refusal(redis.address.replace('redis', 'rediss'))).toMatch(/does not speak TLS|Does it speak TLS\?/);
  });
});
