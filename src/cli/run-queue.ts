/**
 * The queue of `pipeline run --queue`. Loaded only for that: nobody else should wait for the libraries that it needs.
 */
import { resolve } from 'node:path';
import type { Config } from '../pipeline/config.js';
import { readAddress } from '../queue/address.js';
import type { PhotoExecutor } from '../run/executor.js';

export interface RunQueueOptions {
  readonly address: string;
  /** The folder that workers see as their root. */
  readonly root: string;
  readonly settings: Config['queue'];
  /** Hand everything out and wait for nothing. */
  readonly leave: boolean;
}

export interface RunQueue {
  readonly executor: PhotoExecutor;
  /** From now on tells what the person should know. */
  onNote(tell: (note: string) => void): void;
  /** How many photos each worker has judged, for people. */
  shares(): string[];
  close(): void;
}

/** @throws UsageError where there is no queue, or none that could be used */
export async function openRunQueue({ address, root, settings, leave }: RunQueueOptions): Promise<RunQueue> {
  const [{ connectQueue }, { createQueueExecutor }] = await Promise.all([import('../queue/connection.js'), import('../queue/executor.js')]);
  let tell: (note: string) => void = () => undefined;
  const onNote = (note: string): void => { tell(note); };
  const connection = await connectQueue(readAddress(address), { onNote });
  const executor = createQueueExecutor({ connection, settings, root: resolve(root), leave, onNote });
  return {
    executor,
    onNote: (teller) => { tell = teller; },
    shares: () => [...executor.shares].sort(([a], [b]) => (a < b ? -1 : 1)).map(([worker, photos]) => `  ${String(photos).padStart(5)}  judged by ${worker}`),
    close: () => { connection.close(); },
  };
}
