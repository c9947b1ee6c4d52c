import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canvasBytes } from '../../../src/train/data/canvas.js';
import { openSource, type LabelledSource } from '../../../src/train/data/sources.js';
import { loadConfig } from '../../../src/pipeline/config.js';
import { UsageError } from '../../../src/core/usage-error.js';
import { evaluateSource } from '../../../src/train/data/evaluate.js';
import { guessKind } from '../../../src/train/data/image-kind.js';
import { createImageNets } from '../../../src/train/data/image-nets.js';
import type { AskImages, ImageOutcome } from '../../../src/train/data/image-task.js';
import { workOnImage } from '../../../src/train/data/image-work.js';
import { packSource } from '../../../src/train/data/pack.js';
import { labelledSet } from '../../support/made-sets.js';

const CANVAS_BYTES = canvasBytes('eye');

const folder = mkdtempSync(join(tmpdir(), 'labelled-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe('a source', () => {
  const table = join(folder, 'table');
  mkdirSync(join(table, 'sub'), { recursive: true });
  for (const name of ['a.jpg', 'b.jpg', 'sub/c.jpg', 'notes.txt']) writeFileSync(join(table, name), 'x');

  it('takes labels from a table, for one eye alone too, and counts images without one', async () => {
    const labels = join(folder, 'eyes.csv');
    writeFileSync(labels, 'path,left,right\nc.jpg,open,closed\na.jpg,,open\n');
    const { name, images, unlabelled } = await openSource(table, { labels: [labels] });
    expect(name).toBe('table');
    expect(images.map(({ path, faces }) => ({ path, faces }))).toEqual([
      { path: 'a.jpg', faces: [{ right: { label: 1, kind: 'open' } }] },
      { path: 'sub/c.jpg', faces: [{ left: { label: 1, kind: 'open' }, right: { label: 0, kind: 'closed' } }] },
    ]);
    expect(unlabelled).toBe(1);
  });

  it('says so where it is missing, no source, or its table no table', async () => {
    const labels = join(folder, 'wrong.csv');
    writeFileSync(labels, 'name,state\na.jpg,open\n');
    await expect(openSource(join(folder, 'none'))).rejects.toThrow(UsageError);
    await expect(openSource(join(table, 'a.jpg'))).rejects.toThrow(/neither a folder nor a .tar/);
    await expect(openSource(table, { labels: [labels] })).rejects.toThrow(/needs the columns path,label.*name,state/);
  });
});

describe('labelled images', () => {
  const config = loadConfig();
  const photos = join(folder, 'photos');
  const nets = createImageNets(config);
  /** Does the work in this process, one image after the other. */
  const ask: AskImages = async (images, settings) => {
    const outcomes: ImageOutcome[] = [];
    for (const image of images) outcomes.push(await workOnImage(image, nets, settings));
    return outcomes;
  };

  beforeAll(async () => {
    for (const [set, label] of [['cew_closed', 'closed'], ['utkface_open', 'open']] as const) {
      const from = join(await labelledSet(set), label);
      mkdirSync(join(photos, label), { recursive: true });
      for (const name of readdirSync(from).sort().slice(0, 8)) copyFileSync(join(from, name), join(photos, label, name));
    }
    writeFileSync(join(photos, 'open', 'broken.jpg'), 'not a picture');
  });
  afterAll(async () => { await nets.release(); });

  it('are told apart: photos by their faces, patches by the lack of them', async () => {
    const patches = join(await labelledSet('cew_patches'), 'closed');
    const few = join(folder, 'patches', 'closed');
    mkdirSync(few, { recursive: true });
    for (const name of readdirSync(patches).sort().slice(0, 6)) copyFileSync(join(patches, name), join(few, name));
    const packed = await packSource(await openSource(join(folder, 'patches')), ask, { kind: 'auto', config });
    expect([packed.kind, packed.rows.length]).toEqual(['eye', 6]);
    expect((await packSource(await openSource(photos), ask, { kind: 'auto', config })).kind).toBe('photo');
  });

  /** A source of the first images of shared sets, as many of each as said. */
  async function mixture(name: string, counts: Readonly<Partial<Record<'cew_closed' | 'cew_patches', number>>>): Promise<LabelledSource> {
    const to = join(folder, name, 'closed');
    mkdirSync(to, { recursive: true });
    for (const set of ['cew_closed', 'cew_patches'] as const) {
      const from = join(await labelledSet(set), 'closed');
      for (const file of readdirSync(from).sort().slice(0, counts[set] ?? 0)) copyFileSync(join(from, file), join(to, `${set}-${file}`));
    }
    return openSource(join(folder, name));
  }

  it('are refused where photos and eye crops lie mixed, wherever in the folder they lie', async () => {
    const mixed = await mixture('mixed', { cew_closed: 24, cew_patches: 16 });
    const refused = packSource(mixed, ask, { kind: 'auto', config });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(/^mixed seems to hold both photos and eye crops: of 24 images looked at, \d+ show .*--kind photo/);
    await expect(evaluateSource(mixed, ask, { kind: 'auto', config })).rejects.toThrow(UsageError);
  });

  it('are told apart all the same where the detector errs now and then', async () => {
    expect(await guessKind(await mixture('mostly-photos', { cew_closed: 14, cew_patches: 2 }), ask, config)).toBe('photo');
    expect(await guessKind(await mixture('mostly-patches', { cew_closed: 2, cew_patches: 14 }), ask, config)).toBe('eye');
  });

  it('give both eyes of a photo with its label and group; what cannot be read is listed', async () => {
    const { rows, leftOut } = await packSource(await openSource(photos), ask, { kind: 'photo', config });
    expect(rows.length + leftOut.filter(({ unreadable }) => !unreadable).length).toBeGreaterThanOrEqual(16);
    expect(rows.length).toBeGreaterThanOrEqual(28);
    const [eyes, beside] = [rows.filter(({ label }) => label !== 2), rows.filter(({ label }) => label === 2)];
    expect(eyes.every(({ path, label, pixels }) =>
      path.startsWith(label === 0 ? 'closed/' : 'open/') && /#(left|right)$/.test(path) && pixels.length === CANVAS_BYTES)).toBe(true);
    expect(beside.every(({ path, kind }) => path.endsWith('#beside') && kind === 'misplaced')).toBe(true);
    expect(new Set(rows.map(({ group }) => group)).size).toBeLessThanOrEqual(16);
    expect(leftOut.filter(({ unreadable }) => unreadable).map(({ path }) => path)).toEqual(['open/broken.jpg']);
  });

  it('give a crop beside the eyes of as many faces as asked for', async () => {
    const besides = async (misplaced: number): Promise<number> => {
      const share = { ...config, data: { ...config.data, misplaced } };
      const { rows } = await packSource(await openSource(photos), ask, { kind: 'photo', config: share });
      return rows.filter(({ kind }) => kind === 'misplaced').length;
    };
    expect(await besides(0)).toBe(0);
    // Where the place drawn lies outside the picture there is none.
    expect(await besides(1)).toBeGreaterThanOrEqual(8);
  });

  it('give the same from a tar', async () => {
    const tar = join(folder, 'photos.tar');
    execFileSync('tar', ['-cf', tar, '-C', folder, basename(photos)]);
    const [fromTar, fromFolder] = [await openSource(tar), await openSource(photos)];
    expect(fromTar.images.map(({ path, faces }) => ({ path, faces })))
      .toEqual(fromFolder.images.map(({ path, faces }) => ({ path, faces })));
    expect(fromTar.name).toBe('photos');
    fromTar.close();
  });

  it('are judged an eye and a photo at a time; a photo without a face is undetected and wrong', async () => {
    const blank = join(photos, 'open', 'zz-blank.png');
    execFileSync(process.execPath, ['-e', `require('sharp')({create:{width:200,height:200,channels:3,background:'#888'}}).png().toFile(${JSON.stringify(blank)})`]);
    const { eye, photo, unreadable } = await evaluateSource(await openSource(photos), ask, { kind: 'photo', config });
    expect(photo?.n).toBe(17);
    expect(photo?.undetected).toBe(1);
    expect(photo?.confusion[1][0]).toBeGreaterThanOrEqual(1);
    expect(eye.n).toBeGreaterThanOrEqual(28);
    expect(eye.weighted_f1).toBeGreaterThan(0.85);
    expect(unreadable.map(({ path }) => path)).toEqual(['open/broken.jpg']);
  });

  it('have a prediction each, and those labelled closed are counted that a run would have kept for their eyes', async () => {
    const source = await openSource(photos);
    const { predictions, closedImages, closedKept, photo } = await evaluateSource(source, ask, { kind: 'photo', config });
    expect(predictions.map(({ path }) => path)).toEqual(source.images.map(({ path }) => path));
    const closed = predictions.filter(({ label }) => label === 'closed');
    expect(closedImages).toBe(closed.length);
    expect(closedKept).toBe(closed.filter(({ verdict }) => verdict === 'keep').length);
    expect(closedKept).toBeLessThan(closedImages / 2);
    expect(predictions.filter(({ label, open }) => open !== undefined && (open >= 0.5) === (label === 'open')).length)
      .toBe((photo?.confusion[0][0] ?? 0) + (photo?.confusion[1][1] ?? 0));
    expect(predictions.find(({ path }) => path === 'open/broken.jpg')).toEqual({ path: 'open/broken.jpg', label: 'open', reasons: [expect.any(String)] });
    expect(predictions.find(({ path }) => path === 'open/zz-blank.png')).toEqual({ path: 'open/zz-blank.png', label: 'open', verdict: 'review', reasons: ['no face found'] });
  });

  it('are closed eyes that would have been kept where open ones are labelled closed', async () => {
    const open = (await evaluateSource(await openSource(photos), ask, { kind: 'photo', config })).predictions.filter(({ label }) => label === 'open');
    const table = join(folder, 'wrong.csv');
    writeFileSync(table, `path,label\n${open.map(({ path }) => `${path},closed\n`).join('')}`);
    const { closedImages, closedKept } = await evaluateSource(await openSource(photos, { labels: [table] }), ask, { kind: 'photo', config });
    expect(closedImages).toBe(open.length - 1);
    expect(closedKept).toBe(open.filter(({ verdict }) => verdict === 'keep').length);
    expect(closedKept).toBeGreaterThan(closedImages / 2);
  });
});
