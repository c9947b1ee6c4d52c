/**
 * A worker of a queue that judges nothing: node stub-worker.js ADDRESS ROOT times|'no times'. What it finds is as large as what is found in a photo of
 * three people.
 */
import { randomBytes } from 'node:crypto';
import { readAddress } from '../../dist/queue/address.js';
import { connectQueue } from '../../dist/queue/connection.js';
import { openRoot } from '../../dist/queue/root.js';
import { serveQueue } from '../../dist/queue/worker.js';
import { loadConfig } from '../../dist/pipeline/config.js';

const [, , address, root, times] = process.argv;
const stop = new AbortController();
process.on('SIGTERM', () => { stop.abort(); });
const reasons = Array.from({ length: 3 }, (_, person) => `face ${person + 1}: nothing was looked at, and this sentence is as long as one about a face`);

const executor = {
  mostAhead: 512,
  prepare: () => undefined,
  close: async () => undefined,
  run: async (photos, _settings, onResult) => {
    let number = 0;
    for await (const { photo } of photos) {
      onResult(number, {
        photo, status: 'no_face', width: 1920, height: 1280, faces: [], verdict: 'review', reasons, times: { decode: 12.5, detect: 8.25 },
        look: randomBytes(576),
        // An hour between two photos: no scenes to compare.
        ...(times === 'times' ? { capture: { time: number * 3_600_000, camera: 'stub' } } : {}),
      });
      number += 1;
    }
  },
};

const connection = await connectQueue(readAddress(address));
await serveQueue({
  connection, executor, root: await openRoot(root), config: loadConfig(undefined, ['run.workers=2']), onNote: () => undefined, signal: stop.signal,
});
connection.close();
