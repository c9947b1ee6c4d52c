import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/pipeline/config.js';
import type { ImageOutcome, ImageSettings } from '../../../src/train/data/image-task.js';
import { workOnImage } from '../../../src/train/data/image-work.js';
import { faceAt, gradient } from '../../pipeline/drawn-photo.js';
import { measured } from '../../support/measured.js';
import { stubNets } from './stub-nets.js';

const folder = mkdtempSync(join(tmpdir(), 'image-work-'));
const [photo, text] = [join(folder, 'photo.png'), join(folder, 'text.png')];
beforeAll(async () => {
  writeFileSync(photo, await gradient(300, 200));
  writeFileSync(text, 'no picture');
});
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const eye = { label: 1, kind: 'open' } as const;
const nets = (): ReturnType<typeof stubNets> => stubNets([faceAt(100, 40, 80)], [measured().classify]);
const work = (task: ImageSettings['task'], file = photo, given = nets()): Promise<ImageOutcome> =>
  workOnImage({ file, path: 'open/a.png', faces: [{ left: eye, right: eye }] }, given, { config: loadConfig(undefined, ['data.misplaced=0']), source: 'mine', task });

describe('the work on a labelled image', () => {
  it('is to see whether there is a face', async () => {
    expect(await work({ kind: 'look' })).toEqual({ kind: 'look', face: true });
    expect(await work({ kind: 'look' }, photo, stubNets([]))).toEqual({ kind: 'look', face: false });
  });

  it('is to cut rows for a packed file', async () => {
    const packed = await work({ kind: 'pack', images: 'photo', crop: 'eye' });
    expect(packed).toMatchObject({ kind: 'pack', rows: [{ path: 'open/a.png#left', source: 'mine' }, { path: 'open/a.png#right' }], leftOut: [] });
    expect(await work({ kind: 'pack', images: 'photo', crop: 'photo' })).toMatchObject({ rows: [{ path: 'open/a.png' }] });
    expect(await work({ kind: 'pack', images: 'eye', crop: 'eye' })).toMatchObject({ rows: [{ path: 'open/a.png' }] });
  });

  it('is to judge it', async () => {
    const judged = await work({ kind: 'evaluate', images: 'photo', crops: false });
    expect(judged).toMatchObject({ kind: 'evaluate', eyes: [{ label: 1 }, { label: 1 }], verdict: 'keep' });
    expect(await work({ kind: 'evaluate', images: 'eye', crops: false })).toMatchObject({ eyes: [{ path: 'open/a.png' }] });
  });

  it('ends with a reason where it cannot be read, and with an error where that is ours', async () => {
    for (const task of [{ kind: 'look' }, { kind: 'pack', images: 'eye', crop: 'eye' }, { kind: 'evaluate', images: 'photo', crops: false }] as const) {
      expect(await work(task, text)).toMatchObject({ kind: 'unreadable' });
    }
    const broken = { ...nets(), faces: () => Promise.reject(new Error('the net is damaged')) };
    await expect(work({ kind: 'look' }, photo, broken)).rejects.toThrow('the net is damaged');
  });
});
