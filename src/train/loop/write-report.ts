/**
 * What a finished run leaves in its folder for people: figures of the test part, pictures, a page.
 */
import { SIDES } from '../../core/face.js';
import { byteAt } from '../../core/typed-array.js';
import type { Calibration } from '../../classify/calibration.js';
import { HIDDEN } from '../data/labels.js';
import type { EyeDataset } from '../data/packed-file.js';
import { BinaryMetrics, describeQuality, type BinaryFigures, type BinaryIntervals } from '../metrics/binary-metrics.js';
import { confusionChart, lineChart, reliabilityChart } from '../run-report/charts.js';
import type { StepRow } from '../tracking/run-logger.js';
import { summaryPage } from '../run-report/summary.js';
import type { HistoryRow } from './checkpoint.js';
import type { FinishedModel } from './finish.js';
import type { RateSearch } from './find-learning-rate.js';
import { readSteps } from './step-log.js';
import type { TrainingOutcome, TrainingRun } from './training-run.js';
import { facesOf } from './calibrate.js';
import { predict, type PredictOptions } from './predict.js';
import { runFiles, versions } from './run-folder.js';

/** Figures of one source, or of all together. */
export interface SourceFigures {
  readonly source: string;
  /** Of the eyes that can be seen: open or closed. */
  readonly figures: BinaryFigures;
  readonly intervals: BinaryIntervals;
  /** Of the eyes that can be seen, and of crops without one, how many there are and how many the model takes for what they are. */
  readonly seen: Share;
  readonly hidden: Share;
}

/** How many of how many. */
export interface Share {
  readonly right: number;
  readonly n: number;
}

/**
 * Figures of a model on some rows, for all of them together (`all`) and for each source.
 * @param model as exported, at `size` px
 */
export async function figuresBySource(
  model: Uint8Array, calibration: Calibration, dataset: EyeDataset, rows: Int32Array, options: PredictOptions,
): Promise<SourceFigures[]> {
  if (rows.length === 0) return [];
  const predictions = await predict(model, dataset, rows, options);
  const tallies = new Map([['all', new SourceTally()]]);
  for (const { places, chances } of facesOf(calibration, predictions, dataset, rows)) {
    for (const side of SIDES) {
      const place = places[side] ?? -1;
      const row = rows[place];
      if (row === undefined) continue;
      const source = dataset.sources[row] ?? '';
      const own = tallies.get(source) ?? new SourceTally();
      tallies.set(source, own);
      for (const tally of [own, tallies.get('all')]) {
        tally?.add(byteAt(dataset.labels, row), Math.fround(chances.open[side] ?? 0.5), chances.visible[side] ?? 0, dataset.groups[row] ?? '');
      }
    }
  }
  return [...tallies].map(([source, tally]) => tally.figures(source));
}

class SourceTally {
  private readonly lids = new BinaryMetrics();
  private readonly seen = { right: 0, n: 0 };
  private readonly hidden = { right: 0, n: 0 };

  add(label: number, open: number, visible: number, group: string): void {
    const share = label === HIDDEN ? this.hidden : this.seen;
    share.n += 1;
    share.right += (visible < 0.5) === (label === HIDDEN) ? 1 : 0;
    if (label !== HIDDEN) this.lids.add(open, label, group);
  }

  figures(source: string): SourceFigures {
    return { source, figures: this.lids.figures(), intervals: this.lids.intervals(), seen: this.seen, hidden: this.hidden };
  }
}

/** One line on a source's figures. */
export function describeFigures({ figures, intervals, seen, hidden }: SourceFigures): string {
  const { weighted_f1, n, closed, open, auc, ece } = figures;
  const both = weighted_f1 === null ? ''
    : `, closed recall ${closed.recall.toFixed(4)} of ${String(closed.n)}, open recall ${open.recall.toFixed(4)} of ${String(open.n)}`;
  const area = auc === null ? '' : `, AUC ${auc.toFixed(4)}`;
  return `${describeQuality(figures, intervals)}, n ${String(n)}${both}${area}, calibration error ${ece.toFixed(4)}; taken for hidden: `
    + `${String(seen.n - seen.right)} of ${String(seen.n)} eyes${hidden.n === 0 ? '' : `, ${String(hidden.right)} of ${String(hidden.n)} crops without one`}`;
}

/** Writes figures.json, the pictures and summary.html. @returns the pictures, SVG texts by name */
export async function writeReport(
  run: TrainingRun, outcome: TrainingOutcome, finished: FinishedModel, test: readonly SourceFigures[],
): Promise<Readonly<Record<string, string>>> {
  const { folder, dataset, partition, config } = run;
  const exports = finished.exports.map(({ precision, model, msPerEye, figures }) =>
    ({ precision, bytes: model.length, ms_per_eye: msPerEye, validation: figures }));
  const { calibration, band } = finished;
  folder.write(runFiles.figures, `${JSON.stringify({ calibration, band, exports, test }, undefined, 2)}\n`);
  const pictures = drawPictures(outcome, finished, readSteps(folder));
  for (const [name, picture] of Object.entries(pictures)) folder.write(`${name}.svg`, picture);
  const [full] = finished.exports;
  folder.write(runFiles.summary, await summaryPage({
    title: `${config.train.backbone}, ${folder.path}`,
    results: {
      'best epoch': outcome.best.epoch,
      'weighted F1 on validation': full?.figures.weighted_f1?.toFixed(4) ?? '',
      'two eyes of a face, weight of each': calibration.pair.weight.toFixed(2),
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
    judged: Array.from(partition.validation, (row, index) => ({ row, open: finished.open[index] ?? NaN }))
      .filter(({ row }) => dataset.labels[row] !== HIDDEN),
  }));
  return pictures;
}

/** The loss over the learning rate, with the suggestion marked. */
export function drawRateSearch({ points, suggestion }: RateSearch): string {
  return lineChart([{ name: 'loss', points: points.map(({ rate, loss }) => ({ x: rate, y: loss })) }], {
    title: `Learning-rate sweep: ${String(suggestion)}`, x: 'learning rate', y: 'loss, smoothed', logX: true, mark: suggestion,
  });
}

function drawPictures(
  { history, rateSearch }: TrainingOutcome, { exports, reliability }: FinishedModel, steps: readonly StepRow[],
): Readonly<Record<string, string>> {
  const curve = (name: string, key: string) => ({
    name, points: history.map((row) => ({ x: numberIn(row, 'epoch'), y: numberIn(row, key) })),
  });
  const [full] = exports;
  return {
    loss: lineChart([curve('training', 'train_loss'), curve('validation', 'validation_loss')],
      { title: 'Loss', x: 'epoch', y: 'cross-entropy' }),
    f1: lineChart([curve('validation', 'validation_f1')], { title: 'Weighted F1', x: 'epoch', y: 'F1' }),
    'step-loss': stepChart(steps, 'Loss by step', 'cross-entropy', ({ loss }) => loss),
    'gradient-norm': stepChart(steps, 'Gradient norm, before clipping', 'L2 norm', ({ gradientNorm }) => gradientNorm),
    'learning-rate': stepChart(steps, 'Learning rate', 'learning rate', ({ learningRate }) => learningRate),
    ...(rateSearch ? { 'find-lr': drawRateSearch(rateSearch) } : {}),
    ...(full ? { confusion: confusionChart(full.figures.confusion, 'Validation') } : {}),
    reliability: reliabilityChart(reliability, 'Validation: is the probability honest?'),
  };
}

/** Points that a chart by step has at most: means of neighbouring steps, which noise would cover otherwise. */
const STEP_POINTS = 200;

function stepChart(steps: readonly StepRow[], title: string, y: string, valueOf: (row: StepRow) => number): string {
  const size = Math.max(1, Math.ceil(steps.length / STEP_POINTS));
  const points = Array.from({ length: Math.ceil(steps.length / size) }, (_, index) => {
    const part = steps.slice(index * size, (index + 1) * size);
    return { x: part.at(-1)?.step ?? NaN, y: part.reduce((sum, row) => sum + valueOf(row), 0) / part.length };
  });
  return lineChart([{ name: size === 1 ? 'each step' : `means of ${String(size)} steps`, points }], { title, x: 'step', y });
}

function numberIn(row: HistoryRow, key: string): number {
  return Number(row[key] ?? NaN);
}
