/**
 * A user's own boxes, the whole way of docs/train-a-detector.md: pack, train, use.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openPackedPhotos } from '../../src/train/detection/packed-photos.js';
import { pipeline } from '../support/pipeline.js';
import { drawnPhotos } from '../train/detection/detector-photos.js';

const folder = mkdtempSync(join(tmpdir(), 'boxes-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** A folder of drawn photos, the last of them without a row in its annotations.csv. */
async function drawnSet(name: string, count: number, header = 'image,x,y,width,height'): Promise<string> {
  const path = join(folder, name);
  mkdirSync(path);
  const rows = [header];
  for (const [index, { bytes, faces }] of (await drawnPhotos(count + 1, name.length)).entries()) {
    writeFileSync(join(path, `${String(index)}.jpg`), bytes);
    if (index < count) rows.push(...faces.map(({ x, y, width, height }) => [`${String(index)}.jpg`, x, y, width, height].join(',')));
  }
  writeFileSync(join(path, 'annotations.csv'), `${rows.join('\n')}\n`);
  return path;
}

describe('boxes of one\'s own', () => {
  const [photos, validation, workdir] = [join(folder, 'photos.arrow'), join(folder, 'validation.arrow'), join(folder, 'workdir')];
  const quick = ['epochs=1', 'crops=8', 'batch_size=4', 'sizes=[64]', 'threads=1'].flatMap((each) => ['--set', `train_detector.${each}`]);

  it('are packed from folders and tars alike, with what is not named told', async () => {
    const [party, wedding, other] = [await drawnSet('party', 3), await drawnSet('wedding', 2), await drawnSet('others', 2)];
    execFileSync('tar', ['-cf', `${wedding}.tar`, '-C', folder, 'wedding']);
    const { code, stdout, stderr } = await pipeline('pack', party, `${wedding}.tar`, '--kind', 'boxes', '-o', photos);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout + stderr).toContain('party (annotations.csv): 3 photos, 6 faces, ');
    expect(stdout + stderr).toContain('1 photos without annotations left out');
    expect(openPackedPhotos(photos).map(({ source, path }) => `${source}/${path}`)).toEqual(
      ['party/0.jpg', 'party/1.jpg', 'party/2.jpg', 'wedding/0.jpg', 'wedding/1.jpg']);
    expect((await pipeline('pack', other, '--kind', 'boxes', '-o', validation)).code).toBe(0);
  });

  it('are not packed from a table with other columns, which is told', async () => {
    const { code, stderr } = await pipeline('pack', await drawnSet('odd', 1, 'image,left,top,width,height'), '--kind', 'boxes', '-o', join(folder, 'odd.arrow'));
    expect(code).toBe(2);
    expect(stderr).toContain('annotations.csv lacks the columns x, y; its first line is "image,left,top,width,height"');
  });

  it('train a net in a numbered run folder, which remembers what it is validated on', async () => {
    const { code, stdout, stderr } = await pipeline('train', photos, '--validation', validation, ...quick, '--set', `train.workdir=${workdir}`);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout + stderr).not.toContain('NaN');
    const run = join(workdir, '001-portrait');
    expect(readdirSync(run)).toEqual(expect.arrayContaining(['best.ckpt', 'last.ckpt', 'metrics.csv', 'portrait.onnx', 'portrait.fp16.onnx', 'validation.json']));
    const again = await pipeline('train', photos, '--resume', run);
    expect(again.stdout + again.stderr).toContain('5 photos to train on, 2 to validate on');
    expect(again.code).toBe(0);
    const other = await pipeline('train', photos, '--resume', run, '--validation', photos);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining(`is validated on ${validation}. Give --validation that file as it was.`)]);
  });

  it.each(['--find-lr', '--more=2', '--sweep=sweep.yaml', '--show-batch=batch.png'])('are not trained on with %s, which is for eyes', async (option) => {
    const { code, stderr } = await pipeline('train', photos, option, '--set', `train.workdir=${workdir}`);
    expect([code, stderr]).toEqual([2, expect.stringContaining('are for eye-state nets')]);
  });

  it('make a net that a run uses where it is named', async () => {
    const model = join(workdir, '001-portrait', 'portrait.fp16.onnx');
    const report = join(folder, 'out.json');
    const { code } = await pipeline('run', join(folder, 'others'), '--report', report, '--set', 'detect.detector=portrait', '--set', `detect.portrait_model=${model}`);
    expect(code).toBe(0);
    expect(readFileSync(report, 'utf8')).toContain('"portrait.fp16.onnx"');
    const gone = await pipeline('run', join(folder, 'others'), '--report', join(folder, 'none.csv'), '--set', 'detect.portrait_model=gone.onnx');
    expect(gone.stderr).toMatch(/Cannot read the portrait net .*gone\.onnx \(detect\.portrait_model\)/);
  });
});
