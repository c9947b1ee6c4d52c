import { describe, expect, it } from 'vitest';
import { eyesState, eyeState, type SeenEye } from '../../src/classify/eyes-state.js';
import type { EyesState, EyeState } from '../../src/core/eye.js';

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
  const eye = (open: number | undefined): SeenEye => ({ state: open === undefined ? 'unknown' : eyeState(open, thresholds), open });

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
