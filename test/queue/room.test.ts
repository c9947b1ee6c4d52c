import { describe, expect, it } from 'vitest';
import { whenThereIsRoom } from '../../src/queue/room.js';

/** Fails so often, then writes. */
function fullFor(times: number, message = 'OOM command not allowed when used memory > \'maxmemory\'.'): () => Promise<string> {
  let tries = 0;
  return () => {
    tries += 1;
    return tries > times ? Promise.resolve('written') : Promise.reject(new Error(message));
  };
}

describe('what is written to a server', () => {
  it('is written at once where there is room, and nothing is said', async () => {
    const notes: string[] = [];
    expect(await whenThereIsRoom(fullFor(0), (note) => notes.push(note))).toBe('written');
    expect(notes).toEqual([]);
  });

  it('is tried again while its memory is full, which is said once', async () => {
    const notes: string[] = [];
    expect(await whenThereIsRoom(fullFor(2), (note) => notes.push(note))).toBe('written');
    expect(notes).toEqual([expect.stringContaining('is full (maxmemory)')]);
  });

  it('is not tried again where it fails for another reason', async () => {
    await expect(whenThereIsRoom(fullFor(1, 'NOPERM this user may not'), () => undefined)).rejects.toThrow('NOPERM');
  });
});
