/**
 * A worker process: takes photos, sends back a result each.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { workerScript } from '../files/package.js';
import '../image/one-thread.js';
import { processPhoto } from '../pipeline/photo.js';
import { createStages, type Stages } from '../pipeline/stages.js';
import { collectGarbageLessOften } from './worker-memory.js';
import type { PhotoTask, WorkerMessage } from './worker-process.js';

collectGarbageLessOften();

// Ctrl-C and what ends a service reach the whole process group; it is for the parent to decide when this process ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

// The parent is gone. An ordinary exit would wait for decoders that are still at work.
process.on('disconnect', () => { process.kill(process.pid, 'SIGKILL'); });
process.on('error', () => { process.kill(process.pid, 'SIGKILL'); });

// It may have gone before this process had begun to listen.
if (process.connected !== true) process.kill(process.pid, 'SIGKILL');

const watchdog = new Worker(workerScript('watchdog'), { workerData: Number(process.argv[2]) });
const watched = once(watchdog, 'message');

/** The nets that some settings ask for, and how many photos are in work with them. */
interface Loaded {
  readonly key: string;
  readonly stages: Promise<Stages>;
  photos: number;
}

let loaded: Loaded | undefined;

/** The nets for these settings; others are released as soon as their last photo is done. */
function load({ settings }: PhotoTask): Loaded {
  const key = JSON.stringify({ ...settings.config, run: undefined });
  if (loaded?.key === key) return loaded;
  const earlier = loaded;
  const stages = createStages(settings.config);
  // Whoever needs the stages meets the failure; until then nobody may be there to meet it.
  stages.then(() => { send({ kind: 'ready' }); }, () => { if (loaded?.stages === stages) loaded = undefined; });
  loaded = { key, stages, photos: 0 };
  if (earlier !== undefined) releaseUnused(earlier);
  watchdog.postMessage(settings.config.run.photo_megabytes * 1e6);
  return loaded;
}

function releaseUnused(nets: Loaded): void {
  if (nets === loaded || nets.photos > 0) return;
  nets.stages.then((stages) => stages.release()).catch(() => undefined);
}

async function judge(task: PhotoTask): Promise<void> {
  const nets = load(task);
  nets.photos += 1;
  try {
    await watched;
    if (task.afterLoading) await nets.stages;
    send({ kind: 'result', id: task.id, result: await processPhoto(task.photo, nets.stages, task.settings) });
  } catch (error) {
    send({ kind: 'failed', id: task.id, message: error instanceof Error ? error.message : String(error) });
  } finally {
    nets.photos -= 1;
    releaseUnused(nets);
  }
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}

function isTask(value: unknown): value is PhotoTask {
  return typeof value === 'object' && value !== null && 'photo' in value;
}

process.on('message', (message) => { if (isTask(message)) void judge(message); });
