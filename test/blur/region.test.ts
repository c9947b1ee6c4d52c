import { describe, expect, it } from 'vitest';
import { bodyBox, eyeBoxes, faceSquare, faceWidth } from '../../src/blur/region.js';
import type { FaceView } from '../../src/core/face.js';
import type { Box, Point } from '../../src/core/raster.js';
import { frontalView } from '../support/views.js';

const raster = { data: new Uint8Array(0), width: 0, height: 0, channels: 1 } as const;
const box: Box = { x: 100, y: 50, width: 200, height: 200 };

/** A face with the middles of its eyes and the tip of its nose at these places. */
function faceOf(right: Point, left: Point, nose: Point, within = box): FaceView {
  const view = frontalView(raster, within);
  const eye = (center: Point): FaceView['landmarks']['left'] => ({ center, outer: center, inner: center });
  return { ...view, landmarks: { ...view.landmarks, right: eye(right), left: eye(left), nose } };
}

describe('the width of a face', () => {
  it('is two and a half times the distance between its eyes', () => {
    expect(faceWidth(faceOf({ x: 160, y: 110 }, { x: 240, y: 110 }, { x: 200, y: 150 }))).toBeCloseTo(200, 9);
    expect(faceWidth(faceOf({ x: 170, y: 80 }, { x: 206, y: 128 }, { x: 180, y: 110 }))).toBeCloseTo(150, 9);
  });

  it('is told by the nose where the head is turned, and the eyes lie close together', () => {
    // The nose is 0.8 distances below the eyes of a face that looks at the camera.
    expect(faceWidth(faceOf({ x: 180, y: 110 }, { x: 220, y: 110 }, { x: 250, y: 110 + 0.8 * 70 }))).toBeCloseTo(2.5 * 70, 9);
    expect(faceWidth(faceOf({ x: 200, y: 90 }, { x: 200, y: 130 }, { x: 200 - 0.8 * 70, y: 100 }))).toBeCloseTo(2.5 * 70, 9);
    expect(faceWidth(faceOf({ x: 188, y: 114 }, { x: 212, y: 132 }, { x: 200 - 0.6 * 56, y: 123 + 0.8 * 56 }))).toBeCloseTo(2.5 * 70, 9);
  });

  it('is believed between half of the box and a fifth more than it', () => {
    expect(faceWidth(faceOf({ x: 190, y: 110 }, { x: 210, y: 110 }, { x: 200, y: 112 }))).toBeCloseTo(100, 9);
    expect(faceWidth(faceOf({ x: 100, y: 110 }, { x: 300, y: 110 }, { x: 200, y: 150 }))).toBeCloseTo(240, 9);
    const narrow = { x: 100, y: 50, width: 50, height: 200 };
    expect(faceWidth(faceOf({ x: 100, y: 110 }, { x: 300, y: 110 }, { x: 200, y: 150 }, narrow))).toBeCloseTo(120, 9);
  });

  it('is half of the box where both eyes are at one place, and 0 where the box has no extent', () => {
    const place = { x: 200, y: 110 };
    expect(faceWidth(faceOf(place, place, { x: 200, y: 150 }))).toBe(100);
    expect(faceWidth(faceOf({ x: 160, y: 110 }, { x: 240, y: 110 }, { x: 200, y: 150 }, { ...box, width: -5 }))).toBe(0);
    expect(faceWidth(faceOf({ x: 160, y: 110 }, { x: 240, y: 110 }, { x: 200, y: 150 }, { ...box, height: -5 }))).toBe(0);
  });
});

describe('the square of a face', () => {
  it('reaches from brows to mouth, around a point a third of the way from the eyes to the nose', () => {
    const square = faceSquare(faceOf({ x: 160, y: 110 }, { x: 240, y: 114 }, { x: 210, y: 152 }));
    const side = 0.88 * 2.5 * Math.hypot(80, 4);
    expect(square.width).toBeCloseTo(side, 9);
    expect(square.height).toBeCloseTo(side, 9);
    expect(square.x + side / 2).toBeCloseTo(200 + 0.35 * 10, 9);
    expect(square.y + side / 2).toBeCloseTo(112 + 0.35 * 40, 9);
  });
});

describe('head and shoulders', () => {
  it('are three boxes wide and high, half a box above the face', () => {
    expect(bodyBox(frontalView(raster, { x: 100, y: 50, width: 20, height: 30 }))).toEqual({ x: 80, y: 35, width: 60, height: 90 });
  });
});

describe('the boxes of the eyes', () => {
  it('are those of the eyes that are seen, with brow and lashes', () => {
    const view = frontalView(raster, box);
    const region = { center: { x: 200, y: 110 }, width: 60, angle: 0 };
    const [first, ...others] = eyeBoxes({ ...view, left: { reason: 'eye turned away' }, right: { region } });
    expect(others).toEqual([]);
    for (const [side, length] of [['width', 1.4 * 60], ['height', 1.4 * 40], ['x', 200 - 42], ['y', 110 - 28]] as const) {
      expect(first?.[side]).toBeCloseTo(length, 9);
    }
    expect(eyeBoxes(view).map(({ x, width }) => x + width / 2).map(Math.round)).toEqual([240, 160]);
  });

  it('are the band in which eyes lie where none is seen', () => {
    const blind = { ...frontalView(raster, box), left: { reason: 'eye too small' }, right: {} };
    expect(eyeBoxes(blind)).toEqual([{ x: 120, y: 80, width: 160, height: 70 }]);
  });
});
