/**
 * A worker process that opens photos and does nothing else: what the pipeline's speed is measured against.
 */
import pLimit from 'p-limit';
import workerpool from 'workerpool';
import { decodePhoto, openPhoto, shrinkFor } from '../image/decode.js';
import '../image/one-thread.js';
import { collectGarbageLessOften } from '../run/worker-memory.js';
import type { DecodeJob } from './decode-pool.js';

collectGarbageLessOften();

/** Reads and decodes as the pipeline does: same options, same shrink factor, as many at once. */
async function decode({ paths, image }: DecodeJob): Promise<void> {
  const limit = pLimit(2);
  await Promise.all(paths.map((path) => limit(async () => {
    const photo = await openPhoto(path, image);
    await decodePhoto(photo, shrinkFor(photo, image.decode_side));
  })));
}

workerpool.worker({ decode });
