/**
 * Looks at data and loss before and during training, so that what is wrong is said at once and not after an hour.
 */
import type { Backbone } from '../backbones/index.js';
import { CLOSED, OPEN } from '../data/labels.js';
import type { Batch } from '../data/loader.js';
import { plainCrop } from '../data/plain-crop.js';
import { countLabel, type EyeDataset } from '../data/packed-file.js';
import { createTrainingStep, initialState, type Layout } from './step.js';

/** Something about the data or the settings that makes training pointless; the message says what to do. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}

/**
 * Checks that there are open and closed eyes, and that crops are not all of one gray.
 * @throws TrainingError
 */
export function checkData(dataset: EyeDataset, rows: Int32Array): void {
  const [closed, open] = [countLabel(dataset, rows, CLOSED), countLabel(dataset, rows, OPEN)];
  if (closed === 0 || open === 0) {
    throw new TrainingError(`The training part has ${String(closed)} closed and ${String(open)} open eyes; both classes are needed. `
      + `Pack images with ${closed === 0 ? 'closed' : 'open'} eyes as well.`);
  }
  const flat = rows.reduce((count, row) => count + (isFlat(dataset, row) ? 1 : 0), 0);
  if (flat > rows.length / 10) {
    throw new TrainingError(`${String(flat)} of ${String(rows.length)} eyes are of a single gray. Look at the images that were packed.`);
  }
}

function isFlat(dataset: EyeDataset, row: number): boolean {
  const crop = plainCrop(dataset, row, 12, 8);
  const [first] = crop;
  return crop.every((value) => value === first);
}

/** Steps in which a net must have learnt one batch by heart. */
const OVERFIT_STEPS = 60;
const OVERFIT_RATE = 0.003;

/**
 * Trains a throw-away copy of the net on one batch until it knows it by heart: if it cannot, data, labels or net are
 * broken.
 * @returns loss before and after
 * @throws TrainingError if the loss has not fallen to half of what it was
 */
export async function overfitOneBatch(
  backbone: Backbone, layout: Layout, batch: Batch, seed: number, threads: number,
): Promise<{ readonly before: number; readonly after: number }> {
  const { count, height, width } = batch;
  const step = await createTrainingStep(backbone, {
    batch: count, height, width, threads, labelSmoothing: 0, optimizer: { name: 'adamw', weightDecay: 0, clip: 1 },
  });
  const losses: number[] = [];
  try {
    let state = initialState(layout, 'adamw', seed);
    for (let index = 0; index < OVERFIT_STEPS; index += 1) {
      const result = await step.run(state, batch, OVERFIT_RATE);
      losses.push(requireFinite(result.loss, OVERFIT_RATE));
      state = result.state;
    }
  } finally {
    await step.release();
  }
  const [before = NaN] = losses;
  const after = losses.at(-1) ?? NaN;
  if (after > before / 2) {
    throw new TrainingError(`The net cannot even learn ${String(count)} eyes by heart (loss ${before.toFixed(3)}, after ${String(OVERFIT_STEPS)} `
      + `steps ${after.toFixed(3)}). Check the labels, and look at the crops.`);
  }
  return { before, after };
}

/** Returns `loss`. @throws TrainingError if it is not a number any more */
export function requireFinite(loss: number, learningRate: number): number {
  if (Number.isFinite(loss)) return loss;
  throw new TrainingError(`The loss is ${String(loss)} at a learning rate of ${learningRate.toPrecision(3)}: training has run away. `
    + 'Earlier checkpoints are unharmed. Set a lower train.lr (or auto), or a lower train.clip, and start again.');
}
