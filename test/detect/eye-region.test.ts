import { describe, expect, it } from 'vitest';
import { headTurn } from '../../src/core/face.js';
import { eyeRegions, findEyes } from '../../src/detect/eye-region.js';
import { mapLandmarks } from '../../src/detect/faces.js';
import { regionBox, type EyeLandmarks, type Landmarks } from '../../src/core/face.js';
import type { Point } from '../../src/core/raster.js';

const settings = { min_width: 12, max_turn: 0.75 };
const photo = { width: 400, height: 300 };

function eye(outerX: number, innerX: number, y: number): EyeLandmarks {
  return { outer: { x: outerX, y }, inner: { x: innerX, y }, center: { x: (outerX + innerX) / 2, y } };
}

/** A face that looks at the camera: outer corners 100 px apart, the nose midway below. */
function face(change: Partial<Landmarks> = {}): Landmarks {
  return {
    right: eye(150, 182, 100), left: eye(250, 218, 100), nose: { x: 200, y: 140 }, mouth: { right: { x: 172, y: 175 }, left: { x: 228, y: 175 } },
    faceScore: 1, ...change,
  };
}

function turned(landmarks: Landmarks, radians: number): Landmarks {
  const turn = ({ x, y }: Point): Point => ({
    x: 200 + (x - 200) * Math.cos(radians) - (y - 120) * Math.sin(radians),
    y: 120 + (x - 200) * Math.sin(radians) + (y - 120) * Math.cos(radians),
  });
  const both = ({ outer, inner, center }: EyeLandmarks): EyeLandmarks =>
    ({ outer: turn(outer), inner: turn(inner), center: turn(center) });
  return { ...landmarks, left: both(landmarks.left), right: both(landmarks.right), nose: turn(landmarks.nose), mouth: { left: turn(landmarks.mouth.left), right: turn(landmarks.mouth.right) } };
}

describe('the region of an eye', () => {
  it('is centred on it, along the eye line, 0.62 times as wide as the outer corners are apart', () => {
    const { left, right } = eyeRegions(face());
    expect(right).toEqual({ center: { x: 166, y: 100 }, width: 62, angle: 0 });
    expect(left).toEqual({ center: { x: 234, y: 100 }, width: 62, angle: 0 });
  });

  it('turns with the head, clockwise in the image', () => {
    const { left, right } = eyeRegions(turned(face(), 0.3));
    expect(left.angle).toBeCloseTo(0.3);
    expect(right.angle).toBeCloseTo(0.3);
    expect(left.width).toBeCloseTo(62);
  });

  it('stays as large as the near eye needs when the head is turned aside', () => {
    const aside = face({ right: eye(150, 180, 100), left: eye(205, 195, 100), nose: { x: 200, y: 140 } });
    expect(eyeRegions(aside).right.width).toBeGreaterThan(1.8 * 30);
  });

  it('grows with the photo', () => {
    const { left } = eyeRegions(mapLandmarks(face(), ({ x, y }) => ({ x: x * 3, y: y * 3 })));
    expect(left).toEqual({ center: { x: 702, y: 300 }, width: 186, angle: 0 });
  });

  it('has a box three wide and two high, larger when it is turned', () => {
    expect(regionBox({ center: { x: 50, y: 40 }, width: 60, angle: 0 })).toEqual({ x: 20, y: 20, width: 60, height: 40 });
    const box = regionBox({ center: { x: 50, y: 40 }, width: 60, angle: Math.PI / 2 });
    expect(box.width).toBeCloseTo(40);
    expect(box.height).toBeCloseTo(60);
  });
});

describe('an eye', () => {
  it('is seen on a face that looks at the camera', () => {
    const { left, right } = findEyes(face(), photo, settings);
    expect(left.region).toBeDefined();
    expect(right.region).toBeDefined();
  });

  it('is unknown on the far side of a head turned aside, and only there', () => {
    const { left, right } = findEyes(face({ nose: { x: 245, y: 140 } }), photo, settings);
    expect(left).toEqual({ reason: 'eye turned away' });
    expect(right.region).toBeDefined();
    expect(findEyes(face({ nose: { x: 155, y: 140 } }), photo, settings).right.reason).toBe('eye turned away');
  });

  it('is unknown outside the photo', () => {
    const { left, right } = findEyes(face(), { width: 240, height: 300 }, settings);
    expect(left.reason).toBe('eye out of frame');
    expect(right.region).toBeDefined();
  });

  it('is unknown with too few pixels', () => {
    const { left, right } = findEyes(mapLandmarks(face(), ({ x, y }) => ({ x: x * 0.3, y: y * 0.3 })), photo, settings);
    expect(left.reason).toBe('eye too small');
    expect(right.reason).toBe('eye too small');
  });

  it('is unknown on a face that the landmark net does not make out', () => {
    const { left, right } = findEyes({ ...face(), faceScore: 0.4 }, photo, settings);
    expect(left).toEqual({ reason: 'eye not made out' });
    expect(right).toEqual({ reason: 'eye not made out' });
  });
});

describe('the turn of a head', () => {
  it.each([[200, 0], [225, 0.5], [250, 1], [300, 1], [150, 1]])('with the nose at %i is %f', (x, turn) => {
    expect(headTurn(face({ nose: { x, y: 140 } }))).toBeCloseTo(turn);
  });

  it('does not depend on how it is tilted', () => {
    expect(headTurn(turned(face({ nose: { x: 225, y: 140 } }), 0.5))).toBeCloseTo(0.5);
  });
});
