import { describe, expect, it } from 'vitest';
import { Turns, UnwantedError } from '../../src/image/turns.js';

const { signal } = new AbortController();

describe('work that takes turns', () => {
  /** Work by name that is begun when its turn comes and ends when it is told to. */
  const works = (atOnce: number): {
    readonly begun: string[]; readonly add: (name: string, urgency: number, of?: AbortSignal) => Promise<string>; readonly end: (name: string) => Promise<void>;
  } => {
    const turns = new Turns(atOnce);
    const begun: string[] = [];
    const ends = new Map<string, () => void>();
    return {
      begun,
      add: (name, urgency, of = signal) => turns.take(urgency, of, () => new Promise((resolve) => {
        begun.push(name);
        ends.set(name, () => { resolve(name); });
      })),
      end: async (name) => {
        ends.get(name)?.();
        await new Promise(setImmediate);
      },
    };
  };

  it('is begun as much at once as may be, then what is most urgent, of equals what came first', async () => {
    const { begun, add, end } = works(2);
    const all = [add('a', 2), add('b', 2), add('c', 2), add('d', 0), add('e', 1), add('f', 0)];
    expect(begun).toEqual(['a', 'b']);
    for (const name of ['b', 'd', 'a', 'f', 'e', 'c']) {
      expect(begun).toContain(name);
      await end(name);
    }
    expect(begun).toEqual(['a', 'b', 'd', 'f', 'e', 'c']);
    expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });

  it('is not begun where nobody waits for it any more, and keeps nothing else from it', async () => {
    const { begun, add, end } = works(1);
    const gone = new AbortController();
    const [, left, last] = [add('a', 0), add('b', 0, gone.signal), add('c', 0)];
    gone.abort();
    await Promise.all([end('a'), expect(left).rejects.toThrow(UnwantedError)]);
    await end('c');
    expect([begun, await last]).toEqual([['a', 'c'], 'c']);
  });

  it('makes room for the next also where it fails', async () => {
    const turns = new Turns(1);
    const failed = turns.take(0, signal, () => Promise.reject(new Error('damaged')));
    await expect(failed).rejects.toThrow('damaged');
    expect(await turns.take(0, signal, () => Promise.resolve(7))).toBe(7);
  });
});
