import { beforeAll, describe, expect, it } from 'vitest';
import { createBackbone } from '../../../src/train/backbones/index.js';
import { UNCALIBRATED } from '../../../src/classify/calibration.js';
import type { EyeModelInfo } from '../../../src/classify/model-info.js';
import { CLOSED, HIDDEN, OPEN } from '../../../src/train/data/labels.js';
import type { EyeDataset } from '../../../src/train/data/packed-file.js';
import { EYE_WIDTHS } from '../../../src/train/loop/calibrate.js';
import { finishModel, type FinishedModel } from '../../../src/train/loop/finish.js';
import { initialState, layoutOf } from '../../../src/train/loop/step.js';
import { someEyes } from '../../support/eye-patches.js';

/** Eyes of cew_patches as if they came from two places: 75 that are shut and 60 that are open from `groups`, the others from `portraits`. */
function asFromGroups(eyes: EyeDataset): EyeDataset {
  const some = (wanted: number, count: number): number[] => [...eyes.labels.keys()].filter((row) => eyes.labels[row] === wanted).slice(0, count);
  const groups = new Set([...some(CLOSED, 75), ...some(OPEN, 60)]);
  return { ...eyes, sources: eyes.sources.map((_, row) => (groups.has(row) ? 'groups' : 'portraits')) };
}

describe('thresholds and frequencies', () => {
  let dataset: EyeDataset;
  const finish = (typical: readonly string[], eyes = dataset, parent?: EyeModelInfo): Promise<FinishedModel> => {
    const backbone = createBackbone('plain-nano');
    // Weights as they fall: what is sought here are frequencies, and thresholds of a net that errs.
    return finishModel(backbone, initialState(layoutOf(backbone), 'adamw', 1), {
      dataset: eyes, typical, validation: Int32Array.from(eyes.labels.keys()), height: 8, width: 12, rightShare: 0.4, threads: 1,
      ...(parent === undefined ? {} : { parent }),
    });
  };
  const calledClosed = ({ open, band }: FinishedModel): number => {
    const faces = [...dataset.labels.keys()].filter((row) => dataset.labels[row] === OPEN && dataset.sources[row] === 'groups');
    return faces.filter((row) => (open[row] ?? NaN) < band.closedBelow).length / faces.length;
  };
  beforeAll(async () => { dataset = asFromGroups(await someEyes(10)); });

  it('follow the sources that are like the photos to be judged', async () => {
    const finished = await finish(['groups']);
    expect(finished.calibration.pair.closed).toBeCloseTo(75 / 135);
    // Of a hundred faces with open eyes there, at most one is called closed.
    expect(calledClosed(finished)).toBeLessThanOrEqual(0.01);
    const all = await finish([]);
    expect(all.calibration.pair.closed).toBeCloseTo(0.5, 1);
  });

  it('count how many faces hide both eyes or one; of a single eye that says nothing', async () => {
    const paths = dataset.paths.map((_, row) => `${String(row >> 1)}#${row % 2 === 0 ? 'left' : 'right'}`);
    const labels = dataset.labels.map((label, row) => (row < 60 || (row < 100 && row % 2 === 0) ? HIDDEN : label));
    const { calibration: { pair } } = await finish([], { ...dataset, labels, paths });
    const faces = dataset.length / 2;
    expect(pair.hidden).toBeCloseTo(30 / faces, 2);
    expect(pair.one_hidden).toBeCloseTo(20 / faces, 2);
    // Where hardly any eye is hidden nothing is counted: each stands for itself.
    expect((await finish([])).calibration.pair).toMatchObject({ hidden: 0.25, one_hidden: 0.5 });
  });

  it('leave what a parent says of hidden eyes, at every width, to it where hardly any is hidden', async () => {
    const visible = EYE_WIDTHS.map((each) => ({ scale: 1, shift: each / 10 }));
    const calibration = {
      ...UNCALIBRATED, widths: [...EYE_WIDTHS], open: EYE_WIDTHS.map(() => ({ scale: 1, shift: 0 })), visible,
      pair: { ...UNCALIBRATED.pair, hidden: 0.15, one_hidden: 0.07 },
    };
    const finished = await finish([], dataset, {
      backbone: 'plain-nano', crop: 'eye', height: 8, width: 12, calibration, closedBelow: 0.2, openAbove: 0.6, precision: 'fp16', toolVersion: '0.0.0',
    });
    expect(finished).toMatchObject({ calibratedOn: 'validation', calibration: { visible, pair: { hidden: 0.15, one_hidden: 0.07 } } });
  });
});
