import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackbone } from '../../../src/train/backbones/index.js';
import type { EyeDataset } from '../../../src/train/data/packed-file.js';
import { partitionDataset } from '../../../src/train/data/partition.js';
import { UNCALIBRATED } from '../../../src/classify/calibration.js';
import { createEyeClassifierFromModel } from '../../../src/classify/eye-classifier.js';
import type { EyeModelInfo } from '../../../src/classify/model-info.js';
import { exportModel, importModel } from '../../../src/train/loop/export.js';
import { findBatchSize } from '../../../src/train/loop/find-batch-size.js';
import { finishModel } from '../../../src/train/loop/finish.js';
import { train } from '../../../src/train/loop/loop.js';
import { chooseBatchSize, lastStage, searchLearningRate, startingState } from '../../../src/train/loop/prepare.js';
import type { TrainingRun } from '../../../src/train/loop/training-run.js';
import { readCheckpoint } from '../../../src/train/loop/checkpoint.js';
import { readSteps } from '../../../src/train/loop/step-log.js';
import { createRunFolder, gitCommit, openRunFolder } from '../../../src/train/loop/run-folder.js';
import { initialState, layoutOf } from '../../../src/train/loop/step.js';
import { TrainingStopped } from '../../../src/train/loop/stopped.js';
import { loadConfig } from '../../../src/pipeline/config.js';
import { UsageError } from '../../../src/core/usage-error.js';
import { someEyes } from '../../support/eye-patches.js';

const workdir = mkdtempSync(join(tmpdir(), 'train-'));
afterAll(() => { rmSync(workdir, { recursive: true, force: true }); });

const small = ['train.backbone=plain-nano', 'train.sizes=[8x12, 16x24]', 'train.epochs=4', 'train.threads=1',
  'train.batch_size=32', 'data.test=0', 'data.validation=0.3', `train.workdir=${workdir}`];

function infoFor(): EyeModelInfo {
  return {
    backbone: 'plain-nano', crop: 'eye', height: 16, width: 24, calibration: { ...UNCALIBRATED, turn: 0.7 }, closedBelow: 0.2, openAbove: 0.6, precision: 'fp16',
    toolVersion: '0.0.0',
  };
}

describe('training', () => {
  let dataset: EyeDataset;
  beforeAll(async () => { dataset = await someEyes(8); });

  function prepare(settings: readonly string[] = [], changes: Partial<TrainingRun> = {}): TrainingRun {
    const config = loadConfig(undefined, [...small, ...settings]);
    return {
      config, backbone: createBackbone(config.train.backbone), dataset, partition: partitionDataset(dataset, config.data), folder: createRunFolder(config, 'eyes.arrow'),
      say: () => undefined, stop: new AbortController().signal, resume: false, ...changes,
    };
  }

  it('brings F1 above 0.9, and the exported models keep it', async () => {
    const eyes = await someEyes(4);
    const settings = ['train.backbone=plain-small', 'train.sizes=[16x24]', 'train.epochs=14', 'train.strength=[0.3, 0.3]',
      'train.lr=0.003'];
    const run = prepare(settings, {
      dataset: eyes, partition: partitionDataset(eyes, loadConfig(undefined, [...small, ...settings]).data),
    });
    const { best, history } = await train(run);
    expect(Number(history.at(-1)?.['train_loss'])).toBeLessThan(Number(history[0]?.['train_loss']));
    expect(best.best?.score).toBeGreaterThan(0.9);

    const { average, statistics } = best.state;
    const finished = await finishModel(createBackbone('plain-small'), { parameters: average, statistics }, {
      dataset: eyes, validation: run.partition.validation, height: 16, width: 24, rightShare: 0.99, threads: 1,
    });
    for (const { figures } of finished.exports) expect(figures.weighted_f1).toBeGreaterThan(0.88);
    expect(finished.band.accuracy).toBeGreaterThanOrEqual(0.98);
    expect(readFileSync(run.folder.file('metrics.csv'), 'utf8')).toMatch(/^epoch,size,strength,learning_rate,train_loss/);

    const [full] = finished.exports;
    if (!full) throw new Error('no export');
    const classifier = await createEyeClassifierFromModel(full.model, 'test');
    expect(classifier.info).toMatchObject({ backbone: 'plain-small', height: 16, width: 24, closedBelow: finished.band.closedBelow });
    await classifier.release();
  });

  it('ends with the same weights whether it was interrupted in the middle of an epoch or not', async () => {
    const unbroken = await train(prepare());

    const stop = new AbortController();
    const first = prepare([], { stop: stop.signal, say: (line) => { if (line.startsWith('epoch 2')) stop.abort(); } });
    const half = await train(first);
    expect(half.interrupted).toBe(true);
    expect(half.history).toHaveLength(2);
    const resumed = await train(prepare([], { folder: first.folder, resume: true }));

    expect(resumed.interrupted).toBe(false);
    expect(resumed.history).toHaveLength(4);
    expect(resumed.best.best).toEqual(unbroken.best.best);
    expect(resumed.best.state).toEqual(unbroken.best.state);
  });

  it('says of a resumed epoch what all of its batches gave, and of steps each once', async () => {
    const settings = ['train.epochs=1', 'train.sizes=[16x24]'];
    const whole = prepare(settings);
    const unbroken = await train(whole);
    const stop = new AbortController();
    const half = prepare(settings, {
      stop: stop.signal, loggers: [{ step: ({ step }) => { if (step === 5) stop.abort(); }, epoch: () => undefined }],
    });
    expect((await train(half)).history).toEqual([]);
    const { history } = await train(prepare(settings, { folder: half.folder, resume: true }));
    expect(history[0]?.['train_loss']).toBe(unbroken.history[0]?.['train_loss']);
    expect(readSteps(half.folder)).toEqual(readSteps(whole.folder));
    expect(readSteps(whole.folder).map(({ step }) => step)).toEqual(Array.from({ length: readSteps(whole.folder).length }, (_, i) => i + 1));
    for (const { gradientNorm } of readSteps(whole.folder)) expect(gradientNorm).toBeGreaterThan(0);
  });

  it('makes one step of several batches where gradients are accumulated', async () => {
    const settings = ['train.epochs=1', 'train.sizes=[16x24]', 'train.batch_size=16'];
    const [single, double] = [prepare(settings), prepare([...settings, 'train.accumulate=2'])];
    const [{ best: one }, { best: two }] = [await train(single), await train(double)];
    expect(two.batchSize).toBe(2 * one.batchSize);
    expect(two.state.step).toBe(Math.floor(one.state.step / 2));
    expect(readSteps(double.folder)).toHaveLength(two.state.step);
  });

  it('makes fewer and larger steps at smaller sizes where batches grow', async () => {
    const settings = ['train.epochs=2', 'train.batch_size=16'];
    const [same, grown] = [prepare(settings), prepare([...settings, 'train.grow_batch=true'])];
    const [{ best: one }, { best: two }] = [await train(same), await train(grown)];
    const perEpoch = one.state.step / 2;
    // 8x12 px are a quarter of 16x24.
    expect(two.state.step).toBe(Math.floor(perEpoch / 4) + perEpoch);
    const rates = readSteps(grown.folder).map(({ learningRate }) => learningRate);
    expect(rates[0]).toBeCloseTo(2 * (readSteps(same.folder)[0]?.learningRate ?? NaN), 10);
  });

  it('loses no more than the time between two checkpoints of an epoch when it is killed', async () => {
    const settings = ['train.epochs=1', 'train.sizes=[16x24]', 'train.save_seconds=1'];
    const run = prepare(settings);
    const layout = layoutOf(run.backbone);
    let seen = 0;
    const killed = new Error('killed');
    const slow = prepare(settings, {
      loggers: [{
        step: ({ step }) => {
          // As if steps were slow: at the sixth one a second has passed.
          if (step === 6) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1100);
          seen = step;
          if (step === 9) throw killed;
        },
        epoch: () => undefined,
      }],
    });
    await expect(train(slow)).rejects.toThrow(killed);
    expect(seen).toBe(9);
    const saved = readCheckpoint(slow.folder.file('last.ckpt'), 'plain-nano', layout);
    expect({ batch: saved.batch, step: saved.state.step }).toEqual({ batch: 6, step: 6 });
    const resumed = await train(prepare(settings, { folder: slow.folder, resume: true }));
    expect(resumed.best.state).toEqual((await train(run)).best.state);
  });

  it('keeps the checkpoints of the best epochs', async () => {
    const run = prepare(['train.top_k=2', 'train.sizes=[8x12]', 'train.epochs=5']);
    const { history } = await train(run);
    const ranked = history.toSorted((a, b) => Number(b['validation_f1']) - Number(a['validation_f1'])
      || Number(a['validation_loss']) - Number(b['validation_loss'])).slice(0, 2).map(({ epoch }) => `top-00${String(epoch)}.ckpt`);
    expect(readdirSync(run.folder.path).filter((name) => name.startsWith('top-'))).toEqual(ranked.sort());
  });

  it('goes on with a finished run, its optimizer and a schedule of its own', async () => {
    const run = prepare(['train.sizes=[8x12]', 'train.epochs=2']);
    await train(run);
    const rates: number[] = [];
    const { history, interrupted } = await train({
      ...run, resume: true, more: 2, loggers: [{ step: ({ learningRate }) => { rates.push(learningRate); }, epoch: () => undefined }],
    });
    expect(interrupted).toBe(false);
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    // One-cycle again: up from a 25th of the highest, and down.
    expect(rates[0]).toBeCloseTo(0.004 / 25, 5);
    expect(Math.max(...rates)).toBeGreaterThan(0.0038);
    expect(readSteps(run.folder).at(-1)?.learningRate).toBeLessThan(0.001);
    expect(readCheckpoint(run.folder.file('last.ckpt'), 'plain-nano', layoutOf(run.backbone)).leg).toMatchObject({ epoch: 2, until: 4 });
  });

  it('ends when a callback says so', async () => {
    const { history, interrupted } = await train(prepare(['train.sizes=[8x12]', 'train.epochs=9'], {
      loggers: [{ step: () => undefined, epoch: ({ epoch }) => (epoch === 2 ? 'stop' : undefined) }],
    }));
    expect({ epochs: history.length, interrupted }).toEqual({ epochs: 2, interrupted: false });
  });

  it('leaves frozen layers as they are, their batch norms too', async () => {
    const run = prepare(['train.freeze=[conv1, conv2]', 'train.sizes=[8x12]', 'train.epochs=1']);
    const layout = layoutOf(run.backbone);
    const before = startingState(run, layout);
    const { best: { state } } = await train(run);
    for (const [vector, slots] of [['parameters', layout.parameters], ['average', layout.parameters], ['statistics', layout.statistics]] as const) {
      for (const { name, offset, size } of slots) {
        const part = (values: Float32Array): Float32Array => values.subarray(offset, offset + size);
        // These eyes are all there to be seen: nothing pulls at the offset of that answer.
        const frozen = /^conv[12]\./.test(name) || name === 'visible.bias';
        expect({ name, same: Buffer.compare(Buffer.from(part(state[vector]).slice().buffer), Buffer.from(part(before[vector]).slice().buffer)) === 0 })
          .toEqual({ name, same: frozen });
      }
    }
  });

  it('trains on from an exported model', async () => {
    const { best } = await train(prepare());
    const backbone = createBackbone('plain-nano');
    const { average, statistics } = best.state;
    const model = exportModel(layoutOf(backbone), { parameters: average, statistics }, infoFor());
    const init = importModel(model, backbone, 'test');
    const again = await train(prepare(['train.sizes=[16x24]', 'train.epochs=1', 'train.lr=0.0005'], { init }));
    expect(Number(again.history[0]?.['train_loss'])).toBeLessThan(Number(best.history[0]?.['train_loss']));
  });

  it('keeps the calibration of the model it trained on from where there are only a few dozen eyes to calibrate on', async () => {
    const eyes = await someEyes(40);
    const backbone = createBackbone('plain-nano');
    const weights = initialState(layoutOf(backbone), 'adamw', 1);
    const validation = Int32Array.from({ length: eyes.length }, (_, row) => row);
    const options = { dataset: eyes, validation, height: 16, width: 24, rightShare: 0.99, threads: 1 };
    const tuned = await finishModel(backbone, weights, { ...options, parent: infoFor() });
    expect(tuned).toMatchObject({ calibratedOn: 'parent', calibration: { turn: 0.7 }, band: { closedBelow: 0.2, openAbove: 0.6 } });
    expect((await finishModel(backbone, weights, options)).calibratedOn).toBe('few');
    const many = await someEyes(2);
    const enough = { ...options, dataset: many, validation: Int32Array.from({ length: many.length }, (_, row) => row) };
    expect(await finishModel(backbone, weights, { ...enough, parent: infoFor() })).toMatchObject({ calibratedOn: 'validation' });
  });

  it('stops early when nothing gets better', async () => {
    const run = prepare(['train.sizes=[8x12]', 'train.epochs=60', 'train.patience=1', 'train.lr=0.01', 'train.limit_batches=2']);
    const { history } = await train(run);
    expect(history.length).toBeLessThan(60);

    // Killed after its last epoch, before its models were written, it must not train on.
    const lines: string[] = [];
    const resumed = await train({ ...run, resume: true, say: (line) => { lines.push(line); } });
    expect(resumed.history).toEqual(history);
    expect(lines).toContain('nothing better in 1 epoch: stopped early');
  });

  it('says how to go on when it is stopped at the end of an epoch', async () => {
    const stop = new AbortController();
    const lines: string[] = [];
    // One step an epoch: whenever the stop comes, it comes at the end of one.
    const run = prepare(['train.limit_batches=1'], {
      stop: stop.signal, say: (line) => {
        lines.push(line);
        if (line.startsWith('epoch 1')) stop.abort();
      },
    });
    expect(await train(run)).toMatchObject({ interrupted: true });
    expect(lines).toContain(`stopped after epoch 2; go on with --resume ${run.folder.path}`);
  });

  it('names a file that is no model to train on from', () => {
    expect(() => importModel(Buffer.from('not a model'), createBackbone('plain-nano'), 'mine.onnx'))
      .toThrow(/^mine\.onnx is not an eye-state model/);
  });

  it('says what to do when the loss is not a number, and writes no checkpoint', async () => {
    const run = prepare();
    const layout = layoutOf(createBackbone('plain-nano'));
    const { parameters, statistics } = startingState(run, layout);
    await expect(train({ ...run, init: { parameters: parameters.fill(NaN), statistics, info: infoFor() } })).rejects.toThrow(/lower train\.lr/);
    expect(readdirSync(run.folder.path).filter((name) => name.endsWith('.ckpt'))).toEqual([]);
  });

  it('refuses to train on a single class', async () => {
    const run = prepare();
    const open = run.partition.train.filter((row) => dataset.labels[row] === 1);
    await expect(train({ ...run, partition: { ...run.partition, train: open } })).rejects.toThrow(/0 closed .* both classes are needed/);
  });

  it('finds a learning rate that lowers the loss', async () => {
    const run = prepare();
    const start = startingState(run, layoutOf(createBackbone('plain-nano')));
    const { points, suggestion, suggestions } = await searchLearningRate(run, start, 32);
    expect(suggestions).toHaveLength(3);
    expect(suggestions.toSorted((a, b) => a - b)[1]).toBe(suggestion);
    expect(points.length).toBeGreaterThan(20);
    expect(suggestion).toBeGreaterThan(1e-4);
    expect(suggestion).toBeLessThan(0.5);
    const atSuggestion = points.find(({ rate }) => rate >= suggestion)?.loss ?? Infinity;
    expect(atSuggestion).toBeLessThan(points[0]?.loss ?? 0);
  });

  it.each([
    ['the sweep of the learning rate', ['train.lr=auto']],
    ['the search for a batch size', ['train.batch_size=auto']],
  ])('ends %s when it is stopped, and says so', async (what, settings) => {
    const stop = new AbortController();
    const run = prepare(settings, { stop: stop.signal });
    const { backbone } = run.config.train;
    const layout = layoutOf(createBackbone(backbone));
    setTimeout(() => { stop.abort(); }, 0);
    const search = what.includes('rate')
      ? searchLearningRate(run, startingState(run, layout), 32)
      : chooseBatchSize(run, layout, lastStage(run.config.train));
    await expect(search).rejects.toThrow(TrainingStopped);
    await expect(search).rejects.toThrow(`Stopped during ${what}.`);
  });
});

describe('the batch-size finder', () => {
  const backbone = createBackbone('plain-nano');
  const options = {
    height: 8, width: 12, threads: 1, labelSmoothing: 0, optimizer: { name: 'adamw', weightDecay: 0, clip: 1 },
  } as const;

  it('gives the smallest size when memory is short', async () => {
    const { batchSize } = await findBatchSize(backbone, layoutOf(backbone), options, { megabytes: -1, eyes: 1000 });
    expect(batchSize).toBe(16);
  });

  it('leaves an epoch at least fifty updates and keeps to what it measured', async () => {
    const { batchSize, trials } = await findBatchSize(backbone, layoutOf(backbone), options, { megabytes: 1e6, eyes: 2000 });
    expect(trials.map((trial) => trial.batchSize)).not.toContain(64);
    expect(trials.map((trial) => trial.batchSize)).toContain(batchSize);
  });
});

describe('the memory that the batch-size finder reports', () => {
  it('is the growth since before the first trial, and never falls with the size', async () => {
    const backbone = createBackbone('plain-nano');
    const options = {
      height: 8, width: 12, threads: 1, labelSmoothing: 0, optimizer: { name: 'adamw', weightDecay: 0, clip: 1 },
    } as const;
    // The second size makes use of what the first has left behind.
    const held = [105e6, 101e6, 108e6, 108e6, 108e6, 108e6];
    const { trials } = await findBatchSize(backbone, layoutOf(backbone), options,
      { megabytes: 1000, eyes: 2000, heldBefore: 90e6 }, () => held.shift() ?? 0);
    expect(trials.map(({ megabytes }) => megabytes).slice(0, 2)).toEqual([15, 15]);
    expect(trials.every(({ megabytes }, index) => megabytes >= (trials[index - 1]?.megabytes ?? 0))).toBe(true);
  });
});

describe('the commit that a run folder names', () => {
  it('is the package\'s own, never that of a repository that the package lies in', () => {
    const repository = join(workdir, 'site');
    const installed = join(repository, 'node_modules', 'portrait-pipeline');
    mkdirSync(installed, { recursive: true });
    const git = (...words: string[]): string => execFileSync('git', words, { cwd: repository, encoding: 'utf8' });
    git('init', '-q');
    git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-q', '--allow-empty', '-m', 'site');
    expect(gitCommit(installed)).toBe('unknown');
    expect(gitCommit(repository)).toBe(git('rev-parse', 'HEAD').trim());
    expect(gitCommit(tmpdir())).toBe('unknown');
  });
});

describe('the run folder', () => {
  it('counts up and holds settings, versions and sources', () => {
    const config = loadConfig(undefined, [`train.workdir=${join(workdir, 'folders')}`, 'train.name=try']);
    expect(createRunFolder(config, 'eyes.arrow').path).toMatch(/001-try$/);
    const second = createRunFolder(config, 'eyes.arrow');
    expect(second.path).toMatch(/002-try$/);
    expect(readdirSync(join(second.path, 'sources'))).toEqual(['classify', 'detect', 'onnx', 'train']);
    expect(readdirSync(second.path).sort()).toEqual(['config.yaml', 'sources', 'versions.json']);
    expect(loadConfig(second.file('config.yaml'))).toEqual(config);
    expect(JSON.parse(readFileSync(second.file('versions.json'), 'utf8'))).toMatchObject({ node: process.version, data: 'eyes.arrow' });
  });

  it('says in words where none can be made', () => {
    const file = join(workdir, 'file');
    writeFileSync(file, '');
    const config = loadConfig(undefined, [`train.workdir=${file}`]);
    expect(() => createRunFolder(config, 'eyes.arrow')).toThrow(UsageError);
    expect(() => createRunFolder(config, 'eyes.arrow')).toThrow(/\(train\.workdir\): .*file is not a folder/);
  });

  it('says so when there is none', () => {
    expect(() => openRunFolder(join(workdir, 'nowhere'))).toThrow(/There is no run folder/);
  });
});
