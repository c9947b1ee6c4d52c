import { describe, expect, it } from 'vitest';
import { eyesState, eyeState, judgeEyes, judgeWhole, weighEyes } from '../../src/classify/judge.js';
import { faceChances, UNCALIBRATED } from '../../src/classify/calibration.js';
import type { EyeMeasurement, EyesMeasurement } from '../../src/classify/measurement.js';
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
  const eye = (open: number | undefined): EyeMeasurement =>
    open === undefined ? { state: 'unknown' } : { state: eyeState(open, thresholds), open };

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

describe('the eyes of a face', () => {
  const pair = { closed: 0.09, wink: 0.01, weight: 0.8, hidden: 0.1, one_hidden: 0.04 };
  const judge = (left: number, leftVisible: number, right: number, rightVisible: number): EyesMeasurement => judgeEyes(
    pair, { left: { open: left, visible: leftVisible }, right: { open: right, visible: rightVisible } }, { closed_below: 0.25, open_above: 0.8 }, 0);

  it('are open where one of them plainly is and the other is hard to tell', () => {
    expect(judge(0.4, 0.95, 0.99, 0.99)).toMatchObject({ state: 'open', left: { state: 'open' } });
  });

  it('are closed where both are', () => {
    const { state, closed } = judge(0.01, 0.99, 0.02, 0.99);
    expect(state).toBe('closed');
    expect(closed).toBeGreaterThan(0.9);
  });

  it('are unknown where neither can be seen, whatever the lids seem to be, and then say nothing against the face', () => {
    expect(judge(0.01, 0.1, 0.01, 0.15)).toMatchObject({ state: 'unknown', left: { state: 'unknown' }, right: { state: 'unknown' } });
    expect(judge(0.01, 0.01, 0.01, 0.01).closed).toBeLessThan(0.02);
  });

  it('leave the decision to the one that can be seen', () => {
    expect(judge(0.01, 0.005, 0.99, 0.99)).toMatchObject({ state: 'open', left: { state: 'unknown' }, right: { state: 'open' } });
    expect(judge(0.99, 0.0005, 0.0005, 0.999)).toMatchObject({ state: 'closed', left: { state: 'unknown' } });
  });

  it('wink where one is plainly open and the other plainly closed', () => {
    const winking = { closed: 0.15, wink: 0.04, weight: 1, hidden: 0.1, one_hidden: 0.04 };
    const eyes = { left: { open: 0.003, visible: 0.99 }, right: { open: 0.997, visible: 0.99 } };
    expect(judgeEyes(winking, eyes, { closed_below: 0.1, open_above: 0.85 }, 0).state).toBe('one_closed');
    expect(judgeEyes(winking, { ...eyes, left: { open: 0.4, visible: 0.99 } }, { closed_below: 0.1, open_above: 0.85 }, 0).state).toBe('open');
  });

  it('are both behind the dark glasses that plainly hide one of them, unless the other is plain to see', () => {
    expect(judge(0.9, 0.6, 0.5, 0.01)).toMatchObject({ state: 'unknown', left: { state: 'unknown' } });
    expect(judge(0.99, 0.9999, 0.5, 0.01)).toMatchObject({ state: 'open', left: { state: 'open' }, right: { state: 'unknown' } });
  });

  it('belong to a profile from where the nose hides the far corner on', () => {
    const turned = (turn: number): boolean => judgeEyes(pair, {}, { closed_below: 0.2, open_above: 0.8 }, turn).profile;
    expect([0, 0.8, 0.99, 1].map(turned)).toEqual([false, false, false, true]);
  });

  it('are unknown each by itself from an even chance of seeing nothing on', () => {
    const even = { closed: 0.25, wink: 0.5, weight: 1, hidden: 0.25, one_hidden: 0.5 };
    const state = (visible: number): EyeState => judgeEyes(even, { left: { open: 0.99, visible } }, { closed_below: 0.25, open_above: 0.8 }, 0).left.state;
    expect([0.49, 0.51].map(state)).toEqual(['unknown', 'unsure']);
    const hidden = judgeEyes(even, { left: { open: 0.99, visible: 0.1 } }, { closed_below: 0.25, open_above: 0.8 }, 0, { left: 'too small', right: 'too small' });
    expect(Object.keys(hidden.left)).toEqual(['state', 'visible']);
    expect(hidden.right).toEqual({ state: 'unknown', reason: 'too small' });
    expect(Object.keys(judgeEyes(even, {}, { closed_below: 0.25, open_above: 0.8 }, 0).left)).toEqual(['state']);
  });

  it('do not wink where one of them cannot be seen', () => {
    const winking = { closed: 0.01, wink: 0.9, weight: 1, hidden: 0.1, one_hidden: 0.8 };
    const say = (left: number, right: number): EyesState => judgeEyes(
      winking, { left: { open: 0.9, visible: left }, right: { open: 0.1, visible: right } }, { closed_below: 0.3, open_above: 0.7 }, 0).state;
    expect([say(0.99, 0.99), say(0.99, 0.01), say(0.01, 0.99)]).toEqual(['one_closed', 'open', 'closed']);
  });

  it('have their lids down as likely as the lids are down and the eyes can be seen', () => {
    const even = { closed: 0.25, wink: 0.5, weight: 1, hidden: 0.25, one_hidden: 0.5 };
    const { closed } = judgeEyes(even, { left: { open: 0.2, visible: 0.9 } }, { closed_below: 0.3, open_above: 0.7 }, 0);
    expect(closed).toBeCloseTo(0.9 * faceChances(even, { left: { open: 0.2, visible: 0.9 } }).closed, 9);
  });

  it('that were not looked at say why', () => {
    expect(judgeEyes(pair, {}, { closed_below: 0.2, open_above: 0.8 }, 0, { left: 'eye turned away' }))
      .toMatchObject({ state: 'unknown', left: { state: 'unknown', reason: 'eye turned away' }, right: { state: 'unknown' } });
  });
});

describe('a photo\'s eyes', () => {
  const face = (closed: number, state: EyesState = 'open'): EyesMeasurement =>
    ({ state, closed, profile: false, left: { state: 'unknown' }, right: { state: 'unknown' } });

  it('are kept where nobody blinks, and rejected where somebody nearly surely does', () => {
    expect(weighEyes([face(0.01), face(0.02)], 'normal')).toBe('keep');
    expect(weighEyes([face(0.01), face(0.97, 'closed')], 'normal')).toBe('reject');
  });

  it('are looked at where many faces are a little doubtful', () => {
    expect(weighEyes([face(0.06)], 'normal')).toBe('keep');
    expect(weighEyes(Array.from({ length: 14 }, () => face(0.06)), 'normal')).toBe('review');
  });

  it('are looked at sooner by who is stricter', () => {
    const order = ['keep', 'review', 'reject'];
    for (const chance of [0.05, 0.2, 0.4, 0.7, 0.9, 0.99]) {
      const verdicts = (['lenient', 'normal', 'strict'] as const).map((strictness) => order.indexOf(weighEyes([face(chance)], strictness)));
      expect(verdicts).toEqual(verdicts.toSorted());
    }
    expect(weighEyes([face(0.3)], 'strict')).toBe('review');
    expect(weighEyes([face(0.3)], 'normal')).toBe('keep');
  });

  it.each([['lenient', 0.6, 0.98], ['normal', 0.45, 0.95], ['strict', 0.2, 0.8]] as const)(
    'are %s: looked at from a chance of %d, rejected from one of %d', (strictness, review, reject) => {
      const chances = [review - 0.001, review + 0.001, reject - 0.001, reject + 0.001];
      expect(chances.map((chance) => weighEyes([face(chance)], strictness))).toEqual(['keep', 'review', 'review', 'reject']);
    });

  it('are as doubtful as all faces together, as if each blinked for itself', () => {
    // 1 - 0.7 * 0.8 is 0.44, 1 - 0.7 * 0.78 is 0.454.
    expect(weighEyes([face(0.3), face(0.2)], 'normal')).toBe('keep');
    expect(weighEyes([face(0.3), face(0.22)], 'normal')).toBe('review');
  });

  it('with a wink are looked at and never rejected for it', () => {
    expect(weighEyes([face(0.02, 'one_closed')], 'normal')).toBe('review');
    expect(weighEyes([face(0.02, 'one_closed')], 'lenient')).toBe('keep');
  });

  it('of a person in profile do not speak against it, beside somebody who faces the camera either', () => {
    const profile = { ...face(0.99, 'closed'), profile: true };
    expect(weighEyes([profile], 'strict')).toBe('keep');
    expect(weighEyes([face(0.01), profile], 'strict')).toBe('keep');
    expect(weighEyes([face(0.97, 'closed'), profile], 'normal')).toBe('reject');
    expect(weighEyes([{ ...face(0.02, 'one_closed'), profile: true }], 'strict')).toBe('keep');
  });

  it('that nobody can see do not speak against it', () => {
    expect(weighEyes([face(0, 'unknown')], 'strict')).toBe('keep');
    expect(weighEyes([], 'normal')).toBe('keep');
  });
});

describe('a face that was looked at as a whole', () => {
  const judge = (open: number, visible: number): EyesMeasurement =>
    judgeWhole(UNCALIBRATED, { open, visible }, { width: 40, turn: 0 }, { closed_below: 0.25, open_above: 0.8 });

  it.each<[number, number, EyesState]>([[6, 6, 'open'], [-6, 6, 'closed'], [0, 6, 'unsure'], [6, -6, 'unknown']])(
    'with logits of %d for open and %d for visible is %s, and nothing is said of single eyes', (open, visible, state) => {
      expect(judge(open, visible)).toMatchObject({ state, left: { state: 'unknown' }, right: { state: 'unknown' } });
    });

  it('is closed as likely as it is seen and not open, and in profile where the head is turned so', () => {
    const chance = (logit: number): number => 1 / (1 + Math.exp(-logit));
    const { left: { open = NaN, visible = NaN } } = judgeEyes(UNCALIBRATED.pair, { left: { open: chance(-1), visible: chance(2) } }, { closed_below: 0.25, open_above: 0.8 }, 0);
    expect(judge(-1, 2).closed).toBeCloseTo((1 - open) * visible, 9);
    expect(judge(-1, 2).closed).toBeGreaterThan(0.5);
    expect([0, 0.9, 1].map((turn) => judgeWhole(UNCALIBRATED, { open: 6, visible: 6 }, { width: 40, turn }, { closed_below: 0.25, open_above: 0.8 }).profile)).toEqual([false, false, true]);
    expect(judge(-6, -6)).toMatchObject({ state: 'unknown', closed: 0 });
  });

  it('is the likelier closed the lower the logit, and not at all where nobody looked', () => {
    expect(judge(-6, 6).closed).toBeGreaterThan(0.9);
    expect(judge(6, 6).closed).toBeLessThan(0.1);
    expect(judgeWhole(UNCALIBRATED, undefined, { width: 40, turn: 0 }, { closed_below: 0.25, open_above: 0.8 })).toMatchObject({ state: 'unknown', closed: 0 });
  });
});
