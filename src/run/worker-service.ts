/**
 * What a worker process does beside its work: it lives as long as its parent, keeps house with memory, and loads nets when they
 * are asked for.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { workerScript } from '../files/package.js';
import type { Config } from '../pipeline/config.js';
import { collectGarbageLessOften } from './worker-memory.js';
import type { WorkerMessage, WorkerSettings, WorkerTask } from './worker-process.js';

/** What a process needs for its work, loaded. */
interface Nets {
  release(): Promise<void>;
}

/** What a process does. */
export interface Work<Item, Settings extends WorkerSettings, Loaded extends Nets, Result> {
  /** Loads what items are worked on with. @throws if no item can be worked on with these settings */
  readonly load: (config: Config) => Promise<Loaded>;
  /** @param nets may still be loading: the item is opened meanwhile */
  readonly work: (item: Item, nets: Promise<Loaded>, settings: Settings) => Promise<Result>;
}

/** Nets for some settings, and how many photos are in work with them. */
interface InUse<Loaded> {
  readonly key: string;
  readonly nets: Promise<Loaded>;
  photos: number;
}

/** Takes items and sends back a result each, as long as the parent lives. */
export function serveTasks<Item, Settings extends WorkerSettings, Loaded extends Nets, Result>(
  { load, work }: Work<Item, Settings, Loaded, Result>,
): void {
  collectGarbageLessOften();

  // Ctrl-C and what ends a service reach the whole process group; it is for the parent to decide when this process ends.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);

  // The parent is gone. An ordinary exit would wait for decoders that are still at work.
  process.on('disconnect', () => { process.kill(process.pid, 'SIGKILL'); });
  process.on('error', () => { process.kill(process.pid, 'SIGKILL'); });

  // It may have gone before this process had begun to listen.
  if (!process.connected) process.kill(process.pid, 'SIGKILL');

  const watchdog = new Worker(workerScript('watchdog'), { workerData: Number(process.argv[2]) });
  const watched = once(watchdog, 'message');
  let current: InUse<Loaded> | undefined;

  const send = (message: WorkerMessage<Result>): void => { process.send?.(message); };

  const releaseUnused = (used: InUse<Loaded>): void => {
    if (used === current || used.photos > 0) return;
    used.nets.then((nets) => nets.release()).catch(() => undefined);
  };

  /** The nets for these settings; others are released as soon as their last photo is done. */
  const netsFor = ({ config }: Settings): InUse<Loaded> => {
    const key = JSON.stringify({ ...config, run: undefined });
    if (current?.key === key) return current;
    const earlier = current;
    const nets = load(config);
    // Whoever needs the nets meets the failure; until then nobody may be there to meet it.
    nets.then(() => { send({ kind: 'ready' }); }, () => { if (current?.nets === nets) current = undefined; });
    current = { key, nets, photos: 0 };
    if (earlier !== undefined) releaseUnused(earlier);
    watchdog.postMessage(config.run.photo_megabytes * 1e6);
    return current;
  };

  const serve = async ({ id, photo, settings, afterLoading }: WorkerTask<Item, Settings>): Promise<void> => {
    const used = netsFor(settings);
    used.photos += 1;
    try {
      await watched;
      if (afterLoading) await used.nets;
      send({ kind: 'result', id, result: await work(photo, used.nets, settings) });
    } catch (error) {
      send({ kind: 'failed', id, message: error instanceof Error ? error.message : String(error) });
    } finally {
      used.photos -= 1;
      releaseUnused(used);
    }
  };

  process.on('message', (message) => { if (isTask<Item, Settings>(message)) void serve(message); });
}

function isTask<Item, Settings extends WorkerSettings>(value: unknown): value is WorkerTask<Item, Settings> {
  return typeof value === 'object' && value !== null && 'photo' in value;
}
