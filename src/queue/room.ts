/**
 * What to do when the server's memory is full: wait. Whoever takes results makes room.
 */
import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds between two tries. */
const interval = 500;

/**
 * Writes, as soon as there is room.
 * @param onNote called once where there is none
 * @throws as `write` does for any other reason
 */
export async function whenThereIsRoom<T>(write: () => Promise<T>, onNote: (note: string) => void): Promise<T> {
  for (let isTold = false; ;) {
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof Error && /\bOOM\b/.test(error.message))) throw error;
      if (!isTold) onNote('The memory of the queue\'s server is full (maxmemory); this waits until there is room.');
      isTold = true;
      await wait(interval);
    }
  }
}
