import { describe, expect, it } from 'vitest';
import { eyesJson, eyesMeasurement } from '../../src/classify/measurement.js';

const eye = { state: 'open', open: 0.5, visible: 0.5, reason: 'too small' };
const eyes = { state: 'one_closed', closed: 0.5, profile: false, left: eye, right: { state: 'unknown' } };
const fits = (changes: object): boolean => eyesMeasurement.safeParse({ ...eyes, ...changes }).success;

describe('what was measured of eyes, as a journal has it', () => {
  it('has chances from 0 to 1, and no word more than is known', () => {
    expect(eyesMeasurement.parse(eyes)).toEqual(eyes);
    expect([-0.1, 0, 1, 1.1].map((closed) => fits({ closed }))).toEqual([false, true, true, false]);
    for (const name of ['open', 'visible']) expect([-0.1, 0, 1, 1.1].map((chance) => fits({ right: { ...eye, [name]: chance } }))).toEqual([false, true, true, false]);
    expect(fits({ left: { ...eye, open: undefined } })).toBe(false);
    expect(fits({ left: { ...eye, colour: 'blue' } })).toBe(false);
    expect(fits({ mood: 'fine' })).toBe(false);
  });

  it('knows the states of an eye and of both', () => {
    expect(['open', 'closed', 'unsure', 'unknown', 'one_closed', ''].map((state) => fits({ left: { state } }))).toEqual([true, true, true, true, false, false]);
    expect(['open', 'closed', 'unsure', 'unknown', 'one_closed', ''].map((state) => fits({ state }))).toEqual([true, true, true, true, true, false]);
  });
});

describe('the same in a JSON report', () => {
  const box = { x: -3, y: 2, width: 0, height: 0 };
  const written = { state: 'open', open: 0.5, visible: 0.5, box, reason: 'too small' };
  const report = { eyes: 'one_closed', eyes_closed: 0.5, left_eye: written, right_eye: { state: 'unknown', open: null, visible: null, box: null, reason: null } };
  const fitsReport = (changes: object): boolean => eyesJson.safeParse({ ...report, ...changes }).success;

  it('has null for what is not known', () => {
    expect(eyesJson.parse(report)).toEqual(report);
    expect(fitsReport({ left_eye: { state: 'unknown' } })).toBe(false);
    expect(fitsReport({ left_eye: { ...written, colour: 'blue' } })).toBe(false);
    expect(fitsReport({ mood: 'fine' })).toBe(false);
  });

  it('has chances from 0 to 1, and boxes of no less than nothing', () => {
    expect([-0.1, 0, 1, 1.1].map((chance) => fitsReport({ eyes_closed: chance }))).toEqual([false, true, true, false]);
    for (const name of ['open', 'visible']) expect([-0.1, 0, 1, 1.1].map((chance) => fitsReport({ left_eye: { ...written, [name]: chance } }))).toEqual([false, true, true, false]);
    for (const side of ['width', 'height']) expect(fitsReport({ left_eye: { ...written, box: { ...box, [side]: -1 } } })).toBe(false);
    expect(fitsReport({ left_eye: { ...written, box: { ...box, depth: 1 } } })).toBe(false);
  });

  it('knows the states of an eye and of both', () => {
    expect(['open', 'closed', 'unsure', 'unknown', 'one_closed'].map((state) => fitsReport({ right_eye: { ...written, state } }))).toEqual([true, true, true, true, false]);
    expect(['open', 'closed', 'unsure', 'unknown', 'one_closed', ''].map((state) => fitsReport({ eyes: state }))).toEqual([true, true, true, true, true, false]);
  });
});
