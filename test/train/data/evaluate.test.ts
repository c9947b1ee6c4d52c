import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EyesMeasurement } from '../../../src/classify/measurement.js';
import { cutEye } from '../../../src/classify/eye-crops.js';
import type { EyeState } from '../../../src/core/eye.js';
import type { Face } from '../../../src/core/face.js';
import { UsageError } from '../../../src/core/usage-error.js';
import { loadConfig, type Config } from '../../../src/pipeline/config.js';
import { evaluateSource, judgeImage, type Evaluation } from '../../../src/train/data/evaluate.js';
import type { AskImages, ImageOutcome, JudgedImage } from '../../../src/train/data/image-task.js';
import { photoFaces, type ImageKind } from '../../../src/train/data/labelled-eyes.js';
import type { FaceLabels } from '../../../src/train/data/labels.js';
import type { LabelledSource } from '../../../src/train/data/sources.js';
import { faceAt, gradient } from '../../pipeline/drawn-photo.js';
import { stubNets } from './stub-nets.js';

const folder = mkdtempSync(join(tmpdir(), 'evaluate-'));
const file = join(folder, 'photo.png');
const path = 'open/ann.png';
const config = loadConfig();
beforeAll(async () => { writeFileSync(file, await gradient(500, 400)); });
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const [open, closed, hidden] = [{ label: 1, kind: 'open' }, { label: 0, kind: 'closed' }, { label: 2, kind: 'hidden' }] as const;
const stateOf = (chance: number): EyeState => (chance < 0.3 ? 'closed' : chance > 0.7 ? 'open' : 'unsure');

/** Eyes whose chances of being open are these; an eye without one cannot be seen. */
function eyes(left: number | undefined, right: number | undefined, lidsDown = 0): EyesMeasurement {
  const eye = (chance: number | undefined): EyesMeasurement['left'] => (chance === undefined ? { state: 'unknown' } : { state: stateOf(chance), open: chance });
  return { state: lidsDown > 0.5 ? 'closed' : 'open', closed: lidsDown, profile: false, left: eye(left), right: eye(right) };
}

const [first, second] = [faceAt(60, 60, 120), faceAt(300, 60, 100)];
const judge = (labels: readonly FaceLabels[], faces: readonly Face[], measured: readonly EyesMeasurement[], images: ImageKind = 'photo', settings: Config = config, crops = false): Promise<JudgedImage> =>
  judgeImage({ file, path, faces: labels }, stubNets(faces, measured), { config: settings, images, crops });

describe('the eyes of a photo', () => {
  it('are judged each by itself, with its label and the word of a run', async () => {
    const judged = await judge([{ left: open, right: closed }], [first], [eyes(0.9, 0.5)]);
    expect(judged.eyes).toEqual([
      { path: `${path}#left`, label: 1, open: 0.9, state: 'open' }, { path: `${path}#right`, label: 0, open: 0.5, state: 'unsure' },
    ]);
    expect(judged.missing).toEqual([]);
    // The mean of both logits, of 0.9 and of one half.
    expect(judged.photo?.closed).toBe(true);
    expect(judged.photo?.open).toBeCloseTo(0.75, 9);
  });

  it('do not outvote each other without limit where a chance was rounded to 0 or 1', async () => {
    const { photo } = await judge([{ left: open, right: open }], [first], [eyes(1, 0)]);
    expect(photo?.open).toBeCloseTo(0.5, 9);
    expect((await judge([{ left: open, right: open }], [first], [eyes(1, 0.5)])).photo?.open).toBeCloseTo(0.999, 3);
  });

  it('are compared only where they are labelled open or closed', async () => {
    const judged = await judge([{ left: hidden, right: open }], [first], [eyes(0.2, 0.9)]);
    expect(judged.eyes.map((eye) => eye.path)).toEqual([`${path}#right`]);
    expect(judged.photo?.closed).toBe(false);
    expect(judged.photo?.open).toBeCloseTo(0.9, 9);
    expect(await judge([{ left: hidden }], [first], [eyes(0.2, 0.9)])).not.toHaveProperty('photo');
  });

  it('are missing where the net cannot see them, a run does not look at them, or there is no face', async () => {
    expect(await judge([{ left: open, right: open }], [first], [eyes(undefined, 0.9)])).toMatchObject({ missing: ['eye not visible'], eyes: [{ path: `${path}#right` }] });
    const cut = await judge([{ left: open, right: open }], [faceAt(450, 60, 80)], [eyes(undefined, 0.9)]);
    expect(cut).toMatchObject({ missing: ['eye out of frame'], eyes: [{ path, open: 0.9 }] });
    expect(await judge([{ left: closed, right: open }], [], [])).toEqual({ eyes: [], missing: ['no face found'], verdict: 'review', photo: { closed: true } });
  });

  it('of several faces are told by the number of the face, and the photo is as closed as the face that is likeliest so', async () => {
    const labels = [{ box: second.box, left: open }, { box: first.box, left: open }];
    const judged = await judge(labels, [first, second], [eyes(0.8, undefined), eyes(0.6, undefined)]);
    expect(judged.eyes.map((eye) => [eye.path, eye.open])).toEqual([[`${path}#0#left`, 0.6], [`${path}#1#left`, 0.8]]);
    expect(judged.photo?.open).toBeCloseTo(0.6, 9);
  });

  it('have no say in a photo where no label tells what they are, and are told by their side where faces are told by boxes', async () => {
    const sunglasses = [{ box: first.box, left: hidden, right: hidden }, { box: second.box, right: open }];
    const judged = await judge(sunglasses, [first, second], [eyes(0.1, 0.1), eyes(0.9, 0.8)]);
    expect(judged.eyes.map((eye) => eye.path)).toEqual([`${path}#1#right`]);
    expect(judged.photo?.open).toBeCloseTo(0.8, 9);
    const cut = faceAt(450, 60, 80);
    expect((await judge([{ box: cut.box, left: open, right: open }], [cut], [eyes(undefined, 0.9)])).eyes.map((eye) => eye.path)).toEqual([`${path}#0#right`]);
  });

  it('are measured in the faces that a run finds, and nothing is where there is no label', async () => {
    const nets = stubNets([first, second], [eyes(0.9, 0.9), eyes(0.9, 0.9)]);
    await judgeImage({ file, path, faces: [{ left: open }] }, nets, { config, images: 'photo', crops: false });
    expect(nets.shown.map(({ box }) => box)).toEqual([first.box, second.box]);
    const unasked = stubNets([], [eyes(0.9, 0.9)]);
    await judgeImage({ file: '/nowhere.png', path, faces: [{}] }, unasked, { config, images: 'eye', crops: false });
    expect(unasked.shown).toEqual([]);
  });

  it('make the verdict of a run, by the labelled faces alone', async () => {
    expect((await judge([{ left: open }], [first, second], [eyes(0.9, 0.9), eyes(0.01, 0.01, 0.99)])).verdict).toBe('keep');
    expect((await judge([{ left: open }], [first], [eyes(0.01, 0.01, 0.99)])).verdict).toBe('reject');
  });

  it('come with what the classifier saw, if that is wanted', async () => {
    const { eyes: [eye] } = await judge([{ left: open }], [first], [eyes(0.9, 0.9)], 'photo', config, true);
    const [found] = await photoFaces(file, stubNets([first]), config);
    const view = found?.eyes.left;
    expect(eye?.crop).toEqual(view === undefined ? undefined : cutEye(view.image, view.region, 48, 32));
    expect((await judge([{ left: open }], [first], [eyes(0.9, 0.9)])).eyes[0]).not.toHaveProperty('crop');
  });
});

describe('an eye patch', () => {
  it('is judged as one eye, by whichever label there is', async () => {
    expect(await judge([{ right: closed }], [], [eyes(0.2, undefined)], 'eye')).toMatchObject({ eyes: [{ path, label: 0, open: 0.2, state: 'closed' }], missing: [], verdict: 'review' });
    expect(await judge([{ left: open, right: closed }], [], [eyes(0.9, undefined)], 'eye')).toMatchObject({ eyes: [{ label: 1 }] });
    expect(await judge([], [], [], 'eye')).toEqual({ eyes: [], missing: [], verdict: 'review' });
  });
});

describe('faces and photos that are judged as a whole', () => {
  const faces: Config = { ...config, classify: { ...config.classify, crop: 'face' } };
  const photos: Config = { ...config, classify: { ...config.classify, crop: 'photo' } };

  it('are as open as their lids are not down, with the label of both eyes', async () => {
    const whole = await judge([{ left: open, right: closed }], [first], [eyes(undefined, undefined, 0.75)], 'photo', faces);
    expect(whole).toMatchObject({ eyes: [{ path, label: 0, open: 0.25, state: 'closed' }], missing: [], photo: { closed: true } });
    expect(whole.photo?.open).toBeCloseTo(0.25, 9);
    const dark = await judge([{ left: open }], [first], [{ ...eyes(undefined, undefined), state: 'unknown' }], 'photo', faces);
    expect(dark).toStrictEqual({ eyes: [], missing: ['eye not visible'], verdict: 'keep', photo: { closed: false } });
    expect(await judge([{ left: open }], [], [eyes(undefined, undefined, 0.25)], 'photo', photos)).toMatchObject({
      eyes: [{ path, label: 1, open: 0.75, state: 'open' }], photo: { closed: false, open: 0.75 },
    });
  });

  it('are missing where nothing can be said of them, and closed where one eye is', async () => {
    const unknown: EyesMeasurement = { ...eyes(undefined, undefined), state: 'unknown' };
    expect(await judge([{ left: closed }], [], [unknown], 'photo', photos)).toMatchObject({ eyes: [], missing: ['eye not visible'], photo: { closed: true } });
    expect(await judge([{ left: closed }], [first], [{ ...eyes(0.9, 0.1), state: 'one_closed' }], 'photo', faces)).toMatchObject({ eyes: [{ state: 'closed' }] });
    expect(await judge([{ left: hidden }], [], [eyes(undefined, undefined, 0.5)], 'photo', photos)).not.toHaveProperty('photo');
    expect(await judge([{}], [], [], 'photo', photos)).toEqual({ eyes: [], missing: [], verdict: 'review' });
  });
});

describe('the evaluation of a source', () => {
  const image = (name: string, labels: FaceLabels): LabelledSource['images'][number] => ({ file: `/${name}`, path: name, faces: [labels] });
  const source: LabelledSource = {
    name: 'mine', unlabelled: 0, tables: [], close: () => undefined,
    images: [image('a', { left: open }), image('b', { left: closed, right: open }), image('c', { left: closed }), image('d', { left: hidden }), image('e', { left: closed }), { file: '/f', path: 'f', faces: [{}, { right: closed }] }],
  };
  const judged = (given: Partial<JudgedImage>): ImageOutcome => ({ kind: 'evaluate', eyes: [], missing: [], verdict: 'review', ...given });
  const outcomes: ImageOutcome[] = [
    judged({ eyes: [{ path: 'a#left', label: 1, open: 0.9, state: 'open' }], verdict: 'keep', photo: { closed: false, open: 0.9 } }),
    judged({ eyes: [{ path: 'b#left', label: 0, open: 0.2, state: 'closed' }, { path: 'b#right', label: 1, open: 0.1, state: 'closed' }], verdict: 'keep', photo: { closed: true, open: 0.15 } }),
    { kind: 'unreadable', reason: 'damaged' },
    judged({ missing: ['no face found', 'eye turned away', 'no face found'] }),
    judged({ eyes: [{ path: 'e#left', label: 0, open: 0.5, state: 'unsure' }], photo: { closed: true } }),
    judged({ verdict: 'reject' }),
  ];

  async function evaluate(kind: ImageKind | 'auto' = 'photo', settings = config): Promise<{ result: Evaluation; tasks: unknown[] }> {
    const tasks: unknown[] = [];
    const ask: AskImages = (asked, { task }) => {
      tasks.push(task);
      return Promise.resolve(task.kind === 'look' ? asked.map(() => ({ kind: 'look', face: true })) : outcomes);
    };
    return { result: await evaluateSource(source, ask, { kind, config: settings }), tasks };
  }

  it('has a prediction for each image, in their order', async () => {
    const { result: { predictions } } = await evaluate();
    expect(predictions).toEqual([
      { path: 'a', label: 'open', verdict: 'keep', reasons: [], open: 0.9 },
      { path: 'b', label: 'closed', verdict: 'keep', reasons: [], open: 0.15 },
      { path: 'c', label: 'closed', reasons: ['damaged'] },
      { path: 'd', label: 'hidden', verdict: 'review', reasons: ['no face found', 'eye turned away', 'no face found'] },
      { path: 'e', label: 'closed', verdict: 'review', reasons: [] },
      { path: 'f', label: 'closed', verdict: 'reject', reasons: [] },
    ]);
  });

  it('counts eyes, and how many of them a run decides on', async () => {
    const { result: { eye } } = await evaluate();
    expect(eye.n).toBe(4);
    expect(eye.confusion).toEqual([[1, 1], [1, 1]]);
    expect(eye.coverage).toBe(0.75);
    expect(eye.decided_accuracy).toBeCloseTo(2 / 3, 9);
    expect(eye.intervals.accuracy).toHaveLength(2);
  });

  it.each([[1, 'open', 1], [0, 'closed', 1], [0, 'open', 0], [1, 'closed', 0], [1, 'unsure', 0], [0, 'unknown', 0]] as const)(
    'counts an eye that is labelled %d and called %s %d times as rightly decided', async (label, state, right) => {
      const [first] = source.images;
      const outcome = judged({ eyes: [{ path: 'a#left', label, open: 0.5, state }] });
      const { eye } = await evaluateSource({ ...source, images: first === undefined ? [] : [first] }, () => Promise.resolve([outcome]), { kind: 'photo', config });
      expect([eye.decided_accuracy, eye.coverage]).toEqual([right, state === 'open' || state === 'closed' ? 1 : 0]);
    });

  it('counts photos, of which one without an eye that was judged is wrong', async () => {
    const { result: { photo, kind } } = await evaluate();
    expect(kind).toBe('photo');
    expect([photo?.n, photo?.undetected]).toEqual([3, 1]);
    expect(photo?.confusion).toEqual([[1, 1], [0, 1]]);
    expect((await evaluate('eye')).result.photo).toBeNull();
  });

  it('counts closed eyes that a run would have kept, why eyes were not judged, and what could not be read', async () => {
    const { result: { closedImages, closedKept, missing, unreadable } } = await evaluate();
    expect([closedImages, closedKept]).toEqual([3, 1]);
    expect(Object.fromEntries(missing)).toEqual({ 'no face found': 2, 'eye turned away': 1 });
    expect(unreadable).toEqual([{ path: 'c', reason: 'damaged' }]);
  });

  it('is of photos where faces or photos are judged as a whole, and asks what images are where nobody says', async () => {
    const whole: Config = { ...config, classify: { ...config.classify, crop: 'face' } };
    expect((await evaluate('auto', whole)).tasks).toEqual([{ kind: 'evaluate', images: 'photo', crops: false }]);
    expect((await evaluate('auto')).tasks).toEqual([{ kind: 'look' }, { kind: 'evaluate', images: 'photo', crops: false }]);
    await expect(evaluate('eye', whole)).rejects.toThrow(new UsageError('classify.crop face needs photos; --kind eye says that the images show one eye each.'));
  });

  it('hands out what the classifier saw, eye by eye', async () => {
    const crop = { data: new Uint8Array(1), width: 1, height: 1 };
    const eye = { path: 'a#left', label: 1, open: 0.9, state: 'open' } as const;
    const seen: unknown[] = [];
    const tasks: unknown[] = [];
    const ask: AskImages = (_, { task }) => { tasks.push(task); return Promise.resolve([judged({ eyes: [{ ...eye, crop }, { ...eye, path: 'a#right' }] })]); };
    await evaluateSource(source, ask, { kind: 'photo', config, onEye: (each) => { seen.push(each); return Promise.resolve(); } });
    expect(seen).toEqual([{ ...eye, crop }]);
    expect(tasks).toEqual([{ kind: 'evaluate', images: 'photo', crops: true }]);
  });

  it('has no figures of nothing', async () => {
    const { eye } = await evaluateSource({ ...source, images: [] }, () => Promise.resolve([]), { kind: 'photo', config });
    expect([eye.n, eye.coverage, eye.decided_accuracy]).toEqual([0, 0, 0]);
  });
});
