import { describe, expect, it } from 'vitest';
import type { BlurScore, BlurVerdict } from '../../src/blur/measurement.js';
import { weighBlur } from '../../src/blur/weigh.js';

const score = (verdict: BlurVerdict, sharpness: number): BlurScore =>
  ({ sharpness, verdict, kind: 'none', detail: 100, needed: 100, laplacianVariance: 100 });
const sharp = score('sharp', 90);
const soft = score('blurred', 40);
const mush = score('blurred', 0);
const unsure = score('unsure', 48);
const group = (...some: BlurScore[]): BlurScore[] => [...some, ...Array<BlurScore>(24 - some.length).fill(sharp)];

describe('weighBlur', () => {
  it('asks for a look at a group for one soft head, and rejects it where all are soft', () => {
    expect(weighBlur(group(mush), 'normal')).toBe('review');
    expect(weighBlur(Array<BlurScore>(24).fill(soft), 'normal')).toBe('reject');
  });

  it('asks for a look at a class photo whose last row is soft', () => {
    expect(weighBlur(group(...Array<BlurScore>(8).fill(mush)), 'normal')).toBe('review');
  });

  it('weighs how soft a face is: of a couple, one that is mush rejects, one that is just soft does not', () => {
    expect(weighBlur([sharp, mush], 'normal')).toBe('reject');
    expect(weighBlur([sharp, soft], 'normal')).toBe('review');
  });

  it.each([['lenient', 'review', 'review'], ['normal', 'reject', 'review'], ['strict', 'reject', 'review']] as const)(
    '%s: a soft portrait is for %s, one that is unsure for %s', (strictness, ofSoft, ofUnsure) => {
      expect(weighBlur([soft], strictness)).toBe(ofSoft);
      expect(weighBlur([unsure], strictness)).toBe(ofUnsure);
    });

  it('strict: lets the worst face decide', () => {
    expect(weighBlur(group(soft), 'strict')).toBe('reject');
    expect(weighBlur(group(unsure), 'strict')).toBe('review');
  });

  it('lenient: keeps a group for one soft head and rejects a portrait that is mush', () => {
    expect(weighBlur(group(mush), 'lenient')).toBe('keep');
    expect(weighBlur([mush], 'lenient')).toBe('reject');
  });

  it('keeps what has nothing but sharp faces, or none that count', () => {
    for (const strictness of ['lenient', 'normal', 'strict'] as const) {
      expect(weighBlur([sharp, sharp], strictness)).toBe('keep');
      expect(weighBlur([], strictness)).toBe('keep');
    }
  });
});
