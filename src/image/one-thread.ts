/**
 * Imported where a process of the tool's own begins, it sets sharp up for the whole process: one thread a photo, since the tool's
 * parallelism is its workers, and no cache of operations, which would only grow with photos. A process that uses the library keeps
 * its own settings.
 */
import sharp from 'sharp';

sharp.concurrency(1);
sharp.cache(false);
