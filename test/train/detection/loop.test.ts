import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/pipeline/config.js';
import { exportPortrait } from '../../../src/train/detection/export.js';
import { importPortrait } from '../../../src/train/detection/import.js';
import { scoreOf, trainDetector, type DetectorRun } from '../../../src/train/detection/loop.js';
import { holdsPhotos, openPackedPhotos, writePackedPhotos, type PackedPhoto } from '../../../src/train/detection/packed-photos.js';
import type { SizeFigures } from '../../../src/train/metrics/detection-metrics.js';
import { openPortraitModel } from '../../../src/detect/portrait-model.js';
import { readCheckpoint } from '../../../src/train/loop/checkpoint.js';
import { createRunFolder } from '../../../src/train/loop/run-folder.js';
import { drawnPhotos } from './detector-photos.js';

const workdir = mkdtempSync(join(tmpdir(), 'train-detector-'));
afterAll(() => { rmSync(workdir, { recursive: true, force: true }); });

const small = [`train.workdir=${workdir}`, 'train_detector.threads=1', 'train_detector.batch_size=4', 'train_detector.sizes=[64, 96]'];

describe('training of a detector', () => {
  let photos: PackedPhoto[];
  let validation: PackedPhoto[];
  beforeAll(async () => {
    photos = await drawnPhotos(6);
    validation = await drawnPhotos(3, 2);
  });

  function prepare(settings: readonly string[], changes: Partial<DetectorRun> = {}): DetectorRun {
    const config = loadConfig(undefined, [...small, ...settings]);
    return {
      config, training: photos, validation, folder: createRunFolder(config, 'photos.arrow', undefined, 'portrait'),
      say: () => undefined, stop: new AbortController().signal, resume: false, ...changes,
    };
  }

  it('learns, and the exported models say what the weights say', async () => {
    const run = prepare(['train_detector.epochs=2', 'train_detector.crops=200', 'train_detector.sizes=[64]', 'train_detector.lr=0.004']);
    const { best, layout } = await trainDetector(run);
    const { history } = readCheckpoint(run.folder.file('last.ckpt'), 'portrait', layout);
    expect(Number(history[1]?.['train_loss'])).toBeLessThan(0.85 * Number(history[0]?.['train_loss']));
    expect(readFileSync(run.folder.file('metrics.csv'), 'utf8')).toContain('recall_24-48');
    const weights = { parameters: best.state.average, statistics: best.state.statistics };
    const [full, half] = await Promise.all((['fp32', 'fp16'] as const).map(async (precision) => {
      const model = await openPortraitModel(exportPortrait(layout, weights, precision), precision, 0.01);
      const [faces = []] = await model.run(new Uint8Array(64 * 96 * 3).fill(90), 1, 96, 64);
      await model.release();
      return faces.slice(0, 3).map(({ score }) => score);
    }));
    expect(full?.length).toBeGreaterThan(0);
    half?.forEach((score, index) => { expect(score).toBeCloseTo(full?.[index] ?? NaN, 2); });
    expect(exportPortrait(layout, weights, 'fp16').length).toBeLessThan(1e6);

    const again = importPortrait(exportPortrait(layout, weights, 'fp32'), 'the export');
    const error = again.parameters.map((value, index) => Math.abs(value - (weights.parameters[index] ?? NaN)));
    expect(error.reduce((largest, value) => Math.max(largest, value), 0)).toBeLessThan(1e-4);
  });

  it('goes on after a stop as if there had been none', async () => {
    const settings = ['train_detector.epochs=2', 'train_detector.crops=12'];
    const whole = await trainDetector(prepare(settings));
    const stop = new AbortController();
    const run = prepare(settings, { stop: stop.signal, say: (line) => { if (line.startsWith('recall')) stop.abort(); } });
    expect((await trainDetector(run)).interrupted).toBe(true);
    const resumed = await trainDetector({ ...run, stop: new AbortController().signal, resume: true, say: () => undefined });
    expect(resumed.interrupted).toBe(false);
    expect(resumed.best.state.step).toBe(whole.best.state.step);
    expect(resumed.best.state.parameters).toEqual(whole.best.state.parameters);
  });
});

describe('packed photos', () => {
  it('come back as they were written', async () => {
    const photos = await drawnPhotos(2);
    const file = join(workdir, 'photos.arrow');
    writePackedPhotos(file, photos);
    expect(holdsPhotos(file)).toBe(true);
    expect(openPackedPhotos(file).map((photo) => ({ ...photo, bytes: Buffer.from(photo.bytes) }))).toEqual(photos);
  });

  it('are refused where they are none', () => {
    const file = join(workdir, 'other.arrow');
    expect(holdsPhotos(file)).toBe(false);
    expect(() => openPackedPhotos(file)).toThrow('pack');
    expect(() => { writePackedPhotos(file, []); }).toThrow('no photo');
  });
});

describe('the score that epochs are compared by', () => {
  const size = (name: string, recall: number, averagePrecision: number): SizeFigures => ({ size: name, faces: 10, recall, averagePrecision });

  it('is the mean average precision of faces from 24 px on: recall at a few false faces hangs on those few', () => {
    expect(scoreOf({ sizes: [size('12-24', 0.1, 0.1), size('24-48', 0.9, 0.6), size('48-96', 0.9, 0.8), size('>=96', 0.9, 0.7)] })).toBeCloseTo(0.7, 9);
  });

  it('leaves sizes out that no face has', () => {
    expect(scoreOf({ sizes: [size('12-24', 0.1, 0.1), size('24-48', NaN, NaN), size('48-96', 0.2, 0.8)] })).toBeCloseTo(0.8, 9);
    expect(scoreOf({ sizes: [] })).toBe(0);
  });
});
