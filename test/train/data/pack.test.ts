import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CropKind } from '../../../src/core/eye.js';
import type { Face } from '../../../src/core/face.js';
import { loadConfig } from '../../../src/pipeline/config.js';
import { cutCanvas } from '../../../src/train/data/canvas.js';
import type { AskImages, ImageOutcome, PackedImage } from '../../../src/train/data/image-task.js';
import type { ImageKind } from '../../../src/train/data/labelled-eyes.js';
import { patchEye, photoFaces, wholePhoto } from '../../../src/train/data/labelled-eyes.js';
import type { FaceLabels } from '../../../src/train/data/labels.js';
import { describeLayout, packImage, packSource } from '../../../src/train/data/pack.js';
import type { EyeRow } from '../../../src/train/data/packed-file.js';
import type { LabelledSource } from '../../../src/train/data/sources.js';
import { faceAt, gradient } from '../../pipeline/drawn-photo.js';
import { stubNets } from './stub-nets.js';

const folder = mkdtempSync(join(tmpdir(), 'pack-'));
const file = join(folder, 'photo.png');
const path = 'open/ann_1.png';
const [open, closed, sunglasses] = [{ label: 1, kind: 'open' }, { label: 0, kind: 'lowered' }, { label: 2, kind: 'sunglasses' }] as const;
const config = loadConfig(undefined, ['data.misplaced=0', 'data.groups.mine={pattern: "^(.+)_"}']);
const face = faceAt(100, 60, 100);
const groups = { source: 'mine', group: 'ann' };

beforeAll(async () => { writeFileSync(file, await gradient(500, 400)); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const pack = (labels: readonly FaceLabels[], faces: readonly Face[], images: ImageKind = 'photo', crop: CropKind = 'eye', settings = config): Promise<PackedImage> =>
  packImage({ file, path, faces: labels }, stubNets(faces), { config: settings, source: 'mine', images, crop });

/** A row, with how many pixels it has. */
const about = (row: EyeRow): unknown => ({ ...row, pixels: row.pixels.length });

describe('an image that is packed', () => {
  it('gives a row for each labelled eye that a run would look at, with where it comes from and what is known of it', async () => {
    const { rows, leftOut } = await pack([{ left: closed, right: open }], [face]);
    const [found] = await photoFaces(file, stubNets([face]), config);
    expect(leftOut).toEqual([]);
    expect(rows.map(about)).toEqual([
      { pixels: 72 * 48, label: 0, kind: 'lowered', path: `${path}#left`, ...groups, cropWidth: found?.eyes.left?.photoWidth, turn: found?.turn },
      { pixels: 72 * 48, label: 1, kind: 'open', path: `${path}#right`, ...groups, cropWidth: found?.eyes.right?.photoWidth, turn: found?.turn },
    ]);
    for (const [index, side] of (['left', 'right'] as const).entries()) {
      const eye = found?.eyes[side];
      expect(eye === undefined ? undefined : cutCanvas(eye.image, eye.region, 'eye')).toEqual(rows[index]?.pixels);
    }
  });

  it('gives nothing for an eye that nothing is known of', async () => {
    expect((await pack([{ right: open }], [face])).rows.map((row) => row.path)).toEqual([`${path}#right`]);
  });

  it('says what was left out: an eye that cannot be looked at, a face that was not found', async () => {
    const cut = await pack([{ left: open, right: open }], [faceAt(450, 60, 80)]);
    expect(cut.rows.map((row) => row.path)).toEqual([`${path}#right`]);
    expect(cut.leftOut).toEqual([{ source: 'mine', path, kind: 'open', reason: 'eye out of frame', unreadable: false }]);
    expect(await pack([{ right: closed }], [])).toEqual({ rows: [], leftOut: [{ source: 'mine', path, kind: 'lowered', reason: 'no face found', unreadable: false }] });
    expect((await pack([{}], [])).leftOut).toMatchObject([{ kind: '' }]);
  });

  it('names faces by their number where they are told by boxes', async () => {
    const boxes = [{ box: { x: 300, y: 60, width: 100, height: 100 }, left: open }, { box: face.box, left: closed, right: closed }];
    const { rows } = await pack(boxes, [face, faceAt(305, 60, 100)]);
    expect(rows.map((row) => [row.path, row.label])).toEqual([[`${path}#0#left`, 1], [`${path}#1#left`, 0], [`${path}#1#right`, 0]]);
  });

  it('gives a row for each face where faces are packed, with what is known of both eyes', async () => {
    const { rows, leftOut } = await pack([{ left: open, right: closed }], [face], 'photo', 'face');
    const [found] = await photoFaces(file, stubNets([face]), config);
    expect(rows.map(about)).toEqual([{ pixels: 200 * 200, label: 0, kind: 'lowered', path, ...groups, cropWidth: found?.whole.photoWidth, turn: found?.turn }]);
    expect(leftOut).toEqual([]);
    // The eyes that cannot be seen are no reason to leave a face out.
    expect((await pack([{ left: open }], [faceAt(450, 60, 80)], 'photo', 'face')).leftOut).toEqual([]);
    expect(await pack([{}], [face], 'photo', 'face')).toEqual({ rows: [], leftOut: [] });
  });

  it('gives one row where photos are packed: closed where anybody\'s eyes are', async () => {
    const { rows } = await pack([{ left: open }, { right: closed }, { left: sunglasses }], [], 'photo', 'photo');
    const { region, image, photoWidth } = await wholePhoto(file, config);
    expect(rows).toEqual([{ pixels: cutCanvas(image, region, 'photo'), label: 0, kind: 'lowered', path, ...groups, cropWidth: photoWidth, turn: 0 }]);
    expect((await pack([{}], [], 'photo', 'photo')).rows).toEqual([]);
  });

  it('gives one row where it is an eye patch', async () => {
    const { region, image, photoWidth } = await patchEye(file, config);
    const expected = { pixels: cutCanvas(image, region, 'eye'), path, ...groups, cropWidth: photoWidth, turn: 0 };
    expect((await pack([{ left: open, right: closed }], [], 'eye')).rows).toEqual([{ ...expected, label: 1, kind: 'open' }]);
    expect((await pack([{ right: closed }], [], 'eye')).rows).toEqual([{ ...expected, label: 0, kind: 'lowered' }]);
    expect((await pack([], [], 'eye')).rows).toEqual([]);
  });

  it('gives crops beside the eyes for as many faces as are asked for, always the same ones', async () => {
    const beside = async (share: number, name: string, labels: FaceLabels = { left: open }): Promise<PackedImage['rows']> => {
      const settings = { ...config, data: { ...config.data, misplaced: share } };
      const { rows } = await packImage({ file, path: name, faces: [labels] }, stubNets([face]), { config: settings, source: 'mine', images: 'photo', crop: 'eye' });
      return rows.filter((row) => row.kind === 'misplaced');
    };
    const names = Array.from({ length: 40 }, (_, index) => `open/p${String(index)}.png`);
    const counts = async (share: number): Promise<number> => (await Promise.all(names.map((name) => beside(share, name)))).flat().length;
    expect(await counts(0)).toBe(0);
    const [half, all] = [await counts(0.5), await counts(1)];
    expect(all).toBeGreaterThan(30);
    expect(half).toBeGreaterThan(0.25 * all);
    expect(half).toBeLessThan(0.75 * all);
    const [one] = (await Promise.all(names.map((name) => beside(1, name)))).flat();
    expect(one).toMatchObject({ label: 2, kind: 'misplaced', source: 'mine' });
    expect(one?.path).toMatch(/^open\/p\d+\.png#beside$/);
    expect(await beside(1, names[0] ?? '')).toEqual(await beside(1, names[0] ?? ''));
    const pictures = new Set((await Promise.all(names.map((name) => beside(1, name)))).flat().map(({ pixels }) => pixels.join()));
    expect(pictures.size).toBeGreaterThan(20);
  });
});

describe('crops beside the eyes', () => {
  const settings = { ...config, data: { ...config.data, misplaced: 1 } };
  const ramp = join(folder, 'ramp.png');
  // The brighter the farther right.
  beforeAll(async () => {
    await sharp(Uint8Array.from({ length: 500 * 400 }, (_, at) => (at % 500) / 2), { raw: { width: 500, height: 400, channels: 1 } }).png().toFile(ramp);
  });
  /** Those of forty photos that show the same faces, and the labelled eyes. */
  async function beside(faces: readonly Face[], labels: FaceLabels = {}): Promise<readonly EyeRow[]> {
    const packed = await Promise.all(Array.from({ length: 40 }, (_, index) => packImage(
      { file: ramp, path: `open/p${String(index)}.png`, faces: [labels] }, stubNets([...faces]), { config: settings, source: 'mine', images: 'photo', crop: 'eye' })));
    return packed.flatMap(({ rows }) => rows);
  }
  const brightness = ({ pixels }: EyeRow): number => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;

  it('lie where the ear of the eye is, which is to the right of a left eye', async () => {
    // Of faces at the border of the picture one eye alone is in it, and only that has crops beside it.
    const places = async (face: Face): Promise<{ eye: number; others: readonly number[] }> => {
      const rows = await beside([face], { left: open, right: open });
      const [eye = NaN] = rows.filter(({ label }) => label === 1).map(brightness);
      return { eye, others: rows.filter(({ kind }) => kind === 'misplaced').map(brightness) };
    };
    const [{ eye: left, others: besideLeft }, { eye: right, others: besideRight }] = [await places(faceAt(-20, 160, 80)), await places(faceAt(440, 160, 80))];
    for (const count of [besideLeft.length, besideRight.length]) {
      expect(count).toBeGreaterThan(5);
      expect(count).toBeLessThan(35);
    }
    expect(Math.max(...besideLeft) - left).toBeGreaterThan(2 * (left - Math.min(...besideLeft)));
    expect(right - Math.min(...besideRight)).toBeGreaterThan(2 * (Math.max(...besideRight) - right));
  });

  it('show no eye of somebody else', async () => {
    const [one, other] = [faceAt(60, 160, 60), faceAt(127, 160, 58)];
    const [alone, together] = [await beside([one]), await beside([one, other])];
    const paths = alone.map(({ path: each }) => each);
    expect(together.length).toBeLessThan(alone.length);
    expect(together.length).toBeGreaterThan(alone.length / 2);
    expect(together.every(({ path: each }) => paths.includes(each))).toBe(true);
  });
});

describe('a source that is packed', () => {
  const row = { pixels: new Uint8Array(1), label: 1, kind: 'open', source: 'mine', group: 'g', path: 'p', cropWidth: 1, turn: 0 } as const;
  const left = { source: 'mine', path: 'a', kind: 'open', reason: 'no face found', unreadable: false };
  const images = [1, 2, 3].map((number) => ({ file: `/${String(number)}.jpg`, path: `${String(number)}.jpg`, faces: [{ left: closed }] }));
  const source: LabelledSource = { name: 'mine', images, unlabelled: 0, tables: [], close: () => undefined };

  async function packed(outcomes: readonly ImageOutcome[], options: { kind: ImageKind | 'auto'; crop?: CropKind }): Promise<{ result: Awaited<ReturnType<typeof packSource>>; tasks: unknown[]; seen: number }> {
    const tasks: unknown[] = [];
    let seen = 0;
    const ask: AskImages = (asked, { task }, onImage) => {
      tasks.push(task);
      for (let index = 0; index < asked.length; index += 1) onImage?.();
      return Promise.resolve(task.kind === 'look' ? asked.map(() => ({ kind: 'look', face: false })) : [...outcomes]);
    };
    const result = await packSource(source, ask, { ...options, config, onImage: () => { seen += 1; } });
    return { result, tasks, seen };
  }

  it('has the rows of its images, what was left out of them, and which could not be read', async () => {
    const { result, tasks, seen } = await packed([{ kind: 'pack', rows: [row], leftOut: [left] }, { kind: 'unreadable', reason: 'damaged' }, { kind: 'pack', rows: [row, row], leftOut: [] }], { kind: 'photo' });
    expect(result).toEqual({ name: 'mine', kind: 'photo', rows: [row, row, row], leftOut: [left, { source: 'mine', path: '2.jpg', kind: 'lowered', reason: 'damaged', unreadable: true }] });
    expect(tasks).toEqual([{ kind: 'pack', images: 'photo', crop: 'eye' }]);
    expect(seen).toBe(3);
  });

  it('is of the kind that is said, or that its images seem to be; faces and photos are cut from photos', async () => {
    expect((await packed([], { kind: 'eye' })).tasks).toEqual([{ kind: 'pack', images: 'eye', crop: 'eye' }]);
    expect((await packed([], { kind: 'auto' })).tasks).toEqual([{ kind: 'look' }, { kind: 'pack', images: 'eye', crop: 'eye' }]);
    expect((await packed([], { kind: 'eye', crop: 'face' })).tasks).toEqual([{ kind: 'pack', images: 'photo', crop: 'face' }]);
  });
});

describe('the layout of packed pixels', () => {
  it('is said in words', () => {
    expect(describeLayout('eye')).toBe('72x48 px, the classifier\'s crop in the middle 48x32');
    expect(describeLayout('face')).toBe('200x200 px, the classifier\'s crop in the middle 160x160');
  });
});
