/**
 * `pipeline review` as a person starts it, for scripts that drive its page.
 */
/* global URL */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../bin/pipeline.js', import.meta.url));

/** Starts a review, which opens no browser. Fulfilled when it has said its link; rejected with what it said where it ends before. */
export async function startReview(...args) {
  const child = spawn(process.execPath, [entry, 'review', ...args, '--no-open'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const link = await new Promise((resolve, reject) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        said += data;
        const found = /http:\/\/127\.0\.0\.1:\d+\/[\w-]+\//.exec(said);
        if (found !== null) resolve(found[0]);
      });
    }
    child.on('exit', () => { reject(new Error(said)); });
  });
  return { link, pid: child.pid, end: () => { child.kill('SIGTERM'); } };
}
