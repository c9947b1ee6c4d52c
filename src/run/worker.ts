/**
 * A worker process: takes photos, sends back a result each.
 */
import pLimit from 'p-limit';
import workerpool from 'workerpool';
import { processPhoto } from '../pipeline/photo.js';
import { createStages, type Stages } from '../pipeline/stages.js';
import type { PhotoJob, PhotoMessage } from './pool.js';
import { collectGarbageLessOften } from './worker-memory.js';

collectGarbageLessOften();

// What a library prints must not get into a report on standard output.
process.stdout.write = process.stderr.write.bind(process.stderr);

// Ctrl-C reaches the whole process group; it is for the parent to decide when this process ends.
process.on('SIGINT', () => undefined);

// An answer could not be sent: the parent was killed, and nobody is left to tell.
process.on('error', () => { process.exit(1); });

let stages: Promise<Stages> | undefined;

/** Results go out one by one, so that a crash costs one photo and not those before it. */
async function photos(job: PhotoJob): Promise<void> {
  stages ??= createStages(job.settings.config);
  const loading = stages;
  // Whoever needs the stages meets the failure; until then nobody may be there to meet it.
  loading.catch(() => undefined);
  // Two at a time: while one is inferred on this thread, the next is decoded on libvips' own.
  const limit = pLimit(2);
  await Promise.all(job.photos.map((photo, index) => limit(async () => {
    const result = await processPhoto(photo, loading, job.settings);
    const message: PhotoMessage = { index, result };
    workerpool.workerEmit(message);
  })));
}

workerpool.worker({ photos });
