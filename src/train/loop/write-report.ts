/**
 * What a finished run leaves in its folder for people: figures of the test part, pictures, a page.
 */
import type { EyeDataset } from '../data/packed-file.js';
import { BinaryMetrics, describeQuality, type BinaryFigures, type BinaryIntervals } from '../metrics/binary-metrics.js';
import { confusionChart, lineChart, reliabilityChart } from '../run-report/charts.js';
import { summaryPage } from '../run-report/summary.js';
import type { HistoryRow } from './checkpoint.js';
import type { FinishedModel } from './finish.js';
import type { RateSearch } from './find-learning-rate.js';
import type { TrainingOutcome, TrainingRun } from './loop.js';
import { predict, sigmoid } from './predict.js';
import { runFiles, versions } from './run-folder.js';

/** Figures of one source, or of all together. */
export interface SourceFigures {
  readonly source: string;
  readonly figures: BinaryFigures;
  readonly intervals: BinaryIntervals;
}

/**
 * Figures of a model on some rows, for all of them together (`all`) and for each source.
 * @param model as exported, at `size` px
 */
export async function figuresBySource(
  model: Uint8Array, dataset: EyeDataset, rows: Int32Array,
  size: { readonly height: number; readonly width: number }, threads: number,
): Promise<SourceFigures[]> {
  if (rows.length === 0) return [];
  const { logits, labels } = await predict(model, dataset, rows, size, threads);
  const metrics = new Map<string, BinaryMetrics>([['all', new BinaryMetrics()]]);
  rows.forEach((row, index) => {
    const source = dataset.sources[row] ?? '';
    const own = metrics.get(source) ?? new BinaryMetrics();
    metrics.set(source, own);
    for (const gathered of [own, metrics.get('all')]) {
      gathered?.add(sigmoid(logits[index] ?? NaN), labels[index] ?? 0, dataset.groups[row]);
    }
  });
  return [...metrics].map(([source, gathered]) =>
    ({ source, figures: gathered.figures(), intervals: gathered.intervals() }));
}

/** One line on a source's figures. */
export function describeFigures({ figures, intervals }: SourceFigures): string {
  const { weighted_f1, n, closed, open, auc, ece } = figures;
  const both = weighted_f1 === null ? ''
    : `, closed recall ${closed.recall.toFixed(4)} of ${closed.n}, open recall ${open.recall.toFixed(4)} of ${open.n}`;
  const area = auc === null ? '' : `, AUC ${auc.toFixed(4)}`;
  return `${describeQuality(figures, intervals)}, n ${n}${both}${area}, calibration error ${ece.toFixed(4)}`;
}

/** Writes figures.json, the pictures and summary.html. */
export async function writeReport(
  run: TrainingRun, outcome: TrainingOutcome, finished: FinishedModel, test: readonly SourceFigures[],
): Promise<void> {
  const { folder, dataset, partition, config } = run;
  const exports = finished.exports.map(({ precision, model, msPerEye, figures }) =>
    ({ precision, bytes: model.length, ms_per_eye: msPerEye, validation: figures }));
  const { temperature, band } = finished;
  folder.write('figures.json', `${JSON.stringify({ temperature, band, exports, test }, undefined, 2)}\n`);
  const pictures = drawPictures(outcome, finished);
  for (const [name, picture] of Object.entries(pictures)) folder.write(`${name}.svg`, picture);
  const [full] = finished.exports;
  folder.write(runFiles.summary, await summaryPage({
    title: `${config.train.backbone}, ${folder.path}`,
    results: {
      'best epoch': outcome.best.epoch,
      'weighted F1 on validation': full?.figures.weighted_f1?.toFixed(4) ?? '',
      'temperature': temperature.toFixed(3),
      'closed below, open above': `${band.closedBelow.toFixed(3)}, ${band.openAbove.toFixed(3)}`,
      'decided, of them right (validation)': `${(100 * band.coverage).toFixed(1)} %, ${(100 * band.accuracy).toFixed(2)} %`,
      ...Object.fromEntries(exports.map(({ precision, bytes, ms_per_eye, validation }) => [precision,
        `${(bytes / 1000).toFixed(0)} KB, ${ms_per_eye.toFixed(3)} ms an eye, F1 ${validation.weighted_f1?.toFixed(4) ?? 'none'} on validation`])),
      ...Object.fromEntries(test.map((figures) => [`test part, ${figures.source}`, describeFigures(figures)])),
      'time waited for batches': `${(100 * outcome.waiting).toFixed(1)} %`,
    },
    origins: {
      ...versions(), seed: config.train.seed, 'split seed': config.data.split_seed, split: config.data.split,
      'held out': config.data.holdout.join(', ') || 'nothing', 'eyes (train, validation, test)':
        [partition.train, partition.validation, partition.test].map(({ length }) => length).join(', '),
    },
    charts: Object.values(pictures),
    dataset,
    judged: Array.from(partition.validation, (row, index) => ({ row, open: finished.open[index] ?? NaN })),
  }));
}

/** The loss over the learning rate, with the suggestion marked. */
export function drawRateSearch({ points, suggestion }: RateSearch): string {
  return lineChart([{ name: 'loss', points: points.map(({ rate, loss }) => ({ x: rate, y: loss })) }], {
    title: `Learning-rate sweep: ${suggestion}`, x: 'learning rate', y: 'loss, smoothed', logX: true, mark: suggestion,
  });
}

function drawPictures(
  { history, rateSearch }: TrainingOutcome, { exports, reliability }: FinishedModel,
): Readonly<Record<string, string>> {
  const curve = (name: string, key: string) => ({
    name, points: history.map((row) => ({ x: numberIn(row, 'epoch'), y: numberIn(row, key) })),
  });
  const [full] = exports;
  return {
    loss: lineChart([curve('training', 'train_loss'), curve('validation', 'validation_loss')],
      { title: 'Loss', x: 'epoch', y: 'cross-entropy' }),
    f1: lineChart([curve('validation', 'validation_f1')], { title: 'Weighted F1', x: 'epoch', y: 'F1' }),
    'learning-rate': lineChart([curve('at the end of the epoch', 'learning_rate')],
      { title: 'Learning rate', x: 'epoch', y: 'learning rate' }),
    ...(rateSearch ? { 'find-lr': drawRateSearch(rateSearch) } : {}),
    ...(full ? { confusion: confusionChart(full.figures.confusion, 'Validation') } : {}),
    reliability: reliabilityChart(reliability, 'Validation: is the probability honest?'),
  };
}

function numberIn(row: HistoryRow, key: string): number {
  return Number(row[key] ?? NaN);
}
