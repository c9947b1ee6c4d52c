/**
 * What a worker does with the runs and photos that it is given, on a real server.
 */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { errorResult } from '../../src/core/result.js';
import { Fleet, photoNames, seen, useFleets } from '../support/fleet.js';
import { hasRedis, TestRedis, withoutRedis } from '../support/redis.js';
import { until } from '../support/started.js';

describe.skipIf(!hasRedis)(`a worker${withoutRedis}`, () => {
  const openFleet = useFleets();

  it('goes from run to run: a short one does not wait for the end of a long one, which is gone on with', async () => {
    const fleet = openFleet();
    const long = await fleet.run('a', photoNames('long', 200));
    const worker = await fleet.worker(async (photo) => {
      await wait(photo.photo.startsWith('long') ? 250 : 0);
      return seen(photo);
    });
    await until(() => worker.begun.length > 0, () => worker.notes.join('\n'));
    const short = await fleet.run('b', photoNames('short', 4));
    await short.over;
    expect(short.results.size).toBe(4);
    expect(long.results.size).toBeLessThan(200);
    await long.over;
    expect([...long.results.values()].map(({ reasons }) => reasons[0])).toEqual(expect.arrayContaining(photoNames('long', 200).map((photo) => `looked at ${photo}`)));
    // In one turn, not a batch of the one and a batch of the other.
    expect(worker.begun.map((photo) => photo.split('-')[0]).filter((name, at, all) => name !== all[at - 1])).toEqual(['long', 'short', 'long']);
  });

  it('keeps what it has found until the server has room for it', async () => {
    const server = await TestRedis.start();
    const fleet = new Fleet(server);
    try {
      let open = (): void => undefined;
      const gate = new Promise<void>((resolve) => { open = resolve; });
      const run = await fleet.run('a', photoNames('full', 8));
      const worker = await fleet.worker(async (photo) => {
        await gate;
        return seen(photo);
      });
      await until(() => worker.begun.length === 8, () => worker.notes.join('\n'));
      server.ask('config', 'set', 'maxmemory', '1');
      open();
      await until(() => worker.notes.some((note) => note.includes('is full (maxmemory)')), () => worker.notes.join('\n'));
      expect(run.results.size).toBe(0);
      server.ask('config', 'set', 'maxmemory', '0');
      await run.over;
      expect([...run.results.values()].map(({ status }) => status)).toEqual(photoNames('full', 8).map(() => 'no_face'));
    } finally {
      await fleet.close();
      await server.remove();
    }
  });

  it('forgets a run that nobody has waited for in two weeks, and no other', async () => {
    const fleet = openFleet();
    for (const name of ['old', 'young']) await (await fleet.run(name, photoNames(name, 4), { leave: true })).over;
    const days = (count: number): number => Date.now() - count * 24 * 3600 * 1000;
    for (const [name, touched] of [['old', days(15)], ['young', days(13)]] as const) {
      const record = fleet.ask('hget', 'pipeline:runs', name).replace(/"touched":\d+/, `"touched":${String(touched)}`);
      fleet.ask('hset', 'pipeline:runs', name, record);
    }
    const worker = await fleet.worker();
    await until(() => fleet.ask('hlen', 'pipeline:results:young') === '1', () => worker.notes.join('\n'));
    expect(worker.notes).toContainEqual(expect.stringMatching(/^The run old of .* is forgotten: nobody has waited for it for two weeks\.$/));
    expect(fleet.ask('keys', '*old*')).toBe('');
    expect(fleet.ask('hkeys', 'pipeline:runs')).toBe('young');
    expect(worker.begun.filter((photo) => photo.startsWith('old'))).toEqual([]);
  });

  it('whose folder goes away in the middle of a run gives the photos back, and says so here and there', async () => {
    const fleet = openFleet();
    const run = await fleet.run('a', photoNames('photo', 40));
    const worker = await fleet.worker(async (photo) => {
      await wait(100);
      return seen(photo);
    });
    await until(() => run.results.size > 0, () => worker.notes.join('\n'));
    renameSync(fleet.folder, `${fleet.folder}-away`);
    const why = `The folder ${fleet.folder} (--root) is not the run's: `;
    await until(() => run.notes.some((note) => note.includes(why)), () => run.notes.join('\n'));
    expect(worker.notes).toContainEqual(expect.stringContaining(why));
    renameSync(`${fleet.folder}-away`, fleet.folder);
    await fleet.worker();
    await run.over;
    expect([...run.results.values()].map(({ status }) => status)).toEqual(photoNames('photo', 40).map(() => 'no_face'));
  });

  it('judges what is there where a single photo has gone', async () => {
    const fleet = openFleet();
    const run = await fleet.run('a', photoNames('photo', 8));
    rmSync(join(fleet.folder, 'photo-5.jpg'));
    await fleet.worker((photo) => (photo.photo === 'photo-5.jpg' ? errorResult(photo, 'it does not exist (any more).') : seen(photo)));
    await run.over;
    expect([...run.results].sort(([a], [b]) => a - b).map(([, { status }]) => status)).toEqual(
      ['no_face', 'no_face', 'no_face', 'no_face', 'no_face', 'error', 'no_face', 'no_face']);
  });
});
