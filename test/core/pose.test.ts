import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Landmarks } from '../../src/core/face.js';
import { headPose, type Pose } from '../../src/core/pose.js';
import type { Point } from '../../src/core/raster.js';
import { openStages, readRaster, type PhotoStages } from '../../src/index.js';
import { demoPhotos } from '../support/shared-data.js';

/** An average face, cm: x to its left, which is the right of the photo, y down, z away from the camera. */
const face = {
  eyeOuter: [4.45, -2.66, -3.17], eyeInner: [1.86, -2.59, -3.76], nose: [0, 1.13, -7.48], mouth: [2.46, 4.34, -4.28],
} as const;

/** Its landmarks in a photo of 30 px a cm, after a nod, a turn to the side and a lean, degrees. */
function seen({ yaw, pitch, roll }: Pose): Landmarks {
  const [nod, turn, lean] = [pitch, yaw, roll].map((degrees) => (degrees * Math.PI) / 180);
  const rotated = (a: number, b: number, angle = 0): readonly [number, number] =>
    [a * Math.cos(angle) - b * Math.sin(angle), a * Math.sin(angle) + b * Math.cos(angle)];
  const at = ([x, y, z]: readonly [number, number, number], side: 1 | -1): Point => {
    const [up, depth] = rotated(y, z, -(nod ?? 0));
    const [aside] = rotated(x * side, depth, turn ?? 0);
    const [right, down] = rotated(aside, up, lean ?? 0);
    return { x: 500 + 30 * right, y: 400 + 30 * down };
  };
  const eye = (side: 1 | -1): Landmarks['left'] =>
    ({ outer: at(face.eyeOuter, side), inner: at(face.eyeInner, side), center: at(face.eyeInner, side) });
  return { left: eye(1), right: eye(-1), nose: at(face.nose, 1), mouth: { left: at(face.mouth, 1), right: at(face.mouth, -1) }, faceScore: 1 };
}

describe('the pose of an average face', () => {
  it.each([
    { yaw: 0, pitch: 0, roll: 0 }, { yaw: 35, pitch: 0, roll: 0 }, { yaw: 0, pitch: 20, roll: 0 }, { yaw: 0, pitch: 0, roll: 150 },
    { yaw: -50, pitch: -25, roll: 15 }, { yaw: 20, pitch: 30, roll: -90 },
  ])('is what it was turned by: %o', (pose) => {
    const found = headPose(seen(pose));
    for (const angle of ['yaw', 'pitch', 'roll'] as const) expect(found?.[angle]).toBeCloseTo(pose[angle], 6);
  });

  it('is positive for a nose to the right, a nose that is up, and a head that leans to the right', () => {
    const straight = seen({ yaw: 0, pitch: 0, roll: 0 });
    const moved = (x: number, y: number): Pose | undefined => headPose({ ...straight, nose: { x: straight.nose.x + x, y: straight.nose.y + y } });
    expect(moved(20, 0)?.yaw).toBeGreaterThan(5);
    expect(moved(0, -20)?.pitch).toBeGreaterThan(5);
    expect(headPose({ ...straight, left: { ...straight.left, outer: { x: straight.left.outer.x, y: straight.left.outer.y + 20 } } })?.roll).toBeGreaterThan(1);
  });

  it('is unknown where all points are one, or on one line', () => {
    const point = { x: 5, y: 5 };
    const eye = { outer: point, inner: point, center: point };
    const one: Landmarks = { left: eye, right: eye, nose: point, mouth: { left: point, right: point }, faceScore: 1 };
    expect(headPose(one)).toBeUndefined();
    const line = seen({ yaw: 10, pitch: 0, roll: 0 });
    const flat = ({ x }: Point): Point => ({ x, y: 0 });
    const flatEye = ({ outer, inner, center }: Landmarks['left']): Landmarks['left'] => ({ outer: flat(outer), inner: flat(inner), center: flat(center) });
    expect(headPose({ ...line, left: flatEye(line.left), right: flatEye(line.right), nose: flat(line.nose), mouth: { left: flat(line.mouth.left), right: flat(line.mouth.right) } })).toBeUndefined();
  });
});

describe('the pose of people in a photo', () => {
  let stages: PhotoStages;
  beforeAll(async () => { stages = await openStages(); });
  afterAll(async () => { await stages.close(); });
  const [, , photo = ''] = demoPhotos;
  const poses = async (image: Sharp): Promise<Pose[]> => {
    const faces = await stages.findFaces(await readRaster(await image.jpeg({ quality: 95 }).toBuffer()));
    return faces.toSorted((a, b) => a.box.x - b.box.x).flatMap(({ landmarks }) => headPose(landmarks) ?? []);
  };

  it('is mirrored in a mirror, and leans with the photo', async () => {
    const straight = await poses(sharp(photo));
    expect(straight).toHaveLength(3);
    const mirrored = (await poses(sharp(photo).flop())).toReversed();
    const leaning = await poses(sharp(photo).rotate(15));
    for (const [index, { yaw, pitch, roll }] of straight.entries()) {
      expect(Math.abs(yaw) + Math.abs(pitch), 'these people look about into the camera').toBeLessThan(60);
      expect(Math.abs((mirrored[index]?.yaw ?? 90) + yaw)).toBeLessThan(8);
      expect(Math.abs((mirrored[index]?.pitch ?? 90) - pitch)).toBeLessThan(8);
      expect(Math.abs((mirrored[index]?.roll ?? 90) + roll)).toBeLessThan(8);
      expect(Math.abs((leaning[index]?.roll ?? 90) - roll - 15)).toBeLessThan(8);
      expect(Math.abs((leaning[index]?.yaw ?? 90) - yaw)).toBeLessThan(8);
    }
  });
});
