/**
 * Runs a model over rows of a packed dataset.
 */
import { byteAt } from '../../core/typed-array.js';
import { byteTensor, createSession, floatsOf, type Session } from '../../onnx/session.js';
import { HIDDEN, OPEN } from '../data/labels.js';
import { validationBatches } from '../data/loader.js';
import type { EyeDataset } from '../data/packed-file.js';
import { EYES_INPUT, OPEN_OUTPUT, VISIBLE_OUTPUT } from '../../classify/eye-classifier.js';

/** What a model says of some rows, in their order: logits. */
export interface Predictions {
  /** Positive for open. */
  readonly open: Float32Array;
  /** Positive where there is an eye to see. */
  readonly visible: Float32Array;
  /** 0 closed, 1 open, 2 hidden. */
  readonly labels: Uint8Array;
}

export interface PredictOptions {
  /** px of the crops that the model takes. */
  readonly height: number;
  readonly width: number;
  readonly threads: number;
  /** The eyes are first shrunk until they are so many px wide; those that are narrower stay as they are. */
  readonly eyeWidth?: number;
}

const BATCH = 256;

/**
 * Logits of a model for rows of a dataset, without augmentation.
 * @param model as `exportModel` gives it
 */
export async function predict(
  model: Uint8Array, dataset: EyeDataset, rows: Int32Array, options: PredictOptions,
): Promise<Predictions> {
  const session = await createSession(model, { threads: options.threads });
  try {
    return await predictWith(session, dataset, rows, options);
  } finally {
    await session.release();
  }
}

async function predictWith(session: Session, dataset: EyeDataset, rows: Int32Array, options: PredictOptions): Promise<Predictions> {
  const open = new Float32Array(rows.length);
  const visible = new Float32Array(rows.length);
  let at = 0;
  for (const { pixels, count, height, width } of validationBatches(dataset, rows, { ...options, batchSize: BATCH })) {
    const outputs = await session.run({ [EYES_INPUT]: byteTensor(pixels, [count, height, width]) });
    open.set(floatsOf(outputs, OPEN_OUTPUT), at);
    visible.set(floatsOf(outputs, VISIBLE_OUTPUT), at);
    at += count;
  }
  return { open, visible, labels: Uint8Array.from(rows, (row) => byteAt(dataset.labels, row)) };
}

/** Probability for a logit. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** Mean cross-entropy, in nats: of open over the eyes that can be seen, plus that of visible over all. */
export function meanLoss({ open, visible, labels }: Predictions): number {
  let [lids, seen, sight] = [0, 0, 0];
  labels.forEach((label, index) => {
    sight += crossEntropy(visible[index] ?? NaN, label === HIDDEN ? 0 : 1);
    if (label === HIDDEN) return;
    lids += crossEntropy(open[index] ?? NaN, label === OPEN ? 1 : 0);
    seen += 1;
  });
  return lids / Math.max(1, seen) + sight / Math.max(1, labels.length);
}

function crossEntropy(logit: number, target: number): number {
  return Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - logit * target;
}
