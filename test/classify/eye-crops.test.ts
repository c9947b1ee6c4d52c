import { describe, expect, it } from 'vitest';
import type { Raster } from '../../src/core/raster.js';
import { cutEye, cutEyes, faceRegion, photoRegion } from '../../src/classify/eye-crops.js';
import { frontalView } from '../support/views.js';

/** Darker to the left, so that a crop tells where it was cut. */
const ramp: Raster = { width: 200, height: 200, channels: 1, data: Uint8Array.from({ length: 40_000 }, (_, at) => at % 200) };
const face = frontalView(ramp, { x: 0, y: 0, width: 200, height: 200 });

describe('the crops of a face\'s eyes', () => {
  it('are cut where each eye is, in the size that the net wants', () => {
    const { left, right } = cutEyes(face, 36, 24);
    expect([left?.width, left?.height, left?.data.length]).toEqual([36, 24, 864]);
    // The middle of the crop is the middle of the eye: 0.7 and 0.3 of the width of the face.
    expect(left?.data[12 * 36 + 18]).toBeCloseTo(140, -1);
    expect(right?.data[12 * 36 + 18]).toBeCloseTo(60, -1);
    const { region } = face.left;
    expect(region === undefined ? undefined : cutEye(ramp, region, 36, 24)).toEqual(left);
  });

  it('are left out where an eye cannot be looked at', () => {
    expect(Object.keys(cutEyes({ ...face, left: { reason: 'turned away' } }, 36, 24))).toEqual(['right']);
    expect(Object.keys(cutEyes({ ...face, right: {} }, 36, 24))).toEqual(['left']);
    expect(cutEyes({ ...face, left: {}, right: {} }, 36, 24)).toEqual({});
  });
});

describe('the square around a face', () => {
  const at = (x: number, y: number): { center: { x: number; y: number }; outer: { x: number; y: number }; inner: { x: number; y: number } } =>
    ({ center: { x, y }, outer: { x, y }, inner: { x, y } });

  it('holds the longer side of its box and a quarter more, about its middle', () => {
    const { landmarks } = face;
    expect(faceRegion({ box: { x: 10, y: 20, width: 80, height: 120 }, landmarks })).toEqual({ center: { x: 50, y: 80 }, width: 150, angle: 0 });
    expect(faceRegion({ box: { x: 10, y: 20, width: 160, height: 120 }, landmarks })).toEqual({ center: { x: 90, y: 80 }, width: 200, angle: 0 });
  });

  it('is turned so that the eyes lie level', () => {
    const angle = (left: [number, number], right: [number, number]): number =>
      faceRegion({ box: face.box, landmarks: { ...face.landmarks, left: at(...left), right: at(...right) } }).angle;
    expect(angle([140, 100], [100, 60])).toBeCloseTo(Math.PI / 4, 9);
    expect(angle([140, 60], [100, 80])).toBeCloseTo(Math.atan2(-1, 2), 9);
  });
});

describe('the square around a photo', () => {
  it('holds its longer side, about its middle', () => {
    expect(photoRegion({ width: 300, height: 200 })).toEqual({ center: { x: 150, y: 100 }, width: 300, angle: 0 });
    expect(photoRegion({ width: 200, height: 360 })).toEqual({ center: { x: 100, y: 180 }, width: 360, angle: 0 });
  });
});
