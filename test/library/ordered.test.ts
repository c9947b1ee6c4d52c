import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { mapOrdered } from '../../src/library/ordered.js';

const never = new AbortController().signal;

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

describe('results of work on many values', () => {
  it('come in the order of the values, however long each takes', async () => {
    const slowFirst = (value: number): Promise<number> => sleep(20 - 4 * value, 10 * value);
    expect(await all(mapOrdered([0, 1, 2, 3, 4], 3, slowFirst, never))).toEqual([0, 10, 20, 30, 40]);
    expect(await all(mapOrdered([], 3, slowFirst, never))).toEqual([]);
  });

  it('pull the values: no more than so many are in work or wait', async () => {
    let taken = 0;
    const endless = function* (): Generator<number> { for (;;) { taken += 1; yield taken; } };
    const results = mapOrdered(endless(), 3, (value) => Promise.resolve(value), never);
    expect((await results.next()).value).toBe(1);
    expect((await results.next()).value).toBe(2);
    await sleep(20);
    expect(taken).toBeLessThanOrEqual(5);
    await results.return();
  });

  it('do not wait for the next value', async () => {
    const slow = async function* (): AsyncGenerator<number> {
      yield 1;
      await new Promise(() => undefined);
    };
    expect((await mapOrdered(slow(), 2, (value) => Promise.resolve(value), never).next()).value).toBe(1);
  });

  it('end where nobody takes them any more, and let the source know', async () => {
    let told = false;
    const source = function* (): Generator<number> { try { for (let value = 0; ; value += 1) yield value; } finally { told = true; } };
    for await (const value of mapOrdered(source(), 2, (each) => Promise.resolve(each), never)) if (value === 3) break;
    expect(told).toBe(true);
  });

  it('fail in their place, after the results before', async () => {
    const found: number[] = [];
    const work = (value: number): Promise<number> => (value === 2 ? Promise.reject(new Error('two')) : sleep(5, value));
    await expect((async () => {
      for await (const value of mapOrdered([0, 1, 2, 3], 4, work, never)) found.push(value);
    })()).rejects.toThrow('two');
    expect(found).toEqual([0, 1]);
  });

  it('fail as the source of the values does', async () => {
    const broken = async function* (): AsyncGenerator<number> {
      yield 1;
      await Promise.reject(new Error('no more'));
    };
    await expect(all(mapOrdered(broken(), 2, (value) => Promise.resolve(value), never))).rejects.toThrow('no more');
  });

  it('stop at once when they are aborted, even where the source or the work hangs', async () => {
    const hanging = async function* (): AsyncGenerator<number> { yield await new Promise<number>(() => undefined); };
    for (const [source, work] of [[hanging(), () => Promise.resolve(1)], [[1], () => new Promise<number>(() => undefined)]] as const) {
      const controller = new AbortController();
      const next = mapOrdered(source, 2, work, controller.signal).next();
      controller.abort(new Error('enough'));
      await expect(next).rejects.toThrow('enough');
    }
  });
});
