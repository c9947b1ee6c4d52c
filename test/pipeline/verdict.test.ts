import { describe, expect, it } from 'vitest';
import type { BlurScore, BlurVerdict } from '../../src/blur/measurement.js';
import type { EyesState } from '../../src/core/eye.js';
import type { FaceResult } from '../../src/core/result.js';
import { faceReasons, isBystander, photoVerdict, withDamage, withLimit } from '../../src/pipeline/verdict.js';
import { measured } from '../support/measured.js';
import { frontalLandmarks } from '../support/views.js';

/** As likely to have the lids down as a face of that state is. */
const closedChance: Readonly<Record<EyesState, number>> = { open: 0.01, closed: 0.98, one_closed: 0.05, unsure: 0.6, unknown: 0 };

function face(eyes: EyesState, focus: BlurVerdict = 'sharp', bystander = false, profile = false): FaceResult {
  const eye = { state: 'open', open: 0.9 } as const;
  const blur: BlurScore = { sharpness: 50, verdict: focus, kind: 'none', detail: 200, needed: 150, laplacianVariance: 100 };
  const values = measured({ classify: { state: eyes, closed: closedChance[eyes], profile, left: eye, right: eye }, blur });
  const box = { x: 0, y: 0, width: 100, height: 100 };
  return {
    box, landmarks: frontalLandmarks(box), score: 1, eyeBoxes: {}, measured: values, bystander, reasons: faceReasons(values),
  };
}

describe('a photo of which a part is made up', () => {
  it.each(['open', 'closed'] as const)('is for someone to look at, whatever was found in the rest of it (eyes %s)', (eyes) => {
    const judged = photoVerdict([face(eyes)], 'normal');
    expect(withDamage(judged, 'premature end')).toEqual({ verdict: 'review', reasons: ['photo damaged', ...judged.reasons] });
    expect(withDamage(judged, undefined)).toBe(judged);
  });
});

describe('a photo with faces nearly as small as are looked for', () => {
  const judged = photoVerdict([face('closed')], 'normal');

  it('says so after everything else, and is judged as before', () => {
    expect(withLimit(judged, [face('closed')], 50.4)).toEqual({
      verdict: judged.verdict, reasons: [...judged.reasons, 'faces below 50 px not looked for'],
    });
  });

  it('says nothing where the faces are twice as large, or there are none', () => {
    expect(withLimit(judged, [face('closed')], 50)).toBe(judged);
    expect(withLimit(judged, [], 50)).toBe(judged);
  });
});

describe('photoVerdict', () => {
  it('keeps a photo of a person in profile whatever the lids do, and still says so', () => {
    expect(photoVerdict([face('closed', 'sharp', false, true)], 'normal')).toEqual({ verdict: 'keep', reasons: ['eyes closed'] });
  });

  it('keeps a photo whose face is sharp with open eyes, without reasons', () => {
    expect(photoVerdict([face('open')], 'normal')).toEqual({ verdict: 'keep', reasons: [] });
  });

  it.each<[EyesState, BlurVerdict, string, string]>([
    ['closed', 'sharp', 'reject', 'eyes closed'],
    ['open', 'blurred', 'reject', 'face blurred'],
    ['one_closed', 'sharp', 'review', 'one eye closed'],
    ['unsure', 'sharp', 'review', 'eyes may be closed'],
    ['unknown', 'sharp', 'keep', 'eyes not visible'],
    ['open', 'unsure', 'review', 'sharpness unsure'],
  ])('eyes %s and a %s face: %s, because of "%s"', (eyes, focus, verdict, reason) => {
    expect(photoVerdict([face(eyes, focus)], 'normal')).toEqual({ verdict, reasons: [reason] });
  });

  it('lets the worst face decide and says which it is', () => {
    expect(photoVerdict([face('open'), face('one_closed'), face('closed')], 'normal')).toEqual({
      verdict: 'reject', reasons: ['face 2: one eye closed', 'face 3: eyes closed'],
    });
  });

  it('says what is worst first, whichever stage says it', () => {
    expect(face('one_closed', 'blurred').reasons.map(({ text }) => text)).toEqual(['face blurred', 'one eye closed']);
    expect(face('closed', 'unsure').reasons.map(({ text }) => text)).toEqual(['eyes closed', 'sharpness unsure']);
    expect(face('unsure', 'unsure').reasons.map(({ text }) => text)).toEqual(['eyes may be closed', 'sharpness unsure']);
  });

  it('gives bystanders no veto', () => {
    expect(photoVerdict([face('open'), face('closed', 'blurred', true)], 'normal')).toEqual({ verdict: 'keep', reasons: [] });
  });

  it('asks for a look at a photo without a face', () => {
    expect(photoVerdict([], 'normal')).toEqual({ verdict: 'review', reasons: ['no face found'] });
  });
});

describe('isBystander', () => {
  it('counts a face of exactly a quarter of the largest area, and none below', () => {
    expect(isBystander(25, 100, 0.25)).toBe(false);
    expect(isBystander(24.9, 100, 0.25)).toBe(true);
  });
});
