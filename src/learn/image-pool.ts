/**
 * Where labelled images are worked on: worker processes, one a core, as photos are in a run.
 */
import { workerScript } from '../files/package.js';
import { createWorkerPool } from '../run/pool.js';
import type { AskImages, ImageOutcome, ImageSettings } from '../train/data/image-task.js';
import type { LabelledImage } from '../train/data/sources.js';

export interface ImagePool {
  readonly ask: AskImages;
  /** Ends the processes. */
  close(): Promise<void>;
}

/** A pool whose processes start with the first images; `run.workers` says how many. */
export function openImagePool(): ImagePool {
  const pool = createWorkerPool<LabelledImage, ImageSettings, ImageOutcome>(
    workerScript('image-worker'), (_, reason) => ({ kind: 'unreadable', reason }));
  return {
    ask: async (images, settings, onImage) => {
      const outcomes = new Array<ImageOutcome>(images.length);
      await pool.run(images, settings, (index, outcome) => {
        outcomes[index] = outcome;
        onImage?.();
      }, new AbortController().signal);
      return outcomes;
    },
    close: () => pool.close(),
  };
}
