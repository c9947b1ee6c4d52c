/**
 * A worker that takes any photo for one without faces, but does with some what their names say.
 */
import { setTimeout } from 'node:timers/promises';

process.on('disconnect', () => { process.exit(); });
process.on('message', ({ id, photo: { photo }, settings }) => { void judge(id, photo, settings); });

async function judge(id, photo, settings) {
  if (!photo.includes('unloadable')) process.send({ kind: 'ready' });
  // Lets the message out, and others be taken meanwhile.
  await setTimeout(photo.includes('slow') ? 500 : 20);
  if (photo.includes('deadly')) process.kill(process.pid, 'SIGKILL');
  if (photo.includes('bloated')) process.kill(process.pid, 'SIGUSR2');
  // Keeps the thread busy, as a loop without end does.
  if (photo.includes('endless')) for (;;) continue;
  if (photo.includes('unloadable')) {
    process.send({ kind: 'failed', id, message: photo.includes('crash') ? 'A worker process ended: crash.' : 'The nets cannot be loaded.' });
    return;
  }
  const result = { photo, status: 'no_face', width: 1, height: 1, faces: [], verdict: 'review', reasons: [], times: { threads: settings.config.runtime.threads } };
  process.send({ kind: 'result', id, result });
}
