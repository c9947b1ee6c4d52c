/**
 * For node --import: a disk that has gone, as one over a network does. Looking at a file called "gone" never comes to an end, and holds
 * a thread of the process, here on a pipe that nobody writes to (GONE_DISK). A minute of waiting is a second: a test need not wait so long.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { stat, open } = fs.promises;
fs.promises.stat = (path, ...more) => (String(path).includes('gone') ? open(process.env.GONE_DISK, 'r') : stat(path, ...more));
const { setTimeout } = globalThis;
globalThis.setTimeout = (act, milliseconds, ...more) => setTimeout(act, milliseconds > 60_000 ? milliseconds / 60 : milliseconds, ...more);
syncBuiltinESMExports();
