import { describe, expect, it } from 'vitest';
import { createDetector, createLandmarkNet, listDetectors, listLandmarkNets, netFiles } from '../../src/detect/registry.js';

describe('the lists of nets', () => {
  it('name every detector and landmark net with the size of its file and where it comes from', () => {
    expect(listDetectors().map(({ name }) => name)).toEqual(['blazeface', 'ssd-mobilenet-v1', 'tiny-face', 'portrait']);
    expect(listLandmarkNets().map(({ name }) => name)).toEqual(['facemesh', 'landmarks68']);
    for (const net of [...listDetectors(), ...listLandmarkNets()]) {
      expect(net.bytes).toBeGreaterThan(100_000);
      expect(net.source).toMatch(/^(@vladmandic\/(human|face-api) \d+\.\d+\.\d+|trained with this tool)$/);
    }
  });
});

describe('a net by name', () => {
  it('is an error that names the known ones when there is none', () => {
    expect(() => createDetector('blazefase')).toThrow(/no detector called blazefase; there are: blazeface, ssd-mobilenet-v1/);
    expect(() => createLandmarkNet('toString')).toThrow(/no landmark net called toString/);
  });
});

describe('the files of the nets', () => {
  const names = { detector: 'blazeface', landmarks: 'facemesh', second_look: true, second_opinion: 'portrait', portrait_model: '/mine/portrait.onnx' } as const;
  const has = (change: Partial<Parameters<typeof netFiles>[0]>): boolean =>
    netFiles({ ...names, ...change }).includes('/mine/portrait.onnx');

  it('have the portrait net among them where it is asked for an opinion, and nowhere else', () => {
    expect(has({})).toBe(true);
    expect(has({ second_opinion: 'none' })).toBe(false);
    expect(has({ second_look: false })).toBe(false);
    expect(has({ detector: 'tiny-face' })).toBe(false);
    expect(has({ detector: 'portrait', second_opinion: 'none' })).toBe(true);
  });
});
