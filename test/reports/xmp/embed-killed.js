/**
 * Writes marks into a photo and kills itself at the given step of writing to the disk, as a power cut would at worst.
 * node embed-killed.js BASE embed|undo KILL_AT EXIFTOOL; prints the number of steps where it lives on. Only what changes something is a
 * step: between two of them the disk is the same.
 */
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { realDisk } from '../../../dist/files/disk.js';
import { embedMarks, undoEmbedding } from '../../../dist/reports/xmp/embed.js';
import { readEmbedJournal } from '../../../dist/reports/xmp/embed-journal.js';

const [base, verb, killAt, command] = process.argv.slice(2);
const options = {
  disk: realDisk, folder: join(base, 'photos'), journal: join(base, 'out.csv.embed'), force: false,
  embedded: await readEmbedJournal(realDisk, join(base, 'out.csv.embed')), exiftool: { command, version: '', source: '' },
  onSame: () => Promise.resolve(), onPhoto: () => undefined,
};

let steps = 0;
const writeSync = fs.writeSync;
/** Half of what is to be written may be on the disk. */
function die(name, args, file) {
  if (name === 'writeSync') writeSync(args[0], args[1].subarray(0, args[1].length >> 1));
  if (name === 'appendFile') writeSync(file.fd, args[0].slice(0, args[0].length >> 1));
  process.kill(process.pid, 'SIGKILL');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
const opened = await promises.open(process.execPath);
const handles = Object.getPrototypeOf(opened);
await opened.close();
for (const [module, names] of [
  [fs, ['writeSync', 'fsyncSync', 'renameSync']], [promises, ['open', 'truncate', 'utimes']], [handles, ['appendFile']],
]) {
  for (const name of names) {
    const real = module[name];
    module[name] = function step(...args) {
      if (name === 'open' && (Number(args[1]) & fs.constants.O_CREAT) === 0) return real.apply(this, args);
      steps += 1;
      if (steps === Number(killAt)) die(name, args, this);
      return real.apply(this, args);
    };
  }
}
syncBuiltinESMExports();

const outcome = verb === 'embed' ? await embedMarks([{ photo: 'a.jpg', marks: { rating: 4, label: 'Green', pick: 'pick' } }], options) : await undoEmbedding(options);
process.stdout.write(`${steps} ${JSON.stringify(outcome)}\n`);
