import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createBackbone } from '../../src/train/backbones/index.js';
import { UNCALIBRATED } from '../../src/classify/calibration.js';
import { createEyeClassifier, EYES_INPUT, OPEN_OUTPUT } from '../../src/classify/eye-classifier.js';
import { infoToMetadata } from '../../src/classify/model-info.js';
import { exportModel } from '../../src/train/loop/export.js';
import { initialState, layoutOf } from '../../src/train/loop/step.js';
import { GraphBuilder } from '../../src/onnx/graph.js';

const folder = mkdtempSync(join(tmpdir(), 'classifier-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const info = {
  backbone: 'plain-nano', height: 32, width: 48, calibration: UNCALIBRATED, closedBelow: 0.3, openAbove: 0.8, precision: 'fp32',
  toolVersion: '1.2.3', crop: 'eye',
} as const;
const layout = layoutOf(createBackbone('plain-nano'));
const model = exportModel(layout, initialState(layout, 'adamw', 1), info);

function file(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** What says that it is a model for eyes, and has a node that no engine knows. */
function hollow(): Uint8Array {
  const graph = new GraphBuilder('hollow');
  graph.output(graph.op('Guess', [graph.input(EYES_INPUT, 'uint8', ['batch', 32, 48])]), OPEN_OUTPUT, 'float32', ['batch']);
  return graph.toModel(13, infoToMetadata(info));
}

async function causeOf(path: string): Promise<unknown> {
  const error: unknown = await createEyeClassifier(path).catch((failed: unknown) => failed);
  return error instanceof Error ? error.cause : undefined;
}

function crop(shade: number, width = 48) {
  return { data: Uint8Array.from({ length: width * 32 }, (_, index) => (index * shade) % 256), width, height: 32 };
}

describe('the eye classifier', () => {
  it('gives two logits a crop, the same alone and together', async () => {
    const classifier = await createEyeClassifier(file('good.onnx', model));
    const crops = [crop(3), crop(7), crop(11)];
    const together = await classifier.classify(crops);
    expect(together).toHaveLength(3);
    for (const [index, one] of crops.entries()) {
      const [alone] = await classifier.classify([one]);
      expect(alone?.open).toBeCloseTo(together[index]?.open ?? NaN, 5);
      expect(alone?.visible).toBeCloseTo(together[index]?.visible ?? NaN, 5);
      expect(alone?.visible).not.toBe(alone?.open);
    }
    expect(await classifier.classify([])).toHaveLength(0);
    expect(classifier.info).toEqual(info);
    await classifier.release();
  });

  it('refuses crops of another size', async () => {
    const classifier = await createEyeClassifier(file('good.onnx', model));
    await expect(classifier.classify([crop(3, 40)])).rejects.toThrow('an eye crop is 40x32 px, the model takes 48x32');
    await expect(classifier.classify([crop(3), { ...crop(3), height: 30 }])).rejects.toThrow('an eye crop is 48x30 px, the model takes 48x32');
    await classifier.release();
  });

  it('says what to do when the model is missing', async () => {
    const missing = join(folder, 'none.onnx');
    await expect(createEyeClassifier(missing)).rejects.toThrow(new Error(
      `Cannot read the eye-state model ${missing}. Check classify.model in the configuration, or train one with "pipeline train".`));
    expect(await causeOf(missing)).toBeInstanceOf(Error);
  });

  it('says so when the model is damaged', async () => {
    await expect(createEyeClassifier(file('cut.onnx', model.subarray(0, model.length - 5000)))).rejects.toThrow(/cut\.onnx/);
    for (const path of [file('text.onnx', new TextEncoder().encode('hello')), file('hollow.onnx', hollow())]) {
      await expect(createEyeClassifier(path)).rejects.toThrow(new Error(`The eye-state model ${path} is damaged. Fetch it again, or train one with "pipeline train".`));
      expect(await causeOf(path)).toBeInstanceOf(Error);
    }
  });

  it('says so when it is a model of something else', async () => {
    const graph = new GraphBuilder('double');
    const x = graph.input('x', 'float32', [1]);
    graph.output(graph.op('Add', [x, x]), 'y', 'float32', [1]);
    await expect(createEyeClassifier(file('double.onnx', graph.toModel()))).rejects.toThrow(
      /double\.onnx is not an eye-state model of this version of the tool\. Set classify\.model to a file that "pipeline train" wrote\.$/);
  });

  it('does not believe a file that asks for crops larger than any eye', async () => {
    const greedy = exportModel(layout, initialState(layout, 'adamw', 1), { ...info, width: 20_000, height: 20_000 });
    await expect(createEyeClassifier(file('greedy.onnx', greedy))).rejects.toThrow(/not an eye-state model/);
  });
});
