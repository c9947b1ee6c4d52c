/**
 * Figures of the weights as they are, on the validation part.
 */
import { packageVersion } from '../../files/package.js';
import { UNCALIBRATED } from '../../classify/calibration.js';
import { HIDDEN } from '../data/labels.js';
import { BinaryMetrics } from '../metrics/binary-metrics.js';
import type { TrainingProgress } from './checkpoint.js';
import { requireFinite } from './checks.js';
import { exportModel } from './export.js';
import { meanLoss, predict, sigmoid } from './predict.js';
import type { Stage } from './stages.js';
import type { Layout, TrainingState } from './step.js';
import type { TrainingRun } from './training-run.js';

export interface Validation {
  readonly f1: number;
  readonly loss: number;
}

/** @param stage at whose size the eyes are looked at */
export async function validate(
  run: Pick<TrainingRun, 'backbone' | 'config' | 'dataset' | 'partition'>, layout: Layout, state: TrainingState, { height, width }: Stage,
): Promise<Validation> {
  const { backbone, dataset, partition, config: { train: settings } } = run;
  const model = exportModel(layout, { parameters: state.average, statistics: state.statistics }, {
    backbone: backbone.name, crop: dataset.crop, height, width, calibration: UNCALIBRATED, closedBelow: 0.5, openAbove: 0.5, precision: 'fp32',
    toolVersion: packageVersion(),
  });
  const predictions = await predict(model, dataset, partition.validation, { height, width, threads: settings.threads });
  const loss = requireFinite(meanLoss(predictions), 0);
  const metrics = new BinaryMetrics();
  predictions.labels.forEach((label, index) => {
    if (label !== HIDDEN) metrics.add(sigmoid(predictions.open[index] ?? NaN), label);
  });
  // Both classes are there: a split without one of them was refused.
  return { loss, f1: metrics.figures().weighted_f1 ?? 0 };
}

/** By weighted F1; where that is equal, by loss. */
export function isBetter({ f1, loss }: Validation, best: TrainingProgress['best']): boolean {
  return !best || f1 > best.score || (f1 === best.score && loss < best.loss);
}
