/**
 * Makes a model's answers honest: at every size of eye, on turned heads, and for the two eyes of a face together.
 */
import { doubleAt, floatAt } from '../../core/typed-array.js';
import type { EyeAnswer } from '../../core/eye.js';
import {
  eyeChances, faceChances, UNCALIBRATED, type Calibration, type FaceChances,
} from '../../classify/calibration.js';
import { eyeWidthOf } from '../../core/eye.js';
import { perEye, SIDES, type PerEye } from '../../core/face.js';
import { attention } from '../data/balance.js';
import { CLOSED, HIDDEN, OPEN } from '../data/labels.js';
import { countLabel, type EyeDataset } from '../data/packed-file.js';
import { fitLine } from '../metrics/calibration.js';
import { predict, type Predictions } from './predict.js';

/** Widths of eyes that are calibrated for, px. */
export const EYE_WIDTHS = [6, 8, 12, 16, 24] as const;

/** Winks are taken for at least this frequent: real groups hold next to none, but who winks must be found. */
const FEWEST_WINKS = 0.04;

const weights = [0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
const turns = Array.from({ length: 21 }, (_, step) => step / 10);

export interface CalibrateOptions {
  readonly dataset: EyeDataset;
  /** Rows to fit on. */
  readonly rows: Int32Array;
  /** Those of them that are like the photos to be judged: how frequent shut and hidden eyes are is counted on them. */
  readonly typical: Int32Array;
  /** px that the model takes. */
  readonly height: number;
  readonly width: number;
  readonly threads: number;
}

/** Below so many crops without an eye, what is said of visibility is not fitted. */
const FEWEST_HIDDEN = 60;

/**
 * Fits a model's calibration: at each width on the eyes shrunk to it, then the turn, then how much two eyes of a face say
 * beyond one.
 * @param fallback whose word on visibility is kept where there are too few crops without an eye
 */
export async function calibrate(model: Uint8Array, options: CalibrateOptions, fallback?: Calibration): Promise<Calibration> {
  const { dataset, rows, typical } = options;
  const fewHidden = countLabel(dataset, rows, HIDDEN) < FEWEST_HIDDEN;
  const importance = importanceOf(dataset, rows);
  const open: Calibration['open'] = [];
  const visible: Calibration['visible'] = [];
  for (const [at, eyeWidth] of EYE_WIDTHS.entries()) {
    const predictions = await predict(model, dataset, rows, { ...options, eyeWidth });
    // An eye that was smaller all along says nothing of this size.
    const large = Float64Array.from(rows, (row, index) =>
      eyeWidthOf(floatAt(dataset.cropWidths, row)) >= eyeWidth * 0.8 ? doubleAt(importance, index) : 0);
    open.push(fitLine(predictions.open, labelsOf(predictions, OPEN), large.map((weight, index) =>
      predictions.labels[index] === HIDDEN ? 0 : weight)));
    visible.push(fewHidden ? fallback?.visible[at] ?? ALWAYS_VISIBLE
      : fitLine(predictions.visible, predictions.labels.map((label) => (label === HIDDEN ? 0 : 1)), sightEvened(large, predictions)));
  }
  const sized = { ...UNCALIBRATED, widths: [...EYE_WIDTHS], open, visible };
  const predictions = await predict(model, dataset, rows, options);
  const turned = { ...sized, turn: best(turns, (turn) => lossOf({ ...sized, turn, pair: EACH_FOR_ITSELF }, predictions, options, importance)) };
  const sight = fewHidden ? fallback?.pair ?? EACH_FOR_ITSELF : sightFrequencies(dataset, typical);
  const { hidden, one_hidden } = sight;
  const weight = best(weights, (each) => lossOf(
    { ...turned, pair: { closed: 0.5 - FEWEST_WINKS, wink: 2 * FEWEST_WINKS, weight: each, hidden, one_hidden } }, predictions, options, importance));
  return { ...turned, pair: { ...lidFrequencies(dataset, typical), weight, hidden, one_hidden } };
}

/** How frequent shut eyes and winks are among faces: what to expect before looking. */
function lidFrequencies(dataset: EyeDataset, rows: Int32Array): Pick<Calibration['pair'], 'closed' | 'wink'> {
  const lids = labelsByFace(dataset, rows).map((face) => face.filter((label) => label !== HIDDEN)).filter((face) => face.length > 0);
  const share = (fits: (face: readonly number[]) => boolean): number => lids.filter(fits).length / Math.max(1, lids.length);
  return {
    closed: Math.min(0.6, Math.max(0.02, share((face) => !face.includes(OPEN)))),
    wink: Math.max(FEWEST_WINKS, share((face) => face.includes(OPEN) && face.includes(CLOSED))),
  };
}

/** How frequent faces are that hide both eyes or one, among those of which both were looked at. */
function sightFrequencies(dataset: EyeDataset, rows: Int32Array): Pick<Calibration['pair'], 'hidden' | 'one_hidden'> {
  const pairs = labelsByFace(dataset, rows).filter((face) => face.length === 2);
  const share = (count: number): number =>
    pairs.filter((face) => face.filter((label) => label === HIDDEN).length === count).length / Math.max(1, pairs.length);
  return { hidden: Math.min(0.4, Math.max(0.02, share(2))), one_hidden: Math.min(0.4, Math.max(0.02, share(1))) };
}

/** Crops beside the eyes are faces of their own here, of one eye. */
function labelsByFace(dataset: EyeDataset, rows: Int32Array): number[][] {
  return placesByFace(dataset, rows).map(({ left, right }) =>
    [left, right].flatMap((place) => (place === undefined ? [] : [dataset.labels[rows[place] ?? -1] ?? HIDDEN])));
}

/** The same weights, eyes that can be seen and eyes that cannot made to count alike. */
function sightEvened(importance: Float64Array, { labels }: Predictions): Float64Array {
  const sum = (hidden: boolean): number => importance.reduce((total, each, index) => total + ((labels[index] === HIDDEN) === hidden ? each : 0), 0);
  const [hidden, visible] = [sum(true), sum(false)];
  return importance.map((each, index) => (each * (hidden + visible)) / (2 * Math.max(1e-9, labels[index] === HIDDEN ? hidden : visible)));
}

const EACH_FOR_ITSELF = UNCALIBRATED.pair;

/** What a net that never learnt what a hidden eye is has to say of it: that there is none. */
const ALWAYS_VISIBLE = { scale: 1e-3, shift: 8 };

/** What each row counts: closed and open eyes, and sources, even out as in training. */
function importanceOf(dataset: EyeDataset, rows: Int32Array): Float64Array {
  const byRow = new Map<number, number>();
  for (const cell of attention(dataset, rows)) {
    for (const row of cell.rows) byRow.set(row, (cell.share * rows.length) / cell.rows.length);
  }
  return Float64Array.from(rows, (row) => byRow.get(row) ?? 0);
}

function labelsOf({ labels }: Predictions, label: number): Uint8Array {
  return labels.map((each) => (each === label ? 1 : 0));
}

function best(values: readonly number[], loss: (value: number) => number): number {
  const losses = values.map(loss);
  return values[losses.indexOf(Math.min(...losses))] ?? 1;
}

function lossOf(calibration: Calibration, predictions: Predictions, { dataset, rows }: CalibrateOptions, importance: Float64Array): number {
  const open = believedOpen(calibration, predictions, dataset, rows);
  let sum = 0;
  predictions.labels.forEach((label, index) => {
    if (label === HIDDEN) return;
    const right = label === OPEN ? floatAt(open, index) : 1 - floatAt(open, index);
    sum -= doubleAt(importance, index) * Math.log(Math.max(1e-9, right));
  });
  return sum;
}

/** The chance that each row's eye is open, given what is known of the other eye of its face too. */
export function believedOpen(calibration: Calibration, predictions: Predictions, dataset: EyeDataset, rows: Int32Array): Float32Array {
  const open = new Float32Array(rows.length);
  for (const { chances, places } of facesOf(calibration, predictions, dataset, rows)) {
    for (const side of SIDES) {
      const place = places[side];
      if (place !== undefined) open[place] = chances.open[side] ?? 0.5;
    }
  }
  return open;
}

/** The eyes of one face, or an eye that stands for itself. */
export interface JudgedFace {
  readonly chances: FaceChances;
  /** Where the eyes are among the rows. */
  readonly places: PerEye<number>;
}

/** Rows as faces: the eyes of a photo's face share their path but for `#left` and `#right`. */
export function facesOf(calibration: Calibration, predictions: Predictions, dataset: EyeDataset, rows: Int32Array): JudgedFace[] {
  const answer = (place: number | undefined): EyeAnswer | undefined => {
    const row = rows[place ?? -1];
    if (place === undefined || row === undefined) return undefined;
    return eyeChances(calibration, { open: predictions.open[place] ?? NaN, visible: predictions.visible[place] ?? NaN },
      { width: eyeWidthOf(floatAt(dataset.cropWidths, row)), turn: floatAt(dataset.turns, row) });
  };
  return placesByFace(dataset, rows).map((places) => {
    return { places, chances: faceChances(calibration.pair, perEye(answer(places.left), answer(places.right))) };
  });
}

/** As `facesOf`, before anything is known of them: where the eyes of each face are among the rows. */
export function placesByFace(dataset: EyeDataset, rows: Int32Array): PerEye<number>[] {
  const faces = new Map<string, { left?: number; right?: number }>();
  rows.forEach((row, index) => {
    const path = dataset.paths[row] ?? '';
    const side = SIDES.find((each) => path.endsWith(`#${each}`));
    const name = `${dataset.sources[row] ?? ''}/${side === undefined ? path : path.slice(0, -side.length)}`;
    const face = faces.get(name) ?? {};
    faces.set(name, face);
    face[side ?? 'left'] = index;
  });
  return [...faces.values()];
}
