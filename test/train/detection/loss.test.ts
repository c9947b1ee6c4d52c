import { describe, expect, it } from 'vitest';
import { concatenate } from '../../../src/train/autodiff/layout.js';
import type { Tape, Variable } from '../../../src/train/autodiff/tape.js';
import type { CropFace } from '../../../src/train/detection/faces.js';
import { detectionLoss, type DetectionLoss } from '../../../src/train/detection/loss.js';
import { cellCount, TARGETS_PER_CELL, writeTargets } from '../../../src/train/detection/targets.js';
import { POINTS, VALUES, VALUES_PER_CELL } from '../../../src/detect/portrait-cells.js';
import { gradientError, numbers } from '../autodiff/finite-differences.js';

const SIZE = 32;
const face: CropFace = {
  x: 6, y: 4, width: 15, height: 19, ignored: false,
  points: [8, 10, 11, 10, 9.5, 10, 18, 10, 14, 10, 16, 10, 12, 14], eyes: [{ visible: 1, open: 1 }, { visible: 1, open: 0 }],
};

function targetsOf(tape: Tape): Variable {
  const shape = [1, TARGETS_PER_CELL, cellCount(SIZE)];
  const targets = new Float32Array(TARGETS_PER_CELL * cellCount(SIZE));
  writeTargets([face], SIZE, targets, 0);
  return { ...tape.graph.constant(targets, shape), shape };
}

function constant(tape: Tape, shape: readonly number[], seed: number): Variable {
  const size = shape.reduce((product, dim) => product * dim, 1);
  return { ...tape.graph.constant(numbers(size, seed), shape), shape };
}

/** The loss of maps of which the finest has the given channels at `from`. */
function lossOf(tape: Tape, channels: Variable, from: number): DetectionLoss {
  const coarser = [2, 1].map((side) => constant(tape, [1, VALUES_PER_CELL, side, side], side));
  const after = VALUES_PER_CELL - from - (channels.shape[1] ?? 0);
  const parts = [...(from > 0 ? [constant(tape, [1, from, 4, 4], 4)] : []), channels, ...(after > 0 ? [constant(tape, [1, after, 4, 4], 5)] : [])];
  return detectionLoss(tape, [concatenate(tape, parts, 1), ...coarser], targetsOf(tape));
}

function given(inputs: Readonly<Record<string, Variable>>, name: string): Variable {
  const input = inputs[name];
  if (!input) throw new Error(`no input ${name}`);
  return input;
}

describe('gradients of the detection loss equal finite differences', () => {
  // The score is drawn towards the overlap of the box, which is not differentiated for it.
  it.each([
    ['score', VALUES.score, 1], ['box', VALUES.center, 4], ['points', VALUES.points, 2 * POINTS.length],
    ['visible', VALUES.visible, 2], ['open', VALUES.open, 2],
  ] as const)('for the part "%s"', async (part, from, count) => {
    const error = await gradientError({ values: [1, count, 4, 4] }, (tape, inputs) => lossOf(tape, given(inputs, 'values'), from).parts[part]);
    expect(error).toBeLessThan(0.02);
  });
});
