import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CROPS, eyeWidthOf, type CropKind } from '../../src/core/eye.js';
import { headTurn, type EyeLandmarks, type FaceView } from '../../src/core/face.js';
import type { Raster } from '../../src/core/raster.js';
import type { FaceResult } from '../../src/core/result.js';
import { eyeChances, type Calibration } from '../../src/classify/calibration.js';
import { cutEye, faceRegion, photoRegion } from '../../src/classify/eye-crops.js';
import { EYES_INPUT, OPEN_OUTPUT, VISIBLE_OUTPUT } from '../../src/classify/eye-classifier.js';
import { judgeEyes, judgeWhole } from '../../src/classify/judge.js';
import type { EyeMeasurement, EyesMeasurement } from '../../src/classify/measurement.js';
import { infoToMetadata } from '../../src/classify/model-info.js';
import { classifyStage, openEyes } from '../../src/classify/stage.js';
import type { TurnedRegion } from '../../src/image/crop.js';
import { packageFolder } from '../../src/files/package.js';
import { GraphBuilder } from '../../src/onnx/graph.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { measured } from '../support/measured.js';
import { face } from '../support/results.js';
import { frontalView } from '../support/views.js';

const { columns, page } = classifyStage;
const { classify: defaults } = loadConfig();
const open: EyeMeasurement = { state: 'open', open: 0.9714, visible: 0.99 };
const shut: EyeMeasurement = { state: 'closed', open: 0.02, visible: 0.98 };
const hidden: EyeMeasurement = { state: 'unknown', reason: 'turned away' };
const eyes = (changes: Partial<EyesMeasurement> = {}): EyesMeasurement => ({ state: 'open', closed: 0.02, profile: false, left: open, right: open, ...changes });
const faceWith = (classify: EyesMeasurement): FaceResult => ({ ...face(), measured: measured({ classify }) });
const reasonsOf = (changes: Partial<EyesMeasurement>): unknown => classifyStage.reasons(measured({ classify: eyes(changes) }));

describe('the stage of the eyes', () => {
  it('speaks of what is not open, in a photographer\'s words', () => {
    expect(reasonsOf({})).toEqual([]);
    expect(reasonsOf({ state: 'closed' })).toEqual([{ text: 'eyes closed', verdict: 'reject' }]);
    expect(reasonsOf({ state: 'one_closed' })).toEqual([{ text: 'one eye closed', verdict: 'review' }]);
    expect(reasonsOf({ state: 'unsure' })).toEqual([{ text: 'eyes may be closed', verdict: 'review' }]);
    expect(reasonsOf({ state: 'closed', profile: true })).toEqual([{ text: 'eyes closed', verdict: 'keep' }]);
    expect(reasonsOf({ state: 'unknown', left: { state: 'unknown' }, right: { state: 'unknown' } })).toEqual([{ text: 'eyes not visible', verdict: 'keep' }]);
    expect(reasonsOf({ state: 'unknown', left: { state: 'unknown' }, right: hidden })).toEqual([{ text: 'eyes not visible: turned away', verdict: 'keep' }]);
    expect(reasonsOf({ state: 'unknown', left: { state: 'unknown', reason: 'too small' }, right: hidden })).toEqual([{ text: 'eyes not visible: too small', verdict: 'keep' }]);
  });

  it('weighs the eyes of all faces that count', () => {
    const asleep = faceWith(eyes({ state: 'closed', closed: 0.99 }));
    const perhaps = faceWith(eyes({ closed: 0.3 }));
    expect(classifyStage.weigh([faceWith(eyes())], 'normal')).toBe('keep');
    expect(classifyStage.weigh([faceWith(eyes()), asleep], 'normal')).toBe('reject');
    expect((['lenient', 'normal', 'strict'] as const).map((strictness) => classifyStage.weigh([perhaps], strictness))).toEqual(['keep', 'keep', 'review']);
  });

  it('writes both eyes into columns and JSON; what is not known stays empty', () => {
    const winking = faceWith(eyes({ state: 'one_closed', closed: 0.5, left: shut, right: hidden }));
    expect(Object.entries(columns).map(([name, cell]) => [name, cell(winking)]))
      .toEqual([['left_eye_open', '0.020'], ['right_eye_open', ''], ['eyes', 'one_closed']]);
    const json = classifyStage.json(winking);
    expect(json).toEqual({
      eyes: 'one_closed', eyes_closed: 0.5,
      left_eye: { state: 'closed', open: 0.02, visible: 0.98, box: winking.eyeBoxes.left, reason: null },
      right_eye: { state: 'unknown', open: null, visible: null, box: winking.eyeBoxes.right, reason: 'turned away' },
    });
    expect(classifyStage.json({ ...winking, eyeBoxes: {} })).toMatchObject({ left_eye: { box: null }, right_eye: { box: null } });
    expect(() => classifyStage.jsonSchema.parse(json)).not.toThrow();
  });

  it('draws a meter an eye, the person\'s right one first as in the photo', () => {
    expect(page.meters(faceWith(eyes({ left: shut, right: hidden })))).toEqual([
      { name: 'right eye', picture: 'rightEye', tone: 'unknown', text: 'unknown', hint: 'turned away' },
      { name: 'left eye', picture: 'leftEye', tone: 'reject', share: 0.02, text: '0.02 closed' },
    ]);
    expect(page.meters(faceWith(eyes({ right: { state: 'unsure', open: 0.5 } })))).toMatchObject([{ tone: 'review', text: '0.50 unsure' }, { tone: 'keep', text: '0.97 open' }]);
    expect(page.praise).toBe('eyes open');
  });

  it('marks where closed ends and open begins, as the model or the settings have it', async () => {
    const own = { ...defaults, closed_below: 0.3, open_above: 0.7 };
    expect(await page.marks(own)).toEqual({ 'left eye': [0.3, 0.7], 'right eye': [0.3, 0.7] });
    const marks = await page.marks(defaults);
    expect(marks['left eye']).toHaveLength(2);
    expect(marks['left eye']).toEqual(marks['right eye']);
  });

  it('orders photos by the eye that is more closed', () => {
    expect(page.order).toMatchObject({ value: 'eyes', text: 'Eyes, most closed first' });
    expect(page.order?.rank(faceWith(eyes({ left: shut })))).toBe(0.02);
    expect(page.order?.rank(faceWith(eyes({ left: hidden })))).toBe(0.9714);
    expect(page.order?.rank(faceWith(eyes({ left: hidden, right: hidden })))).toBeUndefined();
  });

  it('depends on its model, which must be there', async () => {
    expect(classifyStage.files(defaults)).toEqual([join(packageFolder, 'models', 'eye-state.onnx')]);
    await expect(classifyStage.check(defaults)).resolves.toBeUndefined();
    await expect(classifyStage.check({ ...defaults, model: 'detector' })).resolves.toBeUndefined();
    expect(classifyStage.files({ ...defaults, model: 'detector' })).toEqual([]);
    await expect(classifyStage.check({ ...defaults, model: '/nowhere/eyes.onnx' })).rejects.toThrow(/no eye-state model \/nowhere\/eyes\.onnx \(classify\.model\)/);
  });
});

describe('the detector\'s own word on eyes', () => {
  const settings = { ...defaults, model: 'detector' };
  const said = { left: { open: 0.97, visible: 0.99 }, right: { open: 0.96, visible: 0.98 } };
  const measureOne = async (changes: Partial<FaceView>): Promise<EyesMeasurement | undefined> => {
    const [one] = await (await openEyes(settings, { threads: 1 })).measure([{ ...levelFace(), detected: said, ...changes }]);
    return one;
  };

  it('decides by both eyes together, as a net\'s word does', async () => {
    expect(await measureOne({})).toMatchObject({ state: 'open', profile: false, left: { state: 'open' }, right: { state: 'open' } });
    const shutBoth = { left: { open: 0.03, visible: 0.99 }, right: { open: 0.04, visible: 0.98 } };
    expect(await measureOne({ detected: shutBoth })).toMatchObject({ state: 'closed', left: { state: 'closed' }, right: { state: 'closed' } });
    expect(await measureOne({ detected: { ...said, left: { open: 0.5, visible: 0.02 } } })).toMatchObject({ state: 'open', left: { state: 'unknown' } });
  });

  it('is not asked about an eye that cannot be seen, nor where nothing was said', async () => {
    expect(await measureOne({ left: { reason: 'turned away' } })).toMatchObject({ state: 'open', left: { state: 'unknown', reason: 'turned away' } });
    expect(await measureOne({ detected: {} })).toMatchObject({ state: 'unknown', closed: 0 });
  });

  it('needs no px of its own, and speaks of eyes only', async () => {
    expect((await openEyes(settings, { threads: 1 })).wants).toEqual({ face: 0, eye: 0 });
    await expect(classifyStage.check({ ...settings, crop: 'face' })).rejects.toThrow(/classify\.crop is face\. Set classify\.crop=eye/);
  });
});

describe('the word of a net', () => {
  const folder = mkdtempSync(join(tmpdir(), 'eyes-'));
  afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
  const calibration: Calibration = {
    widths: [6, 24, 96], turn: 0.5,
    open: [{ scale: 0.25, shift: 0 }, { scale: 0.5, shift: 0.1 }, { scale: 1, shift: 0.2 }],
    visible: [{ scale: 0.5, shift: -1 }, { scale: 1, shift: 0 }, { scale: 1.5, shift: 1 }],
    pair: { closed: 0.09, wink: 0.01, weight: 0.8, hidden: 0.1, one_hidden: 0.04 },
  };
  const bands = { closed_below: 0.25, open_above: 0.75 };
  const [OF_OPEN, OF_VISIBLE] = [{ scale: 0.05, zero: 100 }, { scale: 0.01, zero: -200 }];
  const nets: Record<CropKind, string> = { eye: join(folder, 'eye.onnx'), face: join(folder, 'face.onnx'), photo: join(folder, 'photo.onnx') };

  /** A net that calls a crop the more open the brighter it is. */
  function brightness(crop: CropKind): Uint8Array {
    const { width, height } = CROPS[crop];
    const graph = new GraphBuilder('brightness');
    const pixels = graph.op('Cast', [graph.input(EYES_INPUT, 'uint8', ['batch', height, width])], { to: { int: 1 } });
    const mean = graph.op('ReduceMean', [pixels], { axes: { ints: [1, 2] }, keepdims: { int: 0 } });
    for (const [name, { scale, zero }] of [[OPEN_OUTPUT, OF_OPEN], [VISIBLE_OUTPUT, OF_VISIBLE]] as const) {
      graph.output(graph.op('Mul', [graph.op('Sub', [mean, graph.scalar(zero)]), graph.scalar(scale)]), name, 'float32', ['batch']);
    }
    return graph.toModel(13, infoToMetadata({
      backbone: 'brightness', crop, width, height, calibration, closedBelow: bands.closed_below, openAbove: bands.open_above, precision: 'fp32', toolVersion: '1.2.3',
    }));
  }

  beforeAll(() => { for (const crop of ['eye', 'face', 'photo'] as const) writeFileSync(nets[crop], brightness(crop)); });

  /** Darker to the left and towards the top, so that a crop tells where it was cut. */
  const picture: Raster = { width: 300, height: 200, channels: 1, data: Uint8Array.from({ length: 60_000 }, (_, at) => (at % 300) / 2 + Math.floor(at / 300) / 4) };
  const [small, large] = [frontalView(picture, { x: 10, y: 20, width: 60, height: 60 }), frontalView(picture, { x: 100, y: 40, width: 120, height: 120 })];
  const turned: FaceView = { ...large, scale: 3, landmarks: { ...large.landmarks, nose: { x: 180, y: 108 } } };

  async function say(crop: CropKind, faces: readonly FaceView[], changes: Partial<typeof defaults> = {}): Promise<readonly EyesMeasurement[]> {
    const stage = await openEyes({ ...defaults, model: nets[crop], crop, ...changes }, { threads: 1 });
    try {
      return await stage.measure(faces);
    } finally {
      await stage.release();
    }
  }

  /** What such a net says of a region. */
  function answer(crop: CropKind, region: TurnedRegion | undefined): { open: number; visible: number } {
    const { width, height } = CROPS[crop];
    const { data } = cutEye(picture, region ?? { center: { x: NaN, y: NaN }, width: NaN, angle: NaN }, width, height);
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    return { open: OF_OPEN.scale * (mean - OF_OPEN.zero), visible: OF_VISIBLE.scale * (mean - OF_VISIBLE.zero) };
  }

  /** What is to be said of a face whose eyes are looked at one by one. */
  function ofEyes(view: FaceView): EyesMeasurement {
    const turn = headTurn(view.landmarks);
    const [left, right] = [view.left, view.right].map(({ region }) => region === undefined ? undefined
      : eyeChances(calibration, answer('eye', region), { width: eyeWidthOf(region.width * view.scale), turn }));
    const looked = { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
    return judgeEyes(calibration.pair, looked, bands, turn, { left: view.left.reason ?? '', right: view.right.reason ?? '' });
  }

  function expectNear(said: readonly EyesMeasurement[], expected: readonly EyesMeasurement[]): void {
    const rounded = (measured: unknown): unknown => JSON.parse(JSON.stringify(measured, (_, value: unknown) => typeof value === 'number' ? Number(value.toFixed(4)) : value));
    expect(rounded(said)).toEqual(rounded(expected));
  }

  it('is heard of both eyes of each face, given how wide they are in the photo and how far the head is turned', async () => {
    const views = [small, turned, large];
    const expected = views.map(ofEyes);
    expect(new Set(expected.map(({ left }) => left.open)).size).toBe(3);
    expectNear(await say('eye', views), expected);
    expect(await say('eye', [])).toEqual([]);
  });

  it('is heard of the eyes that can be looked at, and each face has its own', async () => {
    const views: FaceView[] = [{ ...small, left: { reason: 'turned away' } }, large, { ...small, left: { reason: 'hidden' }, right: { reason: 'hidden' } }, { ...large, right: { reason: 'out of frame' } }];
    const said = await say('eye', views);
    expectNear(said, views.map(ofEyes));
    expect(said.map(({ left, right }) => [left.reason, right.reason])).toEqual([['turned away', undefined], [undefined, undefined], ['hidden', 'hidden'], [undefined, 'out of frame']]);
  });

  it('is heard of faces as a whole', async () => {
    const views = [small, turned, large];
    const expected = views.map((view) => {
      const region = faceRegion(view);
      return judgeWhole(calibration, answer('face', region), { width: eyeWidthOf(region.width * view.scale), turn: headTurn(view.landmarks) }, bands);
    });
    expect(new Set(expected.map(({ closed }) => closed)).size).toBe(3);
    expectNear(await say('face', views), expected);
  });

  it('is heard of the photo as a whole, and stands with its largest face as it is in the photo', async () => {
    const region = photoRegion(picture);
    const whole = judgeWhole(calibration, answer('photo', region), { width: eyeWidthOf(300), turn: 0 }, bands);
    const nothing = judgeWhole(calibration, undefined, { width: eyeWidthOf(300), turn: 0 }, bands);
    expectNear(await say('photo', [small, turned]), [nothing, whole]);
    expectNear(await say('photo', [large, { ...small, scale: 3 }]), [nothing, whole]);
    const wide: FaceView = { ...large, box: { x: 0, y: 0, width: 100, height: 10 } };
    expectNear(await say('photo', [wide, { ...small, box: { x: 0, y: 0, width: 40, height: 40 } }]), [nothing, whole]);
    // A closer look is part of the photo, which is what counts here.
    expectNear(await say('photo', [{ ...large, raster: { ...picture, data: new Uint8Array(60_000) } }]), [whole]);
    expect(await say('photo', [])).toEqual([]);
  });

  it('needs so many px of what the net looks at, of nothing else', async () => {
    const wanted = async (crop: CropKind): Promise<unknown> => {
      const stage = await openEyes({ ...defaults, model: nets[crop], crop }, { threads: 1 });
      await stage.release();
      await expect(stage.measure([large])).rejects.toThrow();
      return { wants: stage.wants, size: stage.crop };
    };
    expect(await wanted('eye')).toEqual({ wants: { face: 0, eye: 48 }, size: { width: 48, height: 32 } });
    expect(await wanted('face')).toEqual({ wants: { face: 160, eye: 0 }, size: { width: 160, height: 160 } });
    expect(await wanted('photo')).toEqual({ wants: { face: 0, eye: 0 }, size: { width: 160, height: 160 } });
  });

  it('is put into words by the thresholds of the settings where they have any, and refused from a net of something else', async () => {
    const [{ left: { open: chance = NaN } }] = [ofEyes(large)];
    expect(await say('eye', [large], { closed_below: chance - 0.01, open_above: chance - 0.01 })).toMatchObject([{ left: { state: 'open' } }]);
    expect(await say('eye', [large], { closed_below: chance + 0.01, open_above: chance + 0.01 })).toMatchObject([{ left: { state: 'closed' } }]);
    await expect(say('face', [large], { crop: 'photo' })).rejects.toThrow(
      /face\.onnx \(classify\.model\) was trained on faces, and classify\.crop is photo\. Set classify\.crop=face, or name a model trained on whole photos \(pipeline pack --crop photo\)/);
    await expect(say('photo', [large], { crop: 'eye' })).rejects.toThrow(/trained on whole photos, .*a model trained on eyes \(/);
  });
});

function levelFace(): FaceView {
  const raster = { data: new Uint8Array(3), width: 1, height: 1, channels: 3 } as const;
  const eye = (x: number): EyeLandmarks => ({ outer: { x, y: 0 }, inner: { x: x / 2, y: 0 }, center: { x: 0.75 * x, y: 0 } });
  return {
    raster, photo: raster, scale: 1, box: { x: -20, y: -10, width: 40, height: 40 },
    landmarks: { left: eye(10), right: eye(-10), nose: { x: 0, y: 10 }, mouth: { left: { x: 5, y: 20 }, right: { x: -5, y: 20 } }, faceScore: 1 },
    left: { region: { center: { x: 7.5, y: 0 }, width: 12, angle: 0 } }, right: { region: { center: { x: -7.5, y: 0 }, width: 12, angle: 0 } },
  };
}
