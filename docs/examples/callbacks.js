/**
 * What is to happen during a training, for `--set train.callbacks=./callbacks.js`: it ends when the loss on validation has
 * not fallen for three epochs, and the loss of each hundredth step is kept in a file.
 */
import { appendFileSync } from 'node:fs';

const patience = 3;
let lowest = Infinity;
let since = 0;

/** @type {import('portrait-pipeline/extend').TrainingCallbacks} */
const callbacks = {
  onStep: ({ step, loss }) => {
    if (step % 100 === 0) appendFileSync('losses.txt', `${step} ${loss}\n`);
  },
  onEpoch: (row) => {
    const loss = Number(row['validation_loss']);
    since = loss < lowest ? 0 : since + 1;
    lowest = Math.min(lowest, loss);
    return since >= patience ? 'stop' : undefined;
  },
};

export default callbacks;
