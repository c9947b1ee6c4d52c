import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EyeLandmarks, FaceView } from '../../src/core/face.js';
import type { FaceResult } from '../../src/core/result.js';
import type { EyeMeasurement, EyesMeasurement } from '../../src/classify/measurement.js';
import { classifyStage, openEyes } from '../../src/classify/stage.js';
import { packageFolder } from '../../src/files/package.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { measured } from '../support/measured.js';
import { face } from '../support/results.js';

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

function levelFace(): FaceView {
  const raster = { data: new Uint8Array(3), width: 1, height: 1, channels: 3 } as const;
  const eye = (x: number): EyeLandmarks => ({ outer: { x, y: 0 }, inner: { x: x / 2, y: 0 }, center: { x: 0.75 * x, y: 0 } });
  return {
    raster, photo: raster, scale: 1, box: { x: -20, y: -10, width: 40, height: 40 },
    landmarks: { left: eye(10), right: eye(-10), nose: { x: 0, y: 10 }, mouth: { left: { x: 5, y: 20 }, right: { x: -5, y: 20 } }, faceScore: 1 },
    left: { region: { center: { x: 7.5, y: 0 }, width: 12, angle: 0 } }, right: { region: { center: { x: -7.5, y: 0 }, width: 12, angle: 0 } },
  };
}
