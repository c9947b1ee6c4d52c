/**
 * A thread beside a worker's main thread, which a photo may keep busy for as long as it likes: ends the process when its parent
 * is gone, or when it takes more memory than it may.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { memorySignal } from './worker-memory.js';

/** Milliseconds. A decoder takes a few hundred MB in that time at most. */
const interval = 200;

/** The parent's process id, from the parent itself: by the time that anybody could ask here, it may be gone already. */
const parent: unknown = workerData;
let budget = Infinity;
parentPort?.on('message', (bytes: number) => { budget = bytes; });

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
  if (process.memoryUsage.rss() > budget) process.kill(process.pid, memorySignal);
}, interval);

// From here on this process may be given photos: a thread that is busy at once would keep this one from being loaded.
parentPort?.postMessage('watching');
