/**
 * From the best weights to model files: calibration and thresholds from validation, export in three precisions, and a
 * table of what each is worth.
 */
import { byteAt } from '../../core/typed-array.js';
import { packageVersion } from '../../files/package.js';
import { countLabel, type EyeDataset } from '../data/packed-file.js';
import type { Backbone } from '../backbones/index.js';
import { CLOSED, HIDDEN, OPEN } from '../data/labels.js';
import { validationBatches } from '../data/loader.js';
import { UNCALIBRATED, type Calibration } from '../../classify/calibration.js';
import { createEyeClassifierFromModel } from '../../classify/eye-classifier.js';
import { BinaryMetrics, type BinaryFigures, type ReliabilityBin } from '../metrics/binary-metrics.js';
import { bandAt, chooseUnsureBand, type UnsureBand } from '../metrics/calibration.js';
import type { EyeModelInfo, Precision } from '../../classify/model-info.js';
import { exportModel, type TrainedWeights } from './export.js';
import { believedOpen, calibrate, placesByFace } from './calibrate.js';
import { predict } from './predict.js';
import { forwardLogits, layoutOf } from './step.js';

export interface ExportedModel {
  readonly precision: Precision;
  readonly model: Uint8Array;
  /** On validation. */
  readonly figures: BinaryFigures;
  /** Milliseconds an eye at batch 2 on one thread: median of 200 runs. */
  readonly msPerEye: number;
}

export interface FinishedModel {
  readonly calibration: Calibration;
  readonly band: UnsureBand;
  /** Where calibration and band come from: these validation eyes, the parent, or too few eyes to rely on. */
  readonly calibratedOn: 'validation' | 'parent' | 'few';
  /** Chance of being open of each validation eye, given the other eye of its face. */
  readonly open: Float32Array;
  readonly reliability: readonly ReliabilityBin[];
  readonly exports: readonly ExportedModel[];
}

export interface FinishOptions {
  readonly dataset: EyeDataset;
  readonly validation: Int32Array;
  /** Sources that are like the photos to be judged: frequencies and the threshold of closed follow them, where validation holds enough of them. */
  readonly typical?: readonly string[];
  /** px that the model will take. */
  readonly height: number;
  readonly width: number;
  /** Share of decided eyes that must be right. */
  readonly rightShare: number;
  readonly threads: number;
  /** Of the model that was trained on from: kept where there are too few validation eyes to calibrate on. */
  readonly parent?: EyeModelInfo;
}

/** An export's logits may differ from the training graph's by this much. */
const PARITY = 1e-4;
/** Logits of eyes that the net is very sure of are large, and so is their rounding. */
const PARITY_RELATIVE = 1e-5;
const PARITY_EYES = 64;
const TIMED_RUNS = 200;
/**
 * Validation eyes of each class from which on calibration and thresholds are fitted. On fewer all are soon right, and a fit
 * makes the model as sure as it can be: thresholds that only a percent of eyes may break cannot be seen on fifty.
 */
export const CALIBRATION_EYES = 150;

/** So many of the faces with open eyes of typical photos may be called closed, as a share: people smile more often than they blink. */
const FALSE_ALARMS = 0.01;
/** Eyes of each class that the typical sources must hold to be followed. */
const TYPICAL_EYES = 50;

/** Calibrates and exports. @throws if the exported model does not compute what the training graph does */
export async function finishModel(backbone: Backbone, weights: TrainedWeights, options: FinishOptions): Promise<FinishedModel> {
  const { dataset, validation, height, width } = options;
  const layout = layoutOf(backbone);
  const raw: EyeModelInfo = {
    backbone: backbone.name, crop: dataset.crop, height, width, calibration: UNCALIBRATED, closedBelow: 0.5, openAbove: 0.5, precision: 'fp32',
    toolVersion: packageVersion(),
  };
  const plain = exportModel(layout, weights, raw);
  await checkParity(backbone, weights, plain, options);
  const few = Math.min(...countLids(dataset, validation)) < CALIBRATION_EYES;
  const parent = few ? options.parent : undefined;
  const typical = typicalRows(options);
  const calibration = parent?.calibration ?? await calibrate(plain, { ...options, rows: validation, typical }, options.parent?.calibration);
  const open = believedOpen(calibration, await predict(plain, dataset, validation, options), dataset, validation);
  const lids = Array.from(validation, (row, index) => ({ label: byteAt(dataset.labels, row), open: open[index] ?? NaN }))
    .filter(({ label }) => label !== HIDDEN);
  const [chances, labels] = [lids.map((eye) => eye.open), lids.map(({ label }) => label)];
  const band = parent ? bandAt(chances, labels, parent)
    : bandAt(chances, labels, fewerAlarms(chooseUnsureBand(chances, labels, options.rightShare), openFaces(open, dataset, validation, new Set(typical))));
  const exports: ExportedModel[] = [];
  for (const precision of ['fp32', 'fp16', 'int8'] as const) {
    const info = { ...raw, calibration, precision, closedBelow: band.closedBelow, openAbove: band.openAbove };
    const model = exportModel(layout, weights, info);
    exports.push({
      precision, model, figures: await figuresOf(model, calibration, options), msPerEye: await measureMsPerEye(model, options),
    });
  }
  return {
    calibration, band, calibratedOn: parent ? 'parent' : few ? 'few' : 'validation', open, exports,
    reliability: gathered(open, dataset, validation).reliability(),
  };
}

/** The band with a lower threshold of closed, where more of the open faces than FALSE_ALARMS would be called so. */
function fewerAlarms({ closedBelow, openAbove }: UnsureBand, faces: readonly number[]): Pick<UnsureBand, 'closedBelow' | 'openAbove'> {
  const allowed = faces.toSorted((a, b) => a - b)[Math.floor(FALSE_ALARMS * faces.length)] ?? closedBelow;
  return { closedBelow: Math.min(closedBelow, allowed), openAbove };
}

/** Of the faces in `among` whose eyes are open, as far as they can be seen: the chance of the worse eye. */
function openFaces(open: Float32Array, dataset: EyeDataset, rows: Int32Array, among: ReadonlySet<number>): number[] {
  return placesByFace(dataset, rows).flatMap(({ left, right }) => {
    const lids = [left, right].flatMap((place) => {
      const row = rows[place ?? -1];
      const label = row === undefined ? HIDDEN : dataset.labels[row] ?? HIDDEN;
      return place === undefined || row === undefined || label === HIDDEN || !among.has(row) ? [] : [{ label, open: open[place] ?? NaN }];
    });
    return lids.length > 0 && lids.every(({ label }) => label === OPEN) ? [Math.min(...lids.map((eye) => eye.open))] : [];
  });
}

/** The validation rows that frequencies and the threshold of closed follow. */
function typicalRows({ dataset, validation, typical = [] }: FinishOptions): Int32Array {
  const rows = validation.filter((row) => typical.includes(dataset.sources[row] ?? ''));
  return Math.min(...countLids(dataset, rows)) < TYPICAL_EYES ? validation : rows;
}

function countLids(dataset: EyeDataset, rows: Int32Array): [closed: number, open: number] {
  return [countLabel(dataset, rows, CLOSED), countLabel(dataset, rows, OPEN)];
}

async function checkParity(
  backbone: Backbone, weights: TrainedWeights, model: Uint8Array, options: FinishOptions,
): Promise<void> {
  const rows = options.validation.slice(0, PARITY_EYES);
  for (const batch of validationBatches(options.dataset, rows, { ...options, batchSize: rows.length })) {
    const trained = await forwardLogits(backbone, weights.parameters, weights.statistics, batch);
    const exported = await predict(model, options.dataset, rows, { ...options, threads: 1 });
    for (const answer of ['open', 'visible'] as const) {
      trained[answer].forEach((logit, index) => {
        const difference = Math.abs(logit - (exported[answer][index] ?? NaN));
        if (difference <= PARITY + PARITY_RELATIVE * Math.abs(logit)) return;
        throw new Error(`The exported model differs from the training graph by ${String(difference)} on validation eye ${String(index)}: `
          + 'it must not be used.');
      });
    }
  }
}

async function figuresOf(model: Uint8Array, calibration: Calibration, options: FinishOptions): Promise<BinaryFigures> {
  const { dataset, validation } = options;
  return gathered(believedOpen(calibration, await predict(model, dataset, validation, options), dataset, validation), dataset, validation)
    .figures();
}

/** Of the eyes that can be seen. */
function gathered(open: Float32Array, dataset: EyeDataset, rows: Int32Array): BinaryMetrics {
  const metrics = new BinaryMetrics();
  rows.forEach((row, index) => {
    const label = byteAt(dataset.labels, row);
    if (label !== HIDDEN) metrics.add(open[index] ?? NaN, label);
  });
  return metrics;
}

async function measureMsPerEye(model: Uint8Array, { height, width }: FinishOptions): Promise<number> {
  const classifier = await createEyeClassifierFromModel(model, 'the exported model', { threads: 1 });
  const data = Uint8Array.from({ length: height * width }, (_, index) => (index * 97) % 251);
  const pair = [{ data, height, width }, { data, height, width }];
  const times: number[] = [];
  for (let run = 0; run < TIMED_RUNS; run += 1) {
    const from = performance.now();
    await classifier.classify(pair);
    times.push(performance.now() - from);
  }
  await classifier.release();
  return (times.sort((a, b) => a - b)[TIMED_RUNS / 2] ?? NaN) / pair.length;
}
