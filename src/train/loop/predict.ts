/**
 * Runs a model over rows of a packed dataset.
 */
import { byteTensor, createSession, floatsOf } from '../../onnx/session.js';
import { validationBatches } from '../data/loader.js';
import type { EyeDataset } from '../data/packed-file.js';
import { EYES_INPUT } from '../../classify/eye-classifier.js';
import { LOGIT_OUTPUT } from './export.js';

/** What a model says of some rows, in their order. */
export interface Predictions {
  /** Positive for open, divided by the model's temperature. */
  readonly logits: Float32Array;
  /** 0 closed, 1 open. */
  readonly labels: Uint8Array;
}

const BATCH = 256;

/**
 * Logits of a model for rows of a dataset, without augmentation.
 * @param model as `exportModel` gives it
 * @param size px of the crops that the model takes
 */
export async function predict(
  model: Uint8Array, dataset: EyeDataset, rows: Int32Array,
  size: { readonly height: number; readonly width: number }, threads: number,
): Promise<Predictions> {
  const session = await createSession(model, { threads });
  const logits = new Float32Array(rows.length);
  let at = 0;
  try {
    for (const { pixels, count, height, width } of validationBatches(dataset, rows, { ...size, batchSize: BATCH })) {
      const outputs = await session.run({ [EYES_INPUT]: byteTensor(pixels, [count, height, width]) }, [LOGIT_OUTPUT]);
      logits.set(floatsOf(outputs, LOGIT_OUTPUT), at);
      at += count;
    }
  } finally {
    await session.release();
  }
  return { logits, labels: Uint8Array.from(rows, (row) => dataset.labels[row] ?? 0) };
}

/** Probability for a logit. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Mean cross-entropy of logits, in nats. */
export function meanLoss({ logits, labels }: Predictions): number {
  const sum = logits.reduce((total, logit, index) => {
    const softplus = Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit)));
    return total + softplus - logit * (labels[index] ?? 0);
  }, 0);
  return sum / logits.length;
}
