/**
 * A worker that takes any photo for one without faces, and dies of those whose name says so.
 */
import { setTimeout } from 'node:timers/promises';
import workerpool from 'workerpool';

workerpool.worker({
  photos: async ({ photos }) => {
    for (const [index, { photo }] of photos.entries()) {
      if (photo.includes('deadly')) process.kill(process.pid, 'SIGKILL');
      const result = { photo, status: 'no_face', width: 1, height: 1, faces: [], verdict: 'review', reasons: [], times: {} };
      workerpool.workerEmit({ index, result });
      // Lets the message out before the next photo kills the process.
      await setTimeout(20);
    }
  },
});
