/**
 * A run, packing and evaluation look at the same pixels.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNCALIBRATED } from '../../../src/classify/calibration.js';
import { cutEye, cutEyes, faceRegion, photoRegion } from '../../../src/classify/eye-crops.js';
import type { FaceView } from '../../../src/core/face.js';
import { CROP, type CropKind, type EyeCrop } from '../../../src/core/eye.js';
import { decodePhoto, openPhoto, shrinkFor } from '../../../src/image/decode.js';
import { loadConfig } from '../../../src/pipeline/config.js';
import { seeFaces } from '../../../src/pipeline/face-views.js';
import { processPhoto } from '../../../src/pipeline/photo.js';
import { StageClock } from '../../../src/pipeline/stage-clock.js';
import { createStages, type Stages } from '../../../src/pipeline/stages.js';
import { layoutOfCanvas } from '../../../src/train/data/canvas.js';
import { judgeImage } from '../../../src/train/data/evaluate.js';
import { createImageNets } from '../../../src/train/data/image-nets.js';
import { packImage } from '../../../src/train/data/pack.js';
import type { EyeRow } from '../../../src/train/data/packed-file.js';
import type { LabelledImage } from '../../../src/train/data/sources.js';
import { createBackbone } from '../../../src/train/backbones/index.js';
import { exportModel } from '../../../src/train/loop/export.js';
import { initialState, layoutOf } from '../../../src/train/loop/step.js';
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

/** A net for this crop that has learnt nothing. */
function untrained(crop: CropKind): string {
  const backbone = createBackbone('plain-nano');
  const layout = layoutOf(backbone);
  const file = join(folder, `${crop}.onnx`);
  writeFileSync(file, exportModel(layout, initialState(layout, 'sgd', 1), {
    backbone: backbone.name, crop, width: 160, height: 160, calibration: UNCALIBRATED, closedBelow: 0.3, openAbove: 0.7, precision: 'fp32', toolVersion: '0.0.0',
  }));
  return file;
}

/** Where the middle of a packed canvas is not what was cut, by more than rounding. */
function differing(row: EyeRow | undefined, crop: EyeCrop | undefined, kind: CropKind): number[] {
  const { canvas, crop: { width, height } } = layoutOfCanvas(kind);
  const { pixels = new Uint8Array() } = row ?? {};
  const [top, before] = [(canvas.height - height) / 2, (canvas.width - width) / 2];
  const middle = Array.from({ length: height }, (_, line) =>
    [...pixels.subarray((top + line) * canvas.width + before, (top + line) * canvas.width + before + width)]).flat();
  return middle.flatMap((value, at) => (Math.abs(value - (crop?.data[at] ?? NaN)) <= 1 ? [] : [at]));
}

describe.each([['a small photo', () => small], ['a large photo', () => large]])('the eyes of %s', (_, file) => {
  it('are judged the same by a run and an evaluation, from the same crops', async () => {
    const { eyes } = await judgeImage(labelled(file()), nets, { config, images: 'photo', crops: true });
    const { faces: [face] } = await processPhoto({ photo: 'photo.png', path: file() }, stages, { config });
    expect(eyes).toHaveLength(2);
    expect(eyes.map(({ open }) => open)).toEqual([face?.measured.classify.left.open, face?.measured.classify.right.open]);
    const { crop } = await nets.eyes();
    const { left, right } = cutEyes(await viewInRun(file()), crop.width, crop.height);
    expect(eyes.map((eye) => eye.crop)).toEqual([left, right]);
  });

  it('are packed from the same pixels', async () => {
    const { rows } = await packImage(labelled(file()), nets, { config, source: 'some', images: 'photo', crop: 'eye' });
    const { left, right } = cutEyes(await viewInRun(file()), CROP.width, CROP.height);
    expect(rows).toHaveLength(2);
    for (const [index, crop] of [left, right].entries()) {
      expect(differing(rows[index], crop, 'eye')).toEqual([]);
    }
  });

  it('lie in faces and whole photos that are packed, judged and run from the same pixels, too', async () => {
    const view = await viewInRun(file());
    const cuts = { face: cutEye(view.raster, faceRegion(view), 160, 160), photo: cutEye(view.photo, photoRegion(view.photo), 160, 160) };
    for (const crop of ['face', 'photo'] as const) {
      const { rows } = await packImage(labelled(file()), nets, { config, source: 'some', images: 'photo', crop });
      expect(rows.map(({ path, label }) => [path, label])).toEqual([['open/photo.png', 1]]);
      expect(differing(rows[0], cuts[crop], crop)).toEqual([]);

      const looking = loadConfig(undefined, [`classify.crop=${crop}`, `classify.model=${untrained(crop)}`, 'verdict.strictness=strict']);
      const [others, wholeStages] = [createImageNets(looking), await createStages(looking)];
      const { eyes: [judged] } = await judgeImage(labelled(file()), others, { config: looking, images: 'photo', crops: true });
      const { faces: [face] } = await processPhoto({ photo: 'photo.png', path: file() }, wholeStages, { config: looking });
      const { state, closed = NaN } = face?.measured.classify ?? {};
      expect(judged).toMatchObject({ path: 'open/photo.png', label: 1, state, open: 1 - closed, crop: cuts[crop] });
      expect(face?.measured.classify).toMatchObject({ left: { state: 'unknown' }, right: { state: 'unknown' } });
      await Promise.all([others.release(), wholeStages.release()]);
    }
  });
});

describe('the detector\'s own word on eyes', () => {
  it('comes with the faces that it finds, to a run and to an evaluation alike', async () => {
    const asked = loadConfig(undefined, ['detect.detector=portrait', 'classify.model=detector']);
    const [others, wordStages] = [createImageNets(asked), await createStages(asked)];
    const { eyes } = await judgeImage(labelled(small), others, { config: asked, images: 'photo', crops: false });
    const { faces: [face] } = await processPhoto({ photo: 'photo.png', path: small }, wordStages, { config: asked });
    expect(eyes.map(({ open }) => open)).toEqual([face?.measured.classify.left.open, face?.measured.classify.right.open]);
    expect(eyes.map(({ state }) => state)).toEqual(['open', 'open']);
    await Promise.all([others.release(), wordStages.release()]);
  });
});
