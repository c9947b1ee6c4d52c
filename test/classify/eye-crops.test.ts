import { describe, expect, it } from 'vitest';
import type { Raster } from '../../src/core/raster.js';
import { cutEye, cutEyes } from '../../src/classify/eye-crops.js';
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
