/**
 * A user's own labels, the whole way: pack, train, evaluate.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { entry, pipeline } from '../support/pipeline.js';
import { labelledSet } from '../support/made-sets.js';
import { containing, matching } from '../support/matchers.js';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'training-')); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** A folder with open/ and closed/, each with some eye patches. */
async function someEyes(name: string, every: number, states: readonly string[] = ['open', 'closed']): Promise<string> {
  const target = join(folder, name);
  const set = await labelledSet('cew_patches');
  for (const state of states) {
    mkdirSync(join(target, state), { recursive: true });
    const files = readdirSync(join(set, state)).sort().filter((_, index) => index % every === 0);
    for (const file of files) copyFileSync(join(set, state, file), join(target, state, file));
  }
  return target;
}

/** Settings that make training take seconds. */
const quick = ['--backbone', 'plain-nano', '--epochs', '8', '--set', 'train.sizes=[16x24]', '--set', 'train.strength=[0.2,0.2]'];

const figures = z.object({
  kind: z.string(), photo: z.null(), eye: z.object({ n: z.number(), weighted_f1: z.number(), confusion: z.array(z.array(z.number())) }),
});

describe('labels of one\'s own', () => {
  let packed: string;
  let model: string;

  it('are packed, with what could not be read named, listed and told by the exit code', async () => {
    const eyes = await someEyes('mine', 4);
    writeFileSync(join(eyes, 'open', 'broken.jpg'), 'not a picture');
    packed = join(folder, 'mine.arrow');
    const { code, stdout, stderr } = await pipeline('pack', eyes, '-o', packed);
    expect({ code, stderr }).toMatchObject({ code: 3 });
    expect(stderr).toContain('mine has no rule in data.groups: each image is a group by itself');
    expect(stdout + stderr).toMatch(/mine \(eye patches\): \d+ closed, \d+ open; left out: 1 /);
    expect(readFileSync(`${packed}.left-out.csv`, 'utf8')).toContain('open/broken.jpg');
  });

  it('train a net in a numbered run folder with everything that belongs to it', async () => {
    const workdir = join(folder, 'workdir');
    const { code, stdout, stderr } = await pipeline('train', packed, ...quick, '--name', 'mine', '--set', `train.workdir=${workdir}`);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const run = join(workdir, '001-mine');
    expect(readdirSync(run)).toEqual(expect.arrayContaining([
      'config.yaml', 'console.log', 'metrics.csv', 'best.ckpt', 'last.ckpt', 'summary.html', 'versions.json', 'sources',
      'loss.svg', 'confusion.svg', 'eye-state.onnx', 'eye-state.fp16.onnx', 'eye-state.int8.onnx',
    ]));
    expect(stdout + stderr).toMatch(/test mine: F1 0\.\d+/);
    model = join(run, 'eye-state.fp16.onnx');
  });

  it('are shown as packed, and as the net sees them at each stage', async () => {
    const [sheet, batch] = [join(folder, 'sheet.png'), join(folder, 'batch.png')];
    expect((await pipeline('pack', await someEyes('shown', 60), '-o', join(folder, 'shown.arrow'), '--show', sheet)).code).toBe(0);
    expect((await pipeline('train', packed, '--show-batch', batch)).code).toBe(0);
    const [packedSize, batchSize] = await Promise.all([sheet, batch].map(async (path) => sharp(path).metadata()));
    // A row a class, one for each of the four stages.
    expect([packedSize?.height, batchSize?.height]).toEqual([2 * 90, 4 * 90]);
    expect(batchSize?.width).toBe(8 + 12 * 100);
    expect(await pipeline('train', packed, '--show-batch', join(folder, 'batch.jpg'))).toMatchObject({ code: 2, stderr: containing('end the name in .png') });
  });

  it('are swept over settings; a run that came to its end is not repeated, one that was killed goes on', async () => {
    const workdir = join(folder, 'swept');
    const sweep = join(folder, 'sweep.yaml');
    writeFileSync(sweep, 'name: rates\nsettings: { train.lr: [0.001, 0.01] }\n');
    const quicker = ['--backbone', 'plain-nano', '--epochs', '1', '--set', 'train.sizes=[8x12]', '--set', `train.workdir=${workdir}`];
    const first = await pipeline('train', packed, '--sweep', sweep, ...quicker);
    expect({ code: first.code, stderr: first.stderr }).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/^[* ] 0\.\d{4} {2}train\.lr=0\.01?/m);
    expect(readFileSync(join(workdir, 'rates.csv'), 'utf8')).toMatch(/^train\.lr,mean_f1,deviation,as_good_as_best,f1,folders\n0\.01?/);
    expect(existsSync(join(workdir, 'rates.html'))).toBe(true);
    const [done = '', killed = ''] = readdirSync(workdir).filter((name) => /^00\d-rates-/.test(name)).sort();
    const before = statSync(join(workdir, done, 'summary.html')).mtimeMs;
    rmSync(join(workdir, killed, 'figures.json'));
    const again = await pipeline('train', packed, '--sweep', sweep, ...quicker);
    expect(again.code).toBe(0);
    expect(again.stdout + again.stderr).toContain('all epochs (1) are trained');
    expect(readdirSync(workdir).filter((name) => /^\d+-/.test(name))).toEqual([done, killed]);
    expect(statSync(join(workdir, done, 'summary.html')).mtimeMs).toBe(before);

    // With other settings they are other runs.
    writeFileSync(sweep, 'name: rates\nsettings: { train.lr: [0.001] }\n');
    expect((await pipeline('train', packed, '--sweep', sweep, ...quicker, '--set', 'train.strength=[0.1,0.1]')).code).toBe(0);
    expect(readdirSync(workdir).filter((name) => /^\d+-/.test(name))).toHaveLength(3);

    writeFileSync(sweep, 'settings: { train.learning_rate: [0.1] }\n');
    expect(await pipeline('train', packed, '--sweep', sweep, ...quicker)).toMatchObject({ code: 2, stderr: containing('Did you mean train.lr?') });
  });

  it('go on only with the data and settings that the run began with', async () => {
    const run = join(folder, 'workdir', '001-mine');
    const before = readFileSync(join(run, 'eye-state.onnx'));
    const other = join(folder, 'other.arrow');
    await pipeline('pack', await someEyes('other', 20), '-o', other);
    const data = await pipeline('train', other, '--resume', run);
    expect(data.stderr).toMatch(/001-mine was trained on another packed file \(.*mine\.arrow\)/);
    const settings = await pipeline('train', packed, '--resume', run, '--epochs', '9', '--set', 'train.lr=0.1', '--find-lr');
    expect(settings.stderr).toMatch(/leave out --epochs, --set, --find-lr\./);
    expect([data.code, settings.code]).toEqual([2, 2]);
    expect(readFileSync(join(run, 'eye-state.onnx'))).toEqual(before);

    const finished = await pipeline('train', packed, '--resume', run);
    expect(finished).toMatchObject({ code: 0, stderr: containing('all epochs (8) are trained: models and figures are made again') });
  });

  it('are trained on with a finished run, for more epochs; a run that has not come to its end has its own left', async () => {
    const run = join(folder, 'workdir', '001-mine');
    const more = await pipeline('train', packed, '--resume', run, '--more', '1');
    expect(more).toMatchObject({ code: 0, stderr: containing('going on at epoch 9, batch 1') });
    expect(readFileSync(join(run, 'metrics.csv'), 'utf8').trim().split('\n')).toHaveLength(1 + 9);
    rmSync(join(run, 'figures.json'));
    expect(await pipeline('train', packed, '--resume', run, '--more', '1')).toMatchObject({ code: 2, stderr: containing('go on with --resume alone') });
    expect(await pipeline('train', packed, '--more', '1')).toMatchObject({ code: 2, stderr: containing('name it with --resume') });
    expect((await pipeline('train', packed, '--resume', run)).code).toBe(0);
  });

  it('measure that net, and the figures are written as JSON', async () => {
    const report = join(folder, 'figures.json');
    const predictions = join(folder, 'predictions.csv');
    const { code, stdout, stderr } = await pipeline(
      'evaluate', await someEyes('others', 9), '--kind', 'eye', '--set', `classify.model=${model}`, '--report', report, '--predictions', predictions);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toMatch(/^eye: n \d+, weighted F1 0\.\d+ \(95 %: /);
    const { kind, eye, photo } = figures.parse(JSON.parse(readFileSync(report, 'utf8')));
    expect({ kind, photo }).toEqual({ kind: 'eye', photo: null });
    expect(eye.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(eye.n);
    const rows: Record<string, string>[] = parse(readFileSync(predictions, 'utf8'), { columns: true });
    expect(rows).toHaveLength(eye.n);
    expect(Object.keys(rows[0] ?? {})).toEqual(['path', 'label', 'open', 'verdict', 'kept_closed', 'reasons']);
    const [kept, closed] = [rows.filter((row) => row.kept_closed === 'yes').length, rows.filter(({ label }) => label === 'closed').length];
    expect(stdout).toContain(`closed eyes that would have been kept: ${String(kept)} of ${String(closed)} images`);
    // Far better than chance, after seconds of training.
    expect(eye.weighted_f1).toBeGreaterThan(0.75);
  });

  it('are left at the first Ctrl-C while the learning rate is sought', async () => {
    const workdir = join(folder, 'stopped');
    const child = spawn(process.execPath, [entry, 'train', packed, '--find-lr', '--set', `train.workdir=${workdir}`],
      { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    let told = false;
    const hear = (text: string): void => {
      said += text;
      if (!told && said.includes('eyes to train on')) told = child.kill('SIGINT');
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    const code = await new Promise((resolve) => { child.on('close', resolve); });
    expect({ code, said }).toMatchObject({ code: 1 });
    expect(said).toContain('Stopped during the sweep of the learning rate.');
    expect(readFileSync(join(workdir, '001-eyes', 'console.log'), 'utf8')).toContain('Stopped during');
  });

  it('train a net and callbacks of one\'s own, from files, with a run folder for Weights & Biases and weights for Python', async () => {
    const workdir = join(folder, 'own');
    const [backbone, callbacks] = ['backbone.js', 'callbacks.js'].map((name) => join('docs', 'examples', name));
    const { code, stdout, stderr } = await pipeline('train', packed, '--backbone', backbone ?? '', '--epochs', '1',
      '--set', `train.callbacks=${String(callbacks)}`, '--set', 'train.sizes=[16x24]', '--set', 'train.logger=wandb', '--set', `train.workdir=${workdir}`);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout + stderr).toMatch(/001-eyes: two-scales, /);
    const run = join(workdir, '001-eyes');
    expect(readFileSync(join(run, 'steps.csv'), 'utf8')).toMatch(/^step,epoch,loss,gradient_norm,learning_rate\n1,1,0\.\d+,\d/);
    const [offline = ''] = readdirSync(join(run, 'wandb'));
    const log = readFileSync(join(run, 'wandb', offline, `run-${String(offline.split('-').at(-1))}.wandb`), 'latin1');
    expect(log.slice(0, 4)).toBe(':W&B');
    for (const told of ['train/gradient_norm', 'epoch/validation_f1', 'test/mine/weighted_f1', 'image-file', 'summary: ']) expect(log).toContain(told);
    const weights = readFileSync(join(run, 'weights.safetensors'));
    const header: unknown = JSON.parse(weights.toString('utf8', 8, 8 + Number(weights.readBigUInt64LE(0))));
    expect(header).toMatchObject({ 'stage1.wide.weight': { dtype: 'F32', shape: [24, 16, 5, 5] }, __metadata__: { backbone: 'two-scales' } });

    const wrong = await pipeline('train', packed, '--backbone', callbacks ?? '', '--set', `train.workdir=${workdir}`);
    expect(wrong).toMatchObject({ code: 2, stderr: matching(/must export \{ name, description, write \} as its default/) });
    const layer = await pipeline('train', packed, '--set', 'train.freeze=[conv9]', '--set', `train.workdir=${workdir}`);
    expect(layer).toMatchObject({ code: 2, stderr: matching(/names conv9, which plain-\w+ does not have\. It has: conv1, /) });
  });

  it('improve the shipped model from where it stands', async () => {
    const { code, stdout, stderr } = await pipeline('train', packed, '--init', 'models/eye-state.onnx', '--epochs', '1', '--name', 'tuned',
      '--set', 'train.limit_batches=5', '--set', 'train.lr=0.0002', '--set', `train.workdir=${join(folder, 'workdir')}`);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    // The parent was calibrated on far more eyes than these.
    expect(stdout + stderr).toMatch(/fewer than 150 validation eyes of a class .*: calibration and thresholds stay those of .*models\/eye-state\.onnx/);
    // A net that started anew would know nothing after five steps.
    expect(Number(/epoch 1 .* F1 (\d\.\d+)/.exec(stdout + stderr)?.[1])).toBeGreaterThan(0.9);
    expect(existsSync(join(folder, 'workdir', '002-tuned', 'eye-state.onnx'))).toBe(true);
  });
});

describe('what training cannot use', () => {
  it.each([
    ['images without labels', async () => {
      const plain = join(folder, 'plain');
      mkdirSync(plain);
      copyFileSync(join(await someEyes('few', 400), 'open', readdirSync(join(folder, 'few', 'open'))[0] ?? ''), join(plain, 'eye.jpg'));
      return pipeline('pack', plain, '-o', join(folder, 'plain.arrow'));
    }, 2, /holds 1 images but no labels\. Sort them into open\/ and closed\//],
    ['a folder that is not there', () => pipeline('pack', join(folder, 'nowhere'), '-o', join(folder, 'x.arrow')), 2, /nowhere/],
    ['a single class', async () => {
      const one = join(folder, 'one.arrow');
      const { stderr } = await pipeline('pack', await someEyes('one', 60, ['open']), '-o', one);
      expect(stderr).toContain('There is no closed eye: training needs both classes.');
      return pipeline('train', one, ...quick, '--set', `train.workdir=${join(folder, 'failed')}`);
    }, 1, /closed/],
    ['a file that is not packed eyes', () => pipeline('train', 'package.json', ...quick), 1, /package\.json.*pipeline pack/s],
    ['a net of a mistyped name', () => pipeline('train', join(folder, 'mine.arrow'), '--backbone', 'plain-bsae'), 2, /plain-base/],
    ['a mistyped label', async () => {
      const table = join(folder, 'typo.csv');
      writeFileSync(table, 'path,left,right\nanna.jpg,open,\nben.jpg,opne,closed\n');
      return pipeline('evaluate', await someEyes('typo', 400), '--labels', table);
    }, 2, /typo\.csv says of ben\.jpg "opne" \(left\)\. Did you mean open\?/],
    ['a table of labels that speaks of no image', async () => {
      const table = join(folder, 'elsewhere.csv');
      writeFileSync(table, 'path,label\nelsewhere/anna.jpg,open\n');
      return pipeline('pack', await someEyes('tabled', 400), '--labels', table, '-o', join(folder, 'tabled.arrow'));
    }, 0, /No path in .*elsewhere\.csv is that of an image: the table was ignored/],
    ['such a table, where the folders say nothing either', async () => {
      const photos = join(folder, 'unsorted');
      mkdirSync(photos);
      copyFileSync(join(await someEyes('few', 400), 'open', readdirSync(join(folder, 'few', 'open'))[0] ?? ''), join(photos, 'eye.jpg'));
      const table = join(folder, 'nobody.csv');
      writeFileSync(table, 'path,label\nanna.jpg,open\n');
      return pipeline('evaluate', photos, '--labels', table);
    }, 2, /holds 1 images but no labels: no path in .*nobody\.csv is that of one of them/],
    ['one source twice', async () => {
      const eyes = await someEyes('twice', 400);
      return pipeline('pack', eyes, `${eyes}/../twice/`, '-o', join(folder, 'x.arrow'));
    }, 2, /is given twice/],
    ['two sources of one name', async () =>
      pipeline('pack', await someEyes('her/eyes', 400), await someEyes('his/eyes', 400), '-o', join(folder, 'x.arrow')), 2,
    /her\/eyes and .*his\/eyes are both called eyes, .*Rename one/],
    ['images without any eye', async () => {
      const report = join(folder, 'none.json');
      return pipeline('evaluate', await someEyes('faceless', 400), '--kind', 'photo', '--report', report);
    }, 1, /^(?!.*weighted F1).*Nothing could be measured: there was no eye to judge \(\d+ no face found\)\..*--kind eye.*none\.json was not/s],
    ['a packed file where none can be written', async () =>
      pipeline('pack', await someEyes('unwritable', 400), '-o', join(folder, 'missing', 'x.arrow')), 2, /missing.*its folder does not exist/],
    ['figures where none can be written', async () =>
      pipeline('evaluate', await someEyes('unwritable', 400), '--report', folder), 2, /is a folder/],
    ['a file to validate on, which is for detectors', () => pipeline('train', join(folder, 'mine.arrow'), '--validation', join(folder, 'mine.arrow')), 2,
      /--validation is for photos with boxes/],
    ['a sweep that is not there', () => pipeline('train', join(folder, 'mine.arrow'), '--sweep', join(folder, 'nowhere.yaml')), 2,
      /Cannot read the sweep .*nowhere\.yaml: it does not exist.*docs\/training\.md has an example/s],
    ['a folder that is no run', async () => pipeline('train', join(folder, 'mine.arrow'), '--resume', folder), 2, /is not a run folder/],
  ])('is told in words: %s', async (_, run, expected, message) => {
    const { code, stdout, stderr } = await run();
    expect(stdout + stderr).toMatch(message);
    expect(code).toBe(expected);
  });
});
