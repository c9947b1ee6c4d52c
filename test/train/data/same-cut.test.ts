/**
 * A run, packing and evaluation look at the same pixels.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutEyes } from '../../../src/classify/eye-crops.js';
import type { FaceView } from '../../../src/core/face.js';
import { CROP } from '../../../src/core/eye.js';
import { decodePhoto, openPhoto, shrinkFor } from '../../../src/image/decode.js';
import { loadConfig } from '../../../src/pipeline/config.js';
import { seeFaces } from '../../../src/pipeline/face-views.js';
import { processPhoto } from '../../../src/pipeline/photo.js';
import { StageClock } from '../../../src/pipeline/stage-clock.js';
import { createStages, type Stages } from '../../../src/pipeline/stages.js';
import { CANVAS } from '../../../src/train/data/canvas.js';
import { judgeImage } from '../../../src/train/data/evaluate.js';
import { createImageNets } from '../../../src/train/data/image-nets.js';
import { packImage } from '../../../src/train/data/pack.js';
import type { LabelledImage } from '../../../src/train/data/sources.js';
import { labelledSet } from '../../support/made-sets.js';

const folder = mkdtempSync(join(tmpdir(), 'same-cut-'));
const config = loadConfig(undefined, ['data.misplaced=0']);
const nets = createImageNets(config);
let stages: Stages;
let small: string;
/** So large that it is shrunk, and its face then too small: the full-size photo is looked at. */
const large = join(folder, 'large.png');

beforeAll(async () => {
  stages = await createStages(config);
  const set = join(await labelledSet('utkface_open'), 'open');
  small = join(set, readdirSync(set).sort()[0] ?? '');
  const photo = sharp(small).resize({ width: 400 });
  await sharp({ create: { width: 3600, height: 2400, channels: 3, background: '#777' } })
    .composite([{ input: await photo.toBuffer(), left: 1400, top: 900 }]).png().toFile(large);
});
afterAll(async () => {
  await stages.release();
  await nets.release();
  rmSync(folder, { recursive: true, force: true });
});

const eye = { label: 1, kind: 'open' } as const;
const labelled = (file: string): LabelledImage => ({ file, path: 'open/photo.png', faces: [{ left: eye, right: eye }] });

/** The largest face as a run sees it. */
async function viewInRun(file: string): Promise<FaceView> {
  const photo = await openPhoto(file, config.image);
  const { views } = await seeFaces(photo, await decodePhoto(photo, shrinkFor(photo, config.image.decode_side)), stages, new StageClock());
  const [view] = views;
  if (view === undefined) throw new Error(`no face in ${file}`);
  return view;
}

describe.each([['a small photo', () => small], ['a large photo', () => large]])('the eyes of %s', (_, file) => {
  it('are judged the same by a run and an evaluation, from the same crops', async () => {
    const { eyes } = await judgeImage(labelled(file()), nets, { config, images: 'photo', crops: true });
    const { faces: [face] } = await processPhoto({ photo: 'photo.png', path: file() }, stages, { config });
    expect(eyes).toHaveLength(2);
    expect(eyes.map(({ open }) => open)).toEqual([face?.measured.classify.left.open, face?.measured.classify.right.open]);
    const { eyes: { info } } = await nets.judges();
    const { left, right } = cutEyes(await viewInRun(file()), info.width, info.height);
    expect(eyes.map(({ crop }) => crop)).toEqual([left, right]);
  });

  it('are packed from the same pixels', async () => {
    const { rows } = await packImage(labelled(file()), nets, { config, source: 'some', images: 'photo' });
    const { left, right } = cutEyes(await viewInRun(file()), CROP.width, CROP.height);
    expect(rows).toHaveLength(2);
    for (const [index, crop] of [left, right].entries()) {
      const { pixels = new Uint8Array() } = rows[index] ?? {};
      const [top, before] = [(CANVAS.height - CROP.height) / 2, (CANVAS.width - CROP.width) / 2];
      const middle = Array.from({ length: CROP.height }, (__, row) =>
        [...pixels.subarray((top + row) * CANVAS.width + before, (top + row) * CANVAS.width + before + CROP.width)]).flat();
      const differing = middle.filter((value, at) => Math.abs(value - (crop?.data[at] ?? NaN)) > 1 || crop?.data[at] === undefined);
      expect(differing).toEqual([]);
    }
  });
});
