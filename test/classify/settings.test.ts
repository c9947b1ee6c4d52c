import { describe, expect, it } from 'vitest';
import { classifySettings } from '../../src/classify/settings.js';

const refusal = (settings: object): string | undefined => classifySettings.safeParse(settings).error?.issues[0]?.message;

describe('the settings of the eyes', () => {
  it('refuse thresholds in the wrong order, and name both', () => {
    expect(refusal({ closed_below: 0.6, open_above: 0.4 })).toBe('classify.closed_below (0.6) must not be above classify.open_above (0.4).');
    expect(refusal({ closed_below: 0.5, open_above: 0.5 })).toBeUndefined();
    expect(refusal({ closed_below: 0.4, open_above: 0.6 })).toBeUndefined();
  });

  it('leave to the model what they do not say', () => {
    expect(classifySettings.parse({})).toMatchObject({ closed_below: 'auto', open_above: 'auto' });
    expect(refusal({ closed_below: 0.9 })).toBeUndefined();
    expect(refusal({ open_above: 0.1 })).toBeUndefined();
  });

  it('name a model by a path, or by a word for the detector\'s', () => {
    expect(classifySettings.parse({}).model).toBe('models/eye-state.onnx');
    expect(classifySettings.shape.model.meta()).toMatchObject({ path: true, words: ['detector'] });
    expect(refusal({ model: '' })).toBeDefined();
  });

  it('take thresholds from 0 to 1, and look at eyes, faces or photos', () => {
    for (const name of ['closed_below', 'open_above']) expect([-0.1, 0, 1, 1.1, 'none'].map((value) => refusal({ [name]: value }) === undefined)).toEqual([false, true, true, false, false]);
    expect(classifySettings.parse({}).crop).toBe('eye');
    expect(['eye', 'face', 'photo', 'hand'].map((crop) => refusal({ crop }) === undefined)).toEqual([true, true, true, false]);
    expect(refusal({ crops: 'eye' })).toBeDefined();
  });
});
