import { describe, expect, it } from 'vitest';
import type { EyeAnswer } from '../../src/core/eye.js';
import { calibrationSchema, eyeChances, faceChances, UNCALIBRATED, type Calibration } from '../../src/classify/calibration.js';

const calibration: Calibration = {
  widths: [6, 12, 24], turn: 0.5,
  open: [{ scale: 0.25, shift: 0 }, { scale: 0.5, shift: 0 }, { scale: 1, shift: 0 }],
  visible: [{ scale: 1, shift: -1 }, { scale: 1, shift: 0 }, { scale: 1, shift: 1 }],
  pair: { closed: 0.09, wink: 0.01, weight: 0.8, hidden: 0.1, one_hidden: 0.04 },
};
const pair = calibration.pair;
const seen = (open: number, visible = 0.99): EyeAnswer => ({ open, visible });
const logOdds = (chance: number): number => Math.log(chance / (1 - chance));

describe('the chances of an eye', () => {
  const logits = { open: 4, visible: 0 };

  it('are the less sure the fewer px it has; between two widths they lie between, beyond them they stay', () => {
    const open = [3, 6, 8, 12, 24, 60].map((width) => logOdds(eyeChances(calibration, logits, { width, turn: 0 }).open));
    expect(open[0]).toBeCloseTo(1);
    expect(open[1]).toBeCloseTo(1);
    expect(open[2]).toBeCloseTo(1 + Math.log(8 / 6) / Math.log(2));
    expect(open[3]).toBeCloseTo(2);
    expect(open[4]).toBeCloseTo(4);
    expect(open[5]).toBeCloseTo(4);
    expect(logOdds(eyeChances(calibration, logits, { width: 6, turn: 0 }).visible)).toBeCloseTo(-1);
  });

  it('take scale and shift from between two widths, on a scale of doublings', () => {
    const half = { width: 6 * Math.SQRT2, turn: 0 };
    expect(logOdds(eyeChances(calibration, { open: 4, visible: 0 }, half).visible)).toBeCloseTo(-0.5);
    const shifted = { ...calibration, open: calibration.open.map(({ scale }) => ({ scale, shift: 2 })) };
    expect(logOdds(eyeChances(shifted, { open: 0, visible: 0 }, { width: 24, turn: 0 }).open)).toBeCloseTo(2);
    expect(logOdds(eyeChances(shifted, { open: 0, visible: 0 }, { width: 24, turn: 2 }).open)).toBeCloseTo(2 * Math.exp(-1));
  });

  it('are less sure on a turned head', () => {
    expect(logOdds(eyeChances(calibration, logits, { width: 24, turn: 1 }).open)).toBeCloseTo(4 * Math.exp(-0.5));
  });

  it('are the logits\' own before anything was calibrated', () => {
    expect(eyeChances(UNCALIBRATED, { open: 1, visible: -2 }, { width: 9, turn: 1 }))
      .toEqual({ open: 1 / (1 + Math.exp(-1)), visible: 1 / (1 + Math.exp(2)) });
  });
});

describe('the two eyes of a face', () => {
  it('speak for each other: a doubtful eye beside an open one is open, beside a closed one closed', () => {
    expect(faceChances(pair, { left: seen(0.3), right: seen(0.99) }).open.left).toBeGreaterThan(0.9);
    expect(faceChances(pair, { left: seen(0.3), right: seen(0.001) }).closed).toBeGreaterThan(0.9);
  });

  it('are hidden together, as behind dark glasses, or seen together: each speaks for the other', () => {
    const sight = (left: number, right: number): number => faceChances(pair, { left: seen(0.9, left), right: seen(0.9, right) }).visible.left ?? NaN;
    expect(sight(0.6, 0.01)).toBeLessThan(0.5);
    expect(sight(0.6, 0.99)).toBeGreaterThan(0.95);
    expect(sight(0.001, 0.999)).toBeLessThan(0.1);
    const alone = faceChances(pair, { left: seen(0.9, 0.5) });
    expect(alone.visible.left).toBeCloseTo(1 - 0.12);
    expect(alone.visible.right).toBeUndefined();
    expect(alone.seen).toBeCloseTo(1 - 0.12);
  });

  it('may still wink', () => {
    const { open, closed } = faceChances(pair, { left: seen(0.0001, 0.9999), right: seen(0.999, 0.9999) });
    expect(open.left).toBeLessThan(0.15);
    expect(open.right).toBeGreaterThan(0.9);
    expect(closed).toBeLessThan(0.1);
  });

  it('leave the decision to the one that can be seen', () => {
    const hidden = faceChances(pair, { left: seen(0.01, 0.0005), right: seen(0.98) });
    const alone = faceChances(pair, { right: seen(0.98) });
    expect(hidden.open.right).toBeCloseTo(alone.open.right ?? NaN, 1);
    expect(hidden.closed).toBeLessThan(0.02);
    expect(alone.open.left).toBeUndefined();
  });

  it('that nobody can see are no more likely closed than in any face', () => {
    const { closed, visible, seen: seenAtAll } = faceChances(pair, { left: seen(0.01, 0), right: seen(0.01, 0) });
    expect(closed).toBeCloseTo(0.09);
    expect(seenAtAll).toBeLessThan(0.001);
    expect(visible.left).toBeLessThan(0.001);
  });

  it('of an uncalibrated model are judged each for itself', () => {
    const { open } = faceChances(UNCALIBRATED.pair, { left: seen(0.3, 1), right: seen(0.8, 1) });
    expect(open.left).toBeCloseTo(0.3);
    expect(open.right).toBeCloseTo(0.8);
    const { visible, seen: seenAtAll } = faceChances(UNCALIBRATED.pair, { left: seen(0.3, 0.2), right: seen(0.8, 0.9) });
    expect(visible.left).toBeCloseTo(0.2);
    expect(visible.right).toBeCloseTo(0.9);
    expect(seenAtAll).toBeCloseTo(1 - 0.8 * 0.1);
  });
});

describe('whether an eye of a face can be seen', () => {
  it('is the chance that one of them can, by Bayes from how frequent hidden eyes are', () => {
    // hidden 0.1, one of them 0.04, both seen 0.86; what was seen of the left eye is 4 times as likely with an eye there, of the right 1.5 times.
    const all = 0.86 * 4 * 1.5 + 0.02 * 4 + 0.02 * 1.5 + 0.1;
    const both = faceChances(pair, { left: seen(0.9, 0.8), right: seen(0.9, 0.6) });
    expect(both.seen).toBeCloseTo(1 - 0.1 / all);
    expect(both.visible.left).toBeCloseTo((0.86 * 4 * 1.5 + 0.02 * 4) / all);
    expect(both.visible.right).toBeCloseTo((0.86 * 4 * 1.5 + 0.02 * 1.5) / all);
    // An eye alone is hidden in 12 of 100 faces.
    expect(faceChances(pair, { left: seen(0.9, 0.8) }).seen).toBeCloseTo(0.88 * 4 / (0.88 * 4 + 0.12));
    expect(faceChances(pair, { right: seen(0.9, 0.2) }).seen).toBeCloseTo(0.88 / (0.88 + 0.12 * 4));
    expect(faceChances(pair, {}).seen).toBe(0);
  });

  it('says nothing of an eye that was not looked at', () => {
    expect(Object.keys(faceChances(pair, { left: seen(0.9) }).open)).toEqual(['left']);
    expect(Object.keys(faceChances(pair, { right: seen(0.9) }).open)).toEqual(['right']);
    const both = faceChances(pair, { left: seen(0.99), right: seen(0.01) });
    expect((both.open.left ?? 0) + both.closed).toBeLessThanOrEqual(1);
  });
});

describe('the lids of a face', () => {
  // Eyes that are plain to see; what was seen is 9 times as likely with the left lid up as down, and 4 times as likely with the right lid down as up.
  const prior = { closed: 0.2, wink: 0.1, weight: 1, hidden: 0.1, one_hidden: 0.1 };
  const eyes = { left: seen(0.9, 1), right: seen(0.2, 1) };

  it('are told by Bayes from how frequent blinks and winks are', () => {
    const { visible } = faceChances(prior, eyes);
    const up = (chance: number, sight = 0): number => 1 + sight * (2 * chance - 1);
    const [left, right] = [{ open: up(0.9, visible.left), closed: up(0.1, visible.left) }, { open: up(0.2, visible.right), closed: up(0.8, visible.right) }];
    const all = 0.7 * left.open * right.open + 0.2 * left.closed * right.closed + 0.05 * left.open * right.closed + 0.05 * left.closed * right.open;
    const { open, closed, wink } = faceChances(prior, eyes);
    expect(closed).toBeCloseTo(0.2 * left.closed * right.closed / all, 9);
    expect(wink).toBeCloseTo(0.05 * (left.open * right.closed + left.closed * right.open) / all, 9);
    expect(open.left).toBeCloseTo(left.open * (0.7 * right.open + 0.05 * right.closed) / all, 9);
    expect(open.right).toBeCloseTo(right.open * (0.7 * left.open + 0.05 * left.closed) / all, 9);
  });

  it('count what is seen of each eye as much less as their weight says', () => {
    const half = faceChances({ ...prior, weight: 0.5 }, { left: seen(0.9, 1) });
    // The root of 9 to 1.
    const plain = faceChances(prior, { left: seen(0.75, 1) });
    expect(half.closed).toBeCloseTo(plain.closed, 9);
    expect(half.open.left).toBeCloseTo(plain.open.left ?? NaN, 9);
  });

  it('are never sure: a chance of 0 or 1 is one in a hundred thousand from it', () => {
    for (const [chance, near] of [[0, 1e-5], [1, 1 - 1e-5]] as const) {
      expect(faceChances(prior, { left: seen(chance, 1), right: seen(0.5, chance) }).closed).toBeCloseTo(faceChances(prior, { left: seen(near, 1), right: seen(0.5, near) }).closed, 12);
    }
    expect(faceChances(prior, { left: seen(1, 1), right: seen(0, 1) }).wink).toBeLessThan(1);
  });
});

describe('a calibration from a file', () => {
  const fits = (changes: Partial<Calibration>): boolean => calibrationSchema.safeParse({ ...calibration, ...changes }).success;
  const line = { scale: 1, shift: 0 };

  it('has a line of each logit for each width', () => {
    expect(calibrationSchema.parse(calibration)).toEqual(calibration);
    expect(fits({ widths: [24], open: [line], visible: [line] })).toBe(true);
    expect(fits({ widths: [24], open: [line, line], visible: [line] })).toBe(false);
    expect(fits({ widths: [24], open: [line], visible: [line, line] })).toBe(false);
    expect(fits({ widths: [], open: [], visible: [] })).toBe(false);
    expect(fits({ widths: [0], open: [line], visible: [line] })).toBe(false);
    expect(fits({ widths: [24], open: [{ ...line, scale: 0 }], visible: [line] })).toBe(false);
  });

  it.each(['closed', 'wink', 'hidden', 'one_hidden'] as const)('has a share of faces as %s that is neither none nor all', (name) => {
    for (const [share, fine] of [[0, false], [1, false], [0.01, true], [0.99, true]] as const) expect(fits({ pair: { ...pair, [name]: share } })).toBe(fine);
  });

  it('has a weight of single eyes up to 1', () => {
    expect([0, 0.01, 1, 1.01].map((weight) => fits({ pair: { ...pair, weight } }))).toEqual([false, true, true, false]);
  });
});
