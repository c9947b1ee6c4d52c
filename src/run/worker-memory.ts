/**
 * How processes that open photos one after the other keep house with memory. Photos are large and short-lived, everything
 * else is small and stays; the defaults of V8 and glibc are made for other programs.
 */
import { setFlagsFromString } from 'node:v8';

/**
 * The environment of such a process. glibc keeps up to eight heaps a core for a process with threads, and large pixel buffers
 * leave each of them in pieces: with two, a worker needs a quarter less memory in the same time.
 */
export function workerEnvironment(): NodeJS.ProcessEnv {
  return { MALLOC_ARENA_MAX: '2', ...process.env };
}

/**
 * To be called by such a process when it starts. With a heap of 12 MB and a young generation as large as the room that V8
 * leaves it to grow, V8 would begin to mark the whole heap as soon as it is done with it, once a photo: a quarter of all
 * processor time. Five times the heap's size is room enough. A V8 that has no such setting says so and goes on.
 */
export function collectGarbageLessOften(): void {
  setFlagsFromString('--heap-growing-percent=400');
}

/** What a process that took more memory than it may ends itself with; nothing else does. */
export const memorySignal = 'SIGUSR2';
