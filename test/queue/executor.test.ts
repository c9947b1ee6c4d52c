/**
 * What a run does about what it has handed out: whatever the server forgets, others leave behind, or nobody wants any more.
 */
import { describe, expect, it } from 'vitest';
import { photoNames, useFleets } from '../support/fleet.js';
import { hasRedis, withoutRedis } from '../support/redis.js';
import { until } from '../support/started.js';

describe.skipIf(!hasRedis).concurrent(`a run${withoutRedis}`, () => {
  const openFleet = useFleets();

  it('hands out again what the server has forgotten, and says again that it is there', async () => {
    const fleet = openFleet();
    const run = await fleet.run('a', photoNames('photo', 12));
    // Once all jobs are there, too: one that came after would stand for a batch that nobody knows, until a worker takes it.
    await until(() => fleet.ask('hlen', 'pipeline:batches:a') === '3' && fleet.ask('llen', 'pipeline:run-a:wait') === '3', () => run.notes.join('\n'));
    fleet.ask('flushdb');
    await until(() => fleet.ask('hlen', 'pipeline:batches:a') === '3', () => run.notes.join('\n'));
    await until(() => fleet.ask('hkeys', 'pipeline:runs') === 'a', () => run.notes.join('\n'));
    await fleet.worker();
    await run.over;
    expect(run.results.size).toBe(12);
  });

  it('hands out a batch again whose job alone is lost, and no other', async () => {
    const fleet = openFleet();
    const run = await fleet.run('a', photoNames('photo', 12));
    await until(() => fleet.ask('llen', 'pipeline:run-a:wait') === '3', () => run.notes.join('\n'));
    const [lost = '', ...others] = fleet.ask('lrange', 'pipeline:run-a:wait', '0', '-1').split('\n');
    fleet.ask('lrem', 'pipeline:run-a:wait', '0', lost);
    fleet.ask('del', `pipeline:run-a:${lost}`);
    await until(() => fleet.ask('llen', 'pipeline:run-a:wait') === '3', () => run.notes.join('\n'));
    expect(fleet.ask('lrange', 'pipeline:run-a:wait', '0', '-1').split('\n').sort()).toEqual([lost, ...others].sort());
    const worker = await fleet.worker();
    await run.over;
    expect(worker.begun.toSorted()).toEqual(photoNames('photo', 12).toSorted());
  });

  it('that is gone on with takes what it knows, and leaves out what is not asked for any more', async () => {
    const fleet = openFleet();
    const photos = photoNames('photo', 12);
    await (await fleet.run('a', photos, { leave: true })).over;
    // Two batches have gone with a folder, and of the third a photo.
    const wanted = photos.slice(9);
    const run = await fleet.run('a', wanted);
    await until(() => fleet.ask('hlen', 'pipeline:batches:a') === '1', () => run.notes.join('\n'));
    const worker = await fleet.worker();
    await run.over;
    expect([...run.results].toSorted(([a], [b]) => a - b).map(([, { photo }]) => photo)).toEqual(wanted);
    expect(worker.begun.toSorted()).toEqual(photos.slice(8).toSorted());
    expect(fleet.ask('keys', '*')).toBe('');
  });

  it('that is gone on with is waited for again: it is not forgotten two weeks after it was left', async () => {
    const fleet = openFleet();
    const photos = photoNames('photo', 8);
    await (await fleet.run('a', photos, { leave: true })).over;
    fleet.ask('hset', 'pipeline:runs', 'a', fleet.ask('hget', 'pipeline:runs', 'a').replace(/"touched":\d+/, '"touched":1'));
    const run = await fleet.run('a', photos.slice(4));
    await until(() => Number(/"touched":(\d+)/.exec(fleet.ask('hget', 'pipeline:runs', 'a'))?.[1]) > Date.now() - 60_000, () => run.notes.join('\n'));
    // The others may have gone: no worker could see its folder by them.
    expect(fleet.ask('hget', 'pipeline:runs', 'a')).toContain('"samples":[{"photo":"photo-4.jpg"');
    await fleet.worker();
    await run.over;
    expect(run.results.size).toBe(4);
  });

  it('says again that it is there where nobody could look at any of its photos', async () => {
    const fleet = openFleet();
    const run = await fleet.run('a', photoNames('photo', 4), { looks: false });
    await until(() => fleet.ask('hkeys', 'pipeline:runs') === 'a', () => run.notes.join('\n'));
    fleet.ask('flushdb');
    await until(() => fleet.ask('hkeys', 'pipeline:runs') === 'a', () => run.notes.join('\n'));
    await fleet.worker();
    await run.over;
    expect(run.results.size).toBe(4);
  });

  it('says that no worker takes its photos', async () => {
    const fleet = openFleet();
    const stop = new AbortController();
    const run = await fleet.run('a', photoNames('photo', 4), { signal: stop.signal });
    await until(() => run.notes.some((note) => note.startsWith('No worker takes photos of this run.')), () => run.notes.join('\n'));
    expect(run.notes).toHaveLength(1);
    stop.abort();
    await run.over;
  });
});
