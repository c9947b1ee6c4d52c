/** Opens a review of a folder as the command does, prints its link, and goes on until it is killed. node reviewer.js FOLDER REPORT */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../dist/pipeline/config.js';
import { openReview } from '../../dist/review/review.js';

const [folder, report] = process.argv.slice(2);
const config = loadConfig();
const { link } = await openReview({
  photos: readdirSync(folder).sort().map((photo) => ({ path: join(folder, photo), photo })), folder, followLinks: false, report, config,
  // All photos are judged already.
  executor: { mostAhead: 1, prepare: () => undefined, run: () => Promise.resolve(), close: () => Promise.resolve() },
  learned: { file: `${report}.yaml`, config: () => config }, port: 0, signal: new AbortController().signal, onNote: () => undefined,
});
process.stdout.write(`${link}\n`);
