import { describe, expect, it } from 'vitest';
import type { BlurScore, BlurVerdict } from '../../src/blur/types.js';
import type { EyesState, EyeState } from '../../src/core/eye.js';
import type { FaceResult } from '../../src/core/result.js';
import { eyesState, eyeState, faceReasons, isBystander, photoVerdict, withDamage, type JudgedEye } from '../../src/pipeline/verdict.js';

function blur(verdict: BlurVerdict): BlurScore {
  return { sharpness: 50, verdict, kind: 'none', laplacianVariance: 100 };
}

function face(eyes: EyesState, focus: BlurVerdict = 'sharp', bystander = false): FaceResult {
  const eye = { state: 'open', open: 0.9, box: undefined } as const;
  return {
    box: { x: 0, y: 0, width: 100, height: 100 }, score: 1, leftEye: eye, rightEye: eye, eyes, blur: blur(focus),
    bystander, reasons: faceReasons(eyes, blur(focus), undefined),
  };
}

describe('eyeState', () => {
  const thresholds = { closed_below: 0.3, open_above: 0.7 };
  it.each<[number, EyeState]>([
    [0, 'closed'], [0.29, 'closed'], [0.3, 'unsure'], [0.5, 'unsure'], [0.7, 'unsure'], [0.71, 'open'], [1, 'open'],
  ])('an eye open with probability %f is %s', (open, state) => {
    expect(eyeState(open, thresholds)).toBe(state);
  });
});

describe('eyesState', () => {
  const thresholds = { closed_below: 0.1, open_above: 0.9 };
  const eye = (open: number | undefined): JudgedEye => ({ state: open === undefined ? 'unknown' : eyeState(open, thresholds), open });

  it.each<[number | undefined, number | undefined, EyesState, string]>([
    [0.95, 0.99, 'open', 'two open eyes'],
    [0.02, 0.05, 'closed', 'two closed ones'],
    [0.95, 0.02, 'one_closed', 'an open and a closed one'],
    [0.02, 0.95, 'one_closed', 'a closed and an open one'],
    [0.5, 0.95, 'unsure', 'one that may be either beside an open one'],
    [0.3, 0.02, 'closed', 'one that is rather closed beside a closed one'],
    [0.8, 0.02, 'one_closed', 'one that is rather open beside a closed one'],
    [undefined, 0.95, 'open', 'an open one alone'],
    [0.02, undefined, 'closed', 'a closed one alone'],
    [0.5, undefined, 'unsure', 'one that may be either alone'],
    [undefined, undefined, 'unknown', 'none that can be seen'],
  ])('%s and %s make %s: %s', (left, right, eyes) => {
    expect(eyesState(eye(left), eye(right))).toBe(eyes);
  });
});

describe('a photo of which a part is made up', () => {
  it.each(['open', 'closed'] as const)('is for someone to look at, whatever was found in the rest of it (eyes %s)', (eyes) => {
    const judged = photoVerdict([face(eyes)]);
    expect(withDamage(judged, 'premature end')).toEqual({ verdict: 'review', reasons: ['photo damaged', ...judged.reasons] });
    expect(withDamage(judged, undefined)).toBe(judged);
  });
});

describe('photoVerdict', () => {
  it('keeps a photo whose face is sharp with open eyes, without reasons', () => {
    expect(photoVerdict([face('open')])).toEqual({ verdict: 'keep', reasons: [] });
  });

  it.each<[EyesState, BlurVerdict, string, string]>([
    ['closed', 'sharp', 'reject', 'eyes closed'],
    ['open', 'blurred', 'reject', 'face blurred'],
    ['one_closed', 'sharp', 'review', 'one eye closed'],
    ['unsure', 'sharp', 'review', 'eyes may be closed'],
    ['unknown', 'sharp', 'review', 'eyes not visible'],
    ['open', 'unsure', 'review', 'sharpness unsure'],
  ])('eyes %s and a %s face: %s, because of "%s"', (eyes, focus, verdict, reason) => {
    expect(photoVerdict([face(eyes, focus)])).toEqual({ verdict, reasons: [reason] });
  });

  it('lets the worst face decide and says which it is', () => {
    expect(photoVerdict([face('open'), face('one_closed'), face('closed')])).toEqual({
      verdict: 'reject', reasons: ['face 2: one eye closed', 'face 3: eyes closed'],
    });
  });

  it('gives bystanders no veto', () => {
    expect(photoVerdict([face('open'), face('closed', 'blurred', true)])).toEqual({ verdict: 'keep', reasons: [] });
  });

  it('asks for a look at a photo without a face', () => {
    expect(photoVerdict([])).toEqual({ verdict: 'review', reasons: ['no face found'] });
  });
});

describe('isBystander', () => {
  it('counts a face of exactly a quarter of the largest area, and none below', () => {
    expect(isBystander(25, 100, 0.25)).toBe(false);
    expect(isBystander(24.9, 100, 0.25)).toBe(true);
  });
});
