import { describe, expect, it } from 'vitest';
import type { FaceResult } from '../../src/core/result.js';
import type { BlurScore } from '../../src/blur/measurement.js';
import { blurStage } from '../../src/blur/stage.js';
import { measured } from '../support/measured.js';
import { face } from '../support/results.js';

const { settings, columns, page } = blurStage;
const sharp: BlurScore = { sharpness: 80.25, verdict: 'sharp', kind: 'none', detail: 300.4, needed: 250, laplacianVariance: 123.5 };
const faceWith = (blur: BlurScore): FaceResult => ({ ...face(), measured: measured({ blur }) });
const reasonsOf = (changes: Partial<BlurScore>): unknown => blurStage.reasons(measured({ blur: { ...sharp, ...changes } }));

describe('the blur stage', () => {
  it.each([
    [{}, 112], [{ for: 'screen' }, 112], [{ for: 'full' }, Infinity],
    [{ second_decode: true }, 600], [{ for: 'screen', second_decode: true }, 240], [{ for: 'full', second_decode: true }, Infinity],
  ])('with %o wants %d px across a face, or else those of the full-size photo', async (options, face) => {
    expect((await blurStage.open(settings.parse(options), { threads: 1 })).wants).toEqual({ face, eye: 0 });
  });

  it('speaks of what is not sharp, in a photographer\'s words', () => {
    expect(reasonsOf({})).toEqual([]);
    expect(reasonsOf({ verdict: 'unsure' })).toEqual([{ text: 'sharpness unsure', verdict: 'review' }]);
    expect(reasonsOf({ verdict: 'unsure', doubt: 'few pixels' })).toEqual([{ text: 'sharpness unsure: few pixels', verdict: 'review' }]);
    expect(reasonsOf({ verdict: 'blurred' })).toEqual([{ text: 'face blurred', verdict: 'reject' }]);
    expect(reasonsOf({ verdict: 'blurred', focusAt: 'ears' })).toEqual([{ text: 'face blurred: eyes soft, ears sharp', verdict: 'reject' }]);
    expect(reasonsOf({ verdict: 'blurred', focusAt: 'background' })).toEqual([{ text: 'face blurred: focus behind the face', verdict: 'reject' }]);
  });

  it('writes its figures into columns and JSON', () => {
    expect(Object.entries(columns).map(([name, cell]) => [name, cell(faceWith(sharp))]))
      .toEqual([['sharpness', '80.3'], ['blur', 'sharp'], ['detail', '300']]);
    const json = blurStage.json(faceWith(sharp));
    expect(json).toEqual({ sharpness: 80.25, blur: 'sharp', blur_kind: 'none', focus_at: null, detail: 300.4, detail_needed: 250, laplacian_variance: 123.5 });
    expect(blurStage.json(faceWith({ ...sharp, focusAt: 'ears' }))).toMatchObject({ focus_at: 'ears' });
    expect(blurStage.jsonSchema.parse(json)).toEqual(json);
  });

  it('draws a meter with the marks of the settings, and orders photos by it', async () => {
    expect(page.meters(faceWith(sharp))).toEqual([{ name: 'Sharpness', share: 0.8025, text: '80 sharp', tone: 'keep' }]);
    expect(page.meters(faceWith({ ...sharp, verdict: 'unsure' }))).toMatchObject([{ text: '80 may be blurred', tone: 'review' }]);
    expect(page.meters(faceWith({ ...sharp, sharpness: 12, verdict: 'blurred' }))).toMatchObject([{ share: 0.12, text: '12 blurred', tone: 'reject' }]);
    expect(await page.marks(settings.parse({ blurred_below: 30, sharp_above: 60 }))).toEqual({ Sharpness: [0.3, 0.6] });
    expect(page.order).toMatchObject({ value: 'sharpness', text: 'Sharpness, softest first' });
    expect(page.order?.rank(faceWith(sharp))).toBe(80.25);
    expect(page.praise).toBe('sharp');
  });

  it('weighs the faces of a photo by its own rule', () => {
    const soft = faceWith({ ...sharp, sharpness: 5, verdict: 'blurred' });
    expect(blurStage.weigh([soft], 'normal')).toBe('reject');
    expect(blurStage.weigh([faceWith(sharp)], 'normal')).toBe('keep');
  });
});
