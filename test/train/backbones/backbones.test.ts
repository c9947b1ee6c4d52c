import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PbfReader } from 'pbf';
import { describe, expect, it } from 'vitest';
import { createBackbone, listBackbones } from '../../../src/train/backbones/index.js';
import { fromFloat16, toFloat16 } from '../../../src/train/backbones/stored-weight.js';
import { UNCALIBRATED } from '../../../src/classify/calibration.js';
import { createEyeClassifierFromModel } from '../../../src/classify/eye-classifier.js';
import { infoFromMetadata, type EyeModelInfo, type Precision } from '../../../src/classify/model-info.js';
import { packageFolder } from '../../../src/files/package.js';
import { readMetadata } from '../../../src/onnx/model-file.js';
import type { StepInput } from '../../../src/train/loop/step-input.js';
import { exportModel, importModel, type TrainedWeights } from '../../../src/train/loop/export.js';
import { createTrainingStep, forwardLogits, initialState, layoutOf, type LogitVectors } from '../../../src/train/loop/step.js';
import { lengthOf } from '../../../src/train/autodiff/flat-vector.js';

const sizes = [[16, 24], [24, 36], [32, 48]] as const;
const COUNT = 8;

/** Eyes as a child would draw them: a dark disc, a dark line or nothing on gray. */
function drawnEyes(height: number, width: number): StepInput {
  const labels = Uint8Array.from({ length: COUNT }, (_, index) => index % 3);
  const pixels = Uint8Array.from({ length: COUNT * height * width }, (_, index) => {
    const eye = Math.floor(index / (height * width));
    const y = Math.floor(index / width) % height - height / 2;
    const x = index % width - width / 2;
    const dark = labels[eye] === 1 ? Math.hypot(x, y) < height / 5
      : labels[eye] === 0 && Math.abs(y) < height / 16 && Math.abs(x) < width / 3;
    return 120 + 10 * eye + ((index * 97) % 13) - (dark ? 70 : 0);
  });
  return { pixels, labels, weights: new Float32Array(COUNT).fill(1), height, width };
}

async function trained(name: string): Promise<{ readonly weights: TrainedWeights; readonly losses: readonly number[] }> {
  const backbone = createBackbone(name);
  let state = initialState(layoutOf(backbone), 'adamw', 1);
  const losses: number[] = [];
  for (const [height, width] of sizes) {
    const step = await createTrainingStep(backbone, {
      batch: COUNT, height, width, threads: 1, labelSmoothing: 0, optimizer: { name: 'adamw', weightDecay: 0.01, clip: 1 },
    });
    for (let index = 0; index < 4; index += 1) {
      const result = await step.run(state, drawnEyes(height, width), 0.003);
      losses.push(result.loss);
      ({ state } = result);
    }
    await step.release();
  }
  return { weights: { parameters: state.parameters, statistics: state.statistics }, losses };
}

function infoFor(backbone: string, precision: Precision): EyeModelInfo {
  return {
    backbone, crop: 'eye', precision, height: 32, width: 48, calibration: UNCALIBRATED, closedBelow: 0.3, openAbove: 0.7, toolVersion: '0.0.0',
  };
}

async function logitsOf(model: Uint8Array): Promise<LogitVectors> {
  const classifier = await createEyeClassifierFromModel(model, 'test');
  const { pixels, height, width } = drawnEyes(32, 48);
  const crops = Array.from({ length: COUNT }, (_, index) =>
    ({ data: pixels.subarray(index * height * width, (index + 1) * height * width), height, width }));
  const answers = await classifier.classify(crops);
  await classifier.release();
  return { open: Float32Array.from(answers, ({ open }) => open), visible: Float32Array.from(answers, ({ visible }) => visible) };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (b[index] ?? NaN))), 0);
}

describe('backbones by name', () => {
  it('has at least six, from ten thousand to a million parameters', () => {
    const counts = listBackbones().map((name) => lengthOf(layoutOf(createBackbone(name)).parameters));
    expect(counts.length).toBeGreaterThanOrEqual(6);
    expect(Math.min(...counts)).toBeLessThan(15_000);
    expect(Math.max(...counts)).toBeGreaterThan(500_000);
    expect(Math.max(...counts)).toBeLessThan(1_100_000);
  });

  it('names the nearest one when there is none of that name', () => {
    expect(() => createBackbone('mobil-small')).toThrow(/did you mean mobile-small/);
  });
});

describe.each(listBackbones().filter((name) => name !== 'residual-large'))('%s', (name) => {
  it('learns at any size with the same weights, and exports to what the training graph computes', async () => {
    const { weights, losses } = await trained(name);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);

    const backbone = createBackbone(name);
    const layout = layoutOf(backbone);
    const expected = await forwardLogits(backbone, weights.parameters, weights.statistics, drawnEyes(32, 48));
    const difference = async (model: Uint8Array): Promise<number> => {
      const { open, visible } = await logitsOf(model);
      return Math.max(largestDifference(open, expected.open), largestDifference(visible, expected.visible));
    };
    const full = exportModel(layout, weights, infoFor(name, 'fp32'));
    expect(await difference(full)).toBeLessThan(4e-4);
    const half = exportModel(layout, weights, infoFor(name, 'fp16'));
    expect(await difference(half)).toBeLessThan(0.04);
    const bytes = exportModel(layout, weights, infoFor(name, 'int8'));
    expect(await difference(bytes)).toBeLessThan(0.2);
    expect(bytes.length).toBeLessThan(half.length);
    expect(half.length).toBeLessThan(full.length);

    const again = importModel(full, backbone, 'test');
    expect(largestDifference(again.parameters, weights.parameters)).toBeLessThan(1e-4);
    expect(largestDifference(again.statistics, weights.statistics)).toBe(0);
  });
});

/** Names of a model's constants that no node reads. */
function unreadConstants(model: Uint8Array): string[] {
  const found = { read: new Set<string>(), constants: Array<string>() };
  new PbfReader(model).readFields((tag, graph: typeof found, pbf) => {
    if (tag !== 7) return;
    pbf.readMessage((field, into: typeof found, inner) => {
      if (field === 1) inner.readMessage((part, read: Set<string>, node) => { if (part === 1) read.add(node.readString()); }, into.read);
      if (field === 5) inner.readMessage((part, names: string[], tensor) => { if (part === 8) names.push(tensor.readString()); }, into.constants);
    }, graph);
  }, found);
  return found.constants.filter((name) => !found.read.has(name));
}

describe('an exported model', () => {
  it.each(['plain-nano', 'mobile-small', 'residual-small', 'convnext-small'])('of %s holds nothing that no node reads', (name) => {
    const layout = layoutOf(createBackbone(name));
    const { parameters, statistics } = initialState(layout, 'adamw', 1);
    expect(unreadConstants(exportModel(layout, { parameters, statistics }, infoFor(name, 'fp16')))).toEqual([]);
  });

  it('ships', () => {
    const shipped = readFileSync(join(packageFolder, 'models', 'eye-state.onnx'));
    expect(unreadConstants(shipped)).toEqual([]);
    expect(importModel(shipped, createBackbone(infoFromMetadata(readMetadata(shipped))?.backbone ?? ''), 'shipped').parameters.length)
      .toBeGreaterThan(1000);
  });
});

describe('training on from a model', () => {
  it('refuses a model of another backbone and says what to do', () => {
    const backbone = createBackbone('plain-nano');
    const layout = layoutOf(backbone);
    const { parameters, statistics } = initialState(layout, 'adamw', 1);
    const model = exportModel(layout, { parameters, statistics }, infoFor('plain-nano', 'fp32'));
    expect(() => importModel(model, createBackbone('plain-small'), 'eyes.onnx'))
      .toThrow('eyes.onnx is a plain-nano, train.backbone is plain-small. Set train.backbone to plain-nano');
  });
});

describe('half precision', () => {
  it.each([0, 1, -2.5, 65504, 6.103515625e-5, 5.960464477539063e-8, 0.333251953125])('keeps %d as it is', (value) => {
    expect(fromFloat16(toFloat16(value))).toBe(value);
  });

  it('rounds to the nearest, and to infinity beyond its range', () => {
    expect(fromFloat16(toFloat16(1 / 3))).toBeCloseTo(1 / 3, 3);
    expect(fromFloat16(toFloat16(1 + 2 ** -11))).toBe(1);
    expect(fromFloat16(toFloat16(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(fromFloat16(toFloat16(1e6))).toBe(Infinity);
    expect(fromFloat16(toFloat16(-70000))).toBe(-Infinity);
  });
});
