import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAddress } from '../../src/queue/address.js';
import { examineQueue } from '../../src/queue/examine.js';
import { containing, matching } from '../support/matchers.js';
import { pipeline } from '../support/pipeline.js';
import { hasRedis, TestRedis, withoutRedis } from '../support/redis.js';

describe.skipIf(!hasRedis)(`a look at a queue${withoutRedis}`, () => {
  let redis: TestRedis;
  beforeAll(async () => { redis = await TestRedis.start(['--maxmemory', '100mb']); });
  afterAll(() => redis.remove());

  const look = async (): Promise<string> => (await examineQueue(readAddress(redis.address, {}))).map(({ state, text }) => `${state} ${text}`).join('\n');

  it('finds the server, its distance, its memory, rights and no run', async () => {
    const found = (await look()).split('\n');
    expect(found[0]).toMatch(/^ok redis:\/\/127\.0\.0\.1:\d+\/0 is (Redis|Valkey) [\d.]+; it answers in \d+\.\d\d ms\.$/);
    expect(found[1]).toMatch(/^ok Memory: \d+ MB in use, of 10\d MB at most; nothing is thrown away/);
    expect(found.slice(2)).toEqual(['ok This user may do what a run and a worker do.', 'ok There is no run.']);
  });

  it('finds what would be thrown away, and runs that nobody knows what to make of', async () => {
    redis.ask('config', 'set', 'maxmemory-policy', 'volatile-lru');
    redis.ask('hset', 'pipeline:runs', 'abc', 'another version');
    redis.ask('hset', 'pipeline:refusals:abc', 'worker-1', 'Install the same version.');
    expect(await look()).toMatch(/broken Memory: .*Set maxmemory-policy to noeviction\.\n.*\nok Run abc of another version: 0 batches wait.*Install the same version\./);
    const { code, stdout } = await pipeline('doctor', '--queue', redis.address);
    expect([code, stdout]).toEqual([1, matching(/queue\n {2}ok .*\n {2}!! {2}Memory/)]);
  });

  it('finds that there is nobody', async () => {
    expect(await examineQueue(readAddress('redis://127.0.0.1:1', {}))).toEqual([{ state: 'broken', text: containing('There is nobody at redis://127.0.0.1:1/0.') }]);
  });
});
