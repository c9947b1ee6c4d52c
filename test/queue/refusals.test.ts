/**
 * What a worker does not do: judge as another version, with another model or in another folder would, or read what it is not given.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { entry } from '../support/pipeline.js';
import { hasRedis, TestRedis, withoutRedis } from '../support/redis.js';
import { root } from '../support/shared-data.js';
import { endAll, Started, until } from '../support/started.js';

const folder = mkdtempSync(join(tmpdir(), 'queue-test-'));
const photos = join(folder, 'photos');

/** A copy of this package, of another version. */
function anotherVersion(): string {
  const copy = join(folder, 'other');
  mkdirSync(join(copy, 'dist'), { recursive: true });
  for (const name of ['bin', 'config.yaml', 'dist/bin']) cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const name of ['models', 'node_modules', 'dist/nets']) symlinkSync(join(root, name), join(copy, name));
  const about = readFileSync(join(root, 'package.json'), 'utf8').replace(/"version": "[^"]+"/, '"version": "99.0.0"');
  writeFileSync(join(copy, 'package.json'), about);
  return join(copy, 'bin', 'pipeline.js');
}

describe.skipIf(!hasRedis)(`a worker${withoutRedis}`, () => {
  let redis: TestRedis;

  beforeAll(async () => {
    mkdirSync(photos);
    for (const name of ['a', 'b', 'c']) writeFileSync(join(photos, `${name}.jpg`), 'no photo');
    redis = await TestRedis.start();
  });
  afterEach(async () => {
    await endAll();
    redis.ask('flushall');
  });
  afterAll(async () => {
    await redis.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  function worker(program: string, ...options: readonly string[]): Started {
    return new Started([program, 'worker', '--queue', redis.address, '--workers', '1', ...options]);
  }

  function run(): Started {
    return new Started([entry, 'run', photos, '--report', join(folder, 'out.csv'), '--queue', redis.address]);
  }

  it('of another version, with another model or another folder does not take part, and says why, here and there', async () => {
    mkdirSync(join(folder, 'empty'));
    const [model, portrait] = [join(folder, 'mine.onnx'), join(folder, 'portrait.onnx')];
    for (const [shipped, own] of [['eye-state', model], ['portrait', portrait]] as const) {
      cpSync(join(root, 'models', `${shipped}.onnx`), own);
      writeFileSync(own, Buffer.from([0]), { flag: 'a' });
    }
    const refused = [
      { judge: worker(anotherVersion(), '--root', photos), why: 'this worker of version 99.0.0. Install the same version.' },
      { judge: worker(entry, '--root', photos, '--model', model), why: 'The net mine.onnx of this worker is not the run\'s.' },
      { judge: worker(entry, '--root', photos, '--set', `detect.portrait_model=${portrait}`), why: 'The net portrait.onnx of this worker is not the run\'s.' },
      { judge: worker(entry, '--root', join(folder, 'empty')), why: `a.jpg is not there as it is on ${hostname()}. Name the folder that is called ${photos} there` },
    ];
    const coordinator = run();
    for (const { judge, why } of refused) {
      await judge.says(why);
      await coordinator.says(why);
    }
    expect(redis.ask('hlen', `pipeline:results:${redis.ask('hkeys', 'pipeline:runs')}`)).toBe('0');
    worker(entry, '--root', photos);
    expect(await coordinator.end()).toBe(3);
    expect(readFileSync(join(folder, 'out.csv'), 'utf8').split('\n')).toHaveLength(5);
  });

  it('reads nothing outside its folder, whatever the queue names', async () => {
    writeFileSync(join(folder, 'secret.jpg'), 'not for workers');
    symlinkSync(join(folder, 'secret.jpg'), join(photos, 'link.jpg'));
    const coordinator = run();
    await until(() => redis.ask('hkeys', 'pipeline:runs') !== '', () => coordinator.output);
    const [id = ''] = redis.ask('hkeys', 'pipeline:runs').split('\n');
    await until(() => redis.ask('hlen', `pipeline:batches:${id}`) === '1', () => coordinator.output);
    const [batch = ''] = redis.ask('hkeys', `pipeline:batches:${id}`).split('\n');
    // Somebody who may write to the server has put other names into the batch.
    const names = { 'a.jpg': '../secret.jpg', 'b.jpg': join(folder, 'secret.jpg'), 'c.jpg': 'link.jpg' };
    redis.ask('hset', `pipeline:batches:${id}`, batch, JSON.stringify(Object.entries(names).map(([photo, path]) => ({ photo, path }))));
    worker(entry, '--root', photos);
    expect(await coordinator.end()).toBe(3);
    const rows = readFileSync(join(folder, 'out.csv'), 'utf8').split('\n').slice(1, -1);
    expect(rows.map((row) => /leads out of the folder/.test(row))).toEqual([true, true, true]);
    rmSync(join(photos, 'link.jpg'));
  });

  it('is not believed where it sends what is no result', async () => {
    const coordinator = run();
    await until(() => redis.ask('hkeys', 'pipeline:runs') !== '', () => coordinator.output);
    const [id = ''] = redis.ask('hkeys', 'pipeline:runs').split('\n');
    await until(() => redis.ask('hlen', `pipeline:batches:${id}`) === '1', () => coordinator.output);
    redis.ask('hset', `pipeline:results:${id}`, redis.ask('hkeys', `pipeline:batches:${id}`), 'anything');
    expect(await coordinator.end()).toBe(3);
    const rows = readFileSync(join(folder, 'out.csv'), 'utf8').split('\n').slice(1, -1);
    expect(rows.map((row) => row.includes('is no result'))).toEqual([true, true, true]);
  });
});
