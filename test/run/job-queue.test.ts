import { describe, expect, it } from 'vitest';
import type { PhotoResult } from '../../src/core/result.js';
import { errorResult } from '../../src/core/result.js';
import { JobQueue } from '../../src/run/job-queue.js';

const file = (photo: string): { path: string; photo: string } => ({ path: `/${photo}`, photo });
const result = (photo: string): PhotoResult => errorResult(file(photo), 'judged');

describe('the queue of photos', () => {
  it('gives each photo to one taker, first in, first out, and each result to who waits for it', async () => {
    const queue = new JobQueue();
    const source = queue[Symbol.asyncIterator]();
    const early = source.next();
    const results = ['a', 'b'].map((photo) => queue.add(file(photo)));
    expect((await early).value?.photo).toBe('a');
    expect((await source.next()).value?.photo).toBe('b');
    queue.settle(1, result('b'));
    queue.settle(0, result('a'));
    expect((await Promise.all(results)).map(({ photo }) => photo)).toEqual(['a', 'b']);
  });

  it('takes out again what is given up while it waits', async () => {
    const queue = new JobQueue();
    const controller = new AbortController();
    const given = queue.add(file('a'), controller.signal);
    const kept = queue.add(file('b'));
    controller.abort(new Error('changed my mind'));
    await expect(given).rejects.toThrow('changed my mind');
    expect((await queue[Symbol.asyncIterator]().next()).value?.photo).toBe('b');
    queue.settle(0, result('b'));
    await expect(kept).resolves.toMatchObject({ photo: 'b' });
  });

  it('tells who waits, and who waits to take, that it ended', async () => {
    const queue = new JobQueue();
    const source = queue[Symbol.asyncIterator]();
    const inWork = queue.add(file('a'));
    await source.next();
    const waiting = queue.add(file('b'));
    queue.end(new Error('over'));
    await expect(inWork).rejects.toThrow('over');
    await expect(waiting).rejects.toThrow('over');
    expect((await source.next()).done).toBe(true);
  });

  it('lets go a taker that is told to stop', async () => {
    const source = new JobQueue()[Symbol.asyncIterator]();
    const next = source.next();
    await source.return?.();
    expect((await next).done).toBe(true);
  });
});
