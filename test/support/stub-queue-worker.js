/**
 * A worker of a queue that opens no photo: node stub-queue-worker.js ADDRESS ROOT [MILLISECONDS A PHOTO]. A photo called
 * "fatal" ends the whole process as a machine that goes down does.
 */
import { setTimeout } from 'node:timers/promises';
import { readAddress } from '../../dist/queue/address.js';
import { connectQueue } from '../../dist/queue/connection.js';
import { openRoot } from '../../dist/queue/root.js';
import { serveQueue } from '../../dist/queue/worker.js';
import { loadConfig } from '../../dist/pipeline/config.js';

const [, , address, root, delay = '0'] = process.argv;
const stop = new AbortController();
process.on('SIGTERM', () => { stop.abort(); });
const say = (text) => { process.stdout.write(`${text}\n`); };

async function judge({ photo }) {
  if (Number(delay) > 0) await setTimeout(Number(delay));
  if (photo.includes('fatal')) process.kill(process.pid, 'SIGKILL');
  say(`judged ${photo}`);
  return { photo, status: 'no_face', width: 4, height: 3, faces: [], verdict: 'review', reasons: [`looked at ${photo}`], times: { decode: 1 } };
}

const executor = {
  mostAhead: 512,
  prepare: () => undefined,
  close: async () => undefined,
  run: async (photos, _settings, onResult) => {
    const work = [];
    let taken = 0;
    for await (const photo of photos) {
      const number = taken;
      taken += 1;
      work.push(judge(photo).then((result) => { onResult(number, result); }));
    }
    await Promise.all(work);
  },
};

const connection = await connectQueue(readAddress(address), { onNote: say });
say('ready');
await serveQueue({ connection, executor, root: await openRoot(root), config: loadConfig(undefined, ['run.workers=2']), onNote: say, signal: stop.signal });
connection.close();
