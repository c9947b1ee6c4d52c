import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/pipeline/config.js';
import { createRunFolder } from '../../../src/train/loop/run-folder.js';
import { listRuns, settingDifferences } from '../../../src/train/experiments/run-list.js';
import { pipeline } from '../../support/pipeline.js';
import { containing } from '../../support/matchers.js';

const workdir = mkdtempSync(join(tmpdir(), 'runs-'));
afterAll(() => { rmSync(workdir, { recursive: true, force: true }); });

/** A run folder as training leaves it. */
function run(settings: readonly string[], f1: readonly number[], finished: boolean): string {
  const folder = createRunFolder(loadConfig(undefined, [...settings, `train.workdir=${workdir}`]), 'eyes.arrow');
  folder.writeMetrics(f1.map((value, index) => ({
    epoch: index + 1, size: index === 0 ? '16x24' : '32x48', train_loss: 0.3, validation_loss: 0.2, validation_f1: value, seconds: 10,
  })));
  for (const name of ['best.ckpt', 'last.ckpt', 'top-002.ckpt']) writeFileSync(folder.file(name), 'x'.repeat(1000));
  if (finished) writeFileSync(folder.file('figures.json'), '{}');
  return folder.path;
}

const first = run(['train.lr=0.002'], [0.99, 0.9, 0.95], true);
const second = run(['train.lr=0.004', 'train.backbone=plain-small'], [0.8, 0.91], false);
// Planned for two epochs, and gone on with.
const beyond = run(['train.epochs=2'], [0.8, 0.85, 0.9], true);
mkdirSync(join(workdir, '004-not-a-run'));

describe('the runs of a working directory', () => {
  it('are read with the best epoch at the size they end with', () => {
    expect(listRuns(workdir).map(({ name, finished, best }) => ({ name, finished, best }))).toEqual([
      { name: '001-eyes', finished: true, best: { epoch: 3, f1: 0.95 } }, { name: '002-eyes', finished: false, best: { epoch: 2, f1: 0.91 } },
      { name: '003-eyes', finished: true, best: { epoch: 3, f1: 0.9 } },
    ]);
    expect(listRuns(join(workdir, 'nowhere'))).toEqual([]);
  });

  it('differ in settings by name', () => {
    expect(settingDifferences(listRuns(workdir).slice(0, 2))).toEqual([
      { key: 'train.backbone', values: ['plain-wide', 'plain-small'] }, { key: 'train.lr', values: ['0.002', '0.004'] },
    ]);
  });

  it('are listed by the command', async () => {
    const { code, stdout } = await pipeline('runs', workdir);
    expect(code).toBe(0);
    expect(stdout).toMatch(/001-eyes +plain-wide +3 of 16 epochs +F1 0\.9500 in epoch 3 +finished\n002-eyes +plain-small +2 of 16 .*go on with --resume\n003-eyes +plain-wide +2 \+ 1 epochs /);
    expect(await pipeline('runs', join(workdir, 'nowhere'))).toMatchObject({ code: 2, stderr: containing('There is no training run') });
  });

  it('are compared, with their curves over each other in a page', async () => {
    const page = join(workdir, 'compare.html');
    const { code, stdout } = await pipeline('runs', '--compare', first, second, '-o', page);
    expect(code).toBe(0);
    expect(stdout).toMatch(/train\.lr +0\.002 {2}\| {2}0\.004/);
    const html = readFileSync(page, 'utf8');
    expect(html.match(/<svg/g)).toHaveLength(3);
    expect(html).toMatch(/<td>train\.backbone<\/td><td>plain-wide<\/td><td>plain-small<\/td>/);
    expect(await pipeline('runs', '--compare', first, workdir)).toMatchObject({ code: 2, stderr: containing('is not a run folder') });
  });

  it('are cleaned of checkpoints that are neither best nor last, finished runs alone', async () => {
    expect((await pipeline('runs', workdir, '--clean')).code).toBe(0);
    const left = (path: string): boolean[] => ['best.ckpt', 'last.ckpt', 'top-002.ckpt'].map((name) => existsSync(join(path, name)));
    expect([left(first), left(second), left(beyond)]).toEqual([[true, true, false], [true, true, true], [true, true, false]]);
  });
});
