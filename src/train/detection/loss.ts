/**
 * What the `portrait` net is to learn, as one number.
 */
import { concatenate, channelsOf } from '../autodiff/layout.js';
import {
  clamp, divide, exponential, maximum, minimum, multiply, scaleAndShift, smoothAbsolute, subtract, sumAll,
} from '../autodiff/elementwise.js';
import { add } from '../autodiff/arithmetic.js';
import { imageShape, type Tape, type Variable } from '../autodiff/tape.js';
import { POINTS, VALUES } from '../../detect/portrait-cells.js';
import { TARGETS } from './targets.js';

/** At first no cell is a face: this is added to the score's logit, so that training does not begin with false faces. */
export const SCORE_PRIOR = -4;
/** Of the box's size: deviations of points below this count by their square. */
const POINT_WIDTH = 0.02;
/** Of the log of a size in strides: beyond it, boxes are larger or smaller than any face. */
const LARGEST_LOG = 4;
/** Cells with a face that a batch has at least, an image, in the mean that losses are: a batch with few has little to say. */
const FEWEST_CELLS = 4;

export const PARTS = ['score', 'box', 'points', 'visible', 'open'] as const;

export type LossPart = (typeof PARTS)[number];

const WEIGHTS: Readonly<Record<LossPart, number>> = { score: 1, box: 2, points: 4, visible: 0.2, open: 0.3 };

export interface DetectionLoss {
  readonly total: Variable;
  /** The parts before weighting, scalars. */
  readonly parts: Readonly<Record<LossPart, Variable>>;
}

/**
 * @param maps of `writePortraitNet`, [batch, VALUES_PER_CELL, height, width] each
 * @param targets [batch, TARGETS_PER_CELL, cells], see `writeTargets`
 */
export function detectionLoss(tape: Tape, maps: readonly Variable[], targets: Variable): DetectionLoss {
  const values = concatenate(tape, maps.map((map) => {
    const [batch, channels, height, width] = imageShape(map);
    return tape.reshape(map, [batch, channels, height * width]);
  }), 2);
  const value = (from: number, count: number): Variable => channelsOf(tape, values, from, count);
  const target = (from: number, count: number): Variable => channelsOf(tape, targets, from, count);
  const face = target(TARGETS.face, 1);
  const overlap = boxOverlap(tape, value(VALUES.center, 2), value(VALUES.size, 2), target(TARGETS.box, 4));
  const perCell = (x: Variable): Variable => perFaceCell(tape, x, face);
  const score = scaleAndShift(tape, value(VALUES.score, 1), 1, SCORE_PRIOR);
  const quality = tape.emit('Mul', [overlap.iou, face], face.shape);
  const missing = multiply(tape, face, scaleAndShift(tape, overlap.distanceIou, -1, 1));
  const sides = (from: number, known: number): Variable =>
    crossEntropy(tape, value(from, 2), target(known - 2, 2), multiply(tape, target(known, 2), spread(tape, face, 2)));
  const parts = {
    score: perCell(qualityFocal(tape, score, quality, target(TARGETS.counts, 1))),
    box: perCell(missing),
    points: perCell(pointLoss(tape, value(VALUES.points, 2 * POINTS.length), targets, face)),
    visible: perCell(sides(VALUES.visible, TARGETS.visibleKnown)),
    open: perCell(sides(VALUES.open, TARGETS.openKnown)),
  };
  const total = PARTS.map((part) => scaleAndShift(tape, parts[part], WEIGHTS[part])).reduce((sum, part) => add(tape, sum, part));
  return { parts, total };
}

/** The sum of `x` over the number of cells with a face, or over a few where there are fewer. */
function perFaceCell(tape: Tape, x: Variable, face: Variable): Variable {
  const { graph } = tape;
  const [batch = 1] = face.shape;
  const count = tape.emit('ReduceSum', [face], [], { keepdims: { int: 0 } });
  const least = tape.emit('Add', [count, graph.scalar(FEWEST_CELLS * batch)], []);
  return divide(tape, sumAll(tape, x), least);
}

interface Overlap {
  /** Intersection over union, [batch, 1, cells]. */
  readonly iou: Variable;
  /** The same, less the squared distance of the centres over that of the corners of both (Zheng et al. 2020). */
  readonly distanceIou: Variable;
}

function boxOverlap(tape: Tape, center: Variable, logSize: Variable, target: Variable): Overlap {
  const size = exponential(tape, clamp(tape, logSize, -LARGEST_LOG, LARGEST_LOG));
  const targetCenter = channelsOf(tape, target, 0, 2);
  const targetSize = channelsOf(tape, target, 2, 2);
  const half = (x: Variable): Variable => scaleAndShift(tape, x, 0.5);
  const [low, high] = [subtract(tape, center, half(size)), add(tape, center, half(size))];
  const [targetLow, targetHigh] = [subtract(tape, targetCenter, half(targetSize)), add(tape, targetCenter, half(targetSize))];
  const shared = clamp(tape, subtract(tape, minimum(tape, high, targetHigh), maximum(tape, low, targetLow)), 0, 1e6);
  const around = subtract(tape, maximum(tape, high, targetHigh), minimum(tape, low, targetLow));
  const product = (x: Variable): Variable => multiply(tape, channelsOf(tape, x, 0, 1), channelsOf(tape, x, 1, 1));
  const squares = (x: Variable): Variable => {
    const squared = multiply(tape, x, x);
    return add(tape, channelsOf(tape, squared, 0, 1), channelsOf(tape, squared, 1, 1));
  };
  const intersection = product(shared);
  const union = subtract(tape, add(tape, product(size), product(targetSize)), intersection);
  const iou = divide(tape, intersection, scaleAndShift(tape, union, 1, 1e-6));
  const apart = divide(tape, squares(subtract(tape, center, targetCenter)), scaleAndShift(tape, squares(around), 1, 1e-6));
  return { iou, distanceIou: subtract(tape, iou, apart) };
}

/**
 * Quality focal loss (Li et al. 2020): cross-entropy with targets between 0 and 1, times the square of how far off the score is.
 * @param quality what the score should be; not differentiated
 */
function qualityFocal(tape: Tape, logits: Variable, quality: Variable, counts: Variable): Variable {
  const { shape } = logits;
  const emit = (op: string, ...inputs: Variable[]): Variable => tape.emit(op, inputs, shape);
  const score = emit('Sigmoid', logits);
  const off = emit('Sub', score, quality);
  const focus = emit('Mul', off, off);
  const entropy = emit('Sub', emit('Softplus', logits), emit('Mul', logits, quality));
  const loss = emit('Mul', emit('Mul', focus, entropy), counts);
  return tape.record(loss, [{
    // d/dz (s - q)^2 H = 2 (s - q) s (1 - s) H + (s - q)^3
    on: logits,
    gradient: (dy) => {
      const bend = emit('Mul', score, tape.emit('Sub', [tape.graph.scalar(1), score], shape));
      const turning = emit('Mul', emit('Mul', off, bend), entropy);
      const slope = emit('Add', emit('Add', turning, turning), emit('Mul', focus, off));
      return emit('Mul', emit('Mul', slope, counts), dy);
    },
  }]);
}

/** Mean deviation of the points in sizes of the box, in a cell. */
function pointLoss(tape: Tape, values: Variable, targets: Variable, face: Variable): Variable {
  const count = 2 * POINTS.length;
  const target = (from: number, channels: number): Variable => channelsOf(tape, targets, from, channels);
  const off = subtract(tape, values, target(TARGETS.points, count));
  const relative = multiply(tape, off, spread(tape, target(TARGETS.inverseSize, 1), count));
  const known = multiply(tape, target(TARGETS.pointsKnown, 1), face);
  return scaleAndShift(tape, multiply(tape, smoothAbsolute(tape, relative, POINT_WIDTH), spread(tape, known, count)), 1 / POINTS.length);
}

/** Cross-entropy of logits, each times its weight. */
function crossEntropy(tape: Tape, logits: Variable, targets: Variable, weights: Variable): Variable {
  const { shape } = logits;
  const entropy = tape.emit('Sub', [tape.emit('Softplus', [logits], shape), tape.emit('Mul', [logits, targets], shape)], shape);
  return tape.record(tape.emit('Mul', [entropy, weights], shape), [{
    on: logits,
    gradient: (dy) => {
      const slope = tape.emit('Sub', [tape.emit('Sigmoid', [logits], shape), targets], shape);
      return tape.emit('Mul', [tape.emit('Mul', [slope, weights], shape), dy], shape);
    },
  }]);
}

/** A constant map [batch, 1, cells] as `channels` equal ones. */
function spread(tape: Tape, x: Variable, channels: number): Variable {
  const shape = x.shape.with(1, channels);
  return tape.emit('Expand', [x, tape.graph.int64s(shape)], shape);
}
