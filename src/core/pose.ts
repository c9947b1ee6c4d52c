/**
 * Which way a face looks.
 */
import type { Landmarks } from './face.js';
import type { Point } from './raster.js';

/** Degrees; all three are 0 for a face that looks into the camera, upright. */
export interface Pose {
  /** About the neck: positive where the face looks to the right side of the photo, -90 to 90. */
  readonly yaw: number;
  /** A nod: positive where the face looks up. */
  readonly pitch: number;
  /** In the plane of the photo: positive where the head leans to the right side of the photo, -180 to 180. */
  readonly roll: number;
}

interface Point3 extends Point {
  readonly z: number;
}

/**
 * Where the landmarks are in an average face, cm, that looks into the camera: x to the right of the photo, y down, z away from
 * the camera. Rounded from the canonical face model of MediaPipe (modules/face_geometry, Apache 2.0).
 */
const averageFace: readonly (readonly [Point3, (landmarks: Landmarks) => Point])[] = [
  [{ x: -4.45, y: -2.66, z: -3.17 }, ({ right }) => right.outer],
  [{ x: -1.86, y: -2.59, z: -3.76 }, ({ right }) => right.inner],
  [{ x: 1.86, y: -2.59, z: -3.76 }, ({ left }) => left.inner],
  [{ x: 4.45, y: -2.66, z: -3.17 }, ({ left }) => left.outer],
  [{ x: 0, y: 1.13, z: -7.48 }, ({ nose }) => nose],
  [{ x: -2.46, y: 4.34, z: -4.28 }, ({ mouth }) => mouth.right],
  [{ x: 2.46, y: 4.34, z: -4.28 }, ({ mouth }) => mouth.left],
];

type Triple = readonly [number, number, number];

/** The points of the average face, their mean taken off. */
const model = centred(averageFace.map(([{ x, y, z }]): Triple => [x, y, z]));
const inverse = inverted(model);

/**
 * Estimates where a face looks from seven of its landmarks: the affine camera that puts an average face's points closest to them
 * (least squares), and the rotation closest to that camera (DeMenthon & Davis, Model-Based Object Pose in 25 Lines of Code, 1995,
 * its first step). Angles are taken as roll after yaw after pitch: turning the photo changes the roll alone.
 *
 * An estimate: faces are not average, perspective is left out, and of a face in profile the landmarks themselves are guessed.
 * @returns undefined where the landmarks lie on one line or point
 */
export function headPose(landmarks: Landmarks): Pose | undefined {
  const points = averageFace.map(([, of]) => of(landmarks));
  const [a, b] = [affineRow(points.map(({ x }) => x)), affineRow(points.map(({ y }) => y))];
  // The closest pair of rows with right angles and one length is (A A^T)^(-1/2) A; up to a factor, which the angles do not know.
  const [aa, ab, bb] = [dot(a, a), dot(a, b), dot(b, b)];
  const area = Math.sqrt(Math.max(0, aa * bb - ab * ab));
  if (!(area > 1e-9 * (aa + bb))) return undefined;
  const scale = 1 / (area * Math.sqrt(aa + bb + 2 * area));
  const right = combined(a, scale * (bb + area), b, -scale * ab);
  const down = combined(b, scale * (aa + area), a, -scale * ab);
  const away = cross(right, down);
  return {
    yaw: degrees(Math.asin(Math.min(1, Math.max(-1, away[0])))),
    pitch: degrees(-Math.atan2(away[1], away[2])),
    roll: degrees(Math.atan2(down[0], right[0])),
  };
}

/** The row of the affine camera that puts the model's points at `values` along one axis. */
function affineRow(values: readonly number[]): Triple {
  const moment = (axis: 0 | 1 | 2): number => model.reduce((sum, point, index) => sum + point[axis] * (values[index] ?? 0), 0);
  const moments: Triple = [moment(0), moment(1), moment(2)];
  return [dot(inverse[0], moments), dot(inverse[1], moments), dot(inverse[2], moments)];
}

function centred(points: readonly Triple[]): Triple[] {
  const mean = (axis: 0 | 1 | 2): number => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const middle: Triple = [mean(0), mean(1), mean(2)];
  return points.map(([x, y, z]) => [x - middle[0], y - middle[1], z - middle[2]]);
}

/** The inverse of the points' 3 x 3 second moments: its columns are cross products. */
function inverted(points: readonly Triple[]): readonly [Triple, Triple, Triple] {
  const moment = (i: 0 | 1 | 2, j: 0 | 1 | 2): number => points.reduce((sum, point) => sum + point[i] * point[j], 0);
  const row = (i: 0 | 1 | 2): Triple => [moment(i, 0), moment(i, 1), moment(i, 2)];
  const [x, y, z] = [row(0), row(1), row(2)];
  const determinant = dot(x, cross(y, z));
  const over = ([p, q, r]: Triple): Triple => [p / determinant, q / determinant, r / determinant];
  return [over(cross(y, z)), over(cross(z, x)), over(cross(x, y))];
}

function dot([ax, ay, az]: Triple, [bx, by, bz]: Triple): number {
  return ax * bx + ay * by + az * bz;
}

function cross([ax, ay, az]: Triple, [bx, by, bz]: Triple): Triple {
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}

function combined([ax, ay, az]: Triple, p: number, [bx, by, bz]: Triple, q: number): Triple {
  return [p * ax + q * bx, p * ay + q * by, p * az + q * bz];
}

function degrees(radians: number): number {
  return (180 / Math.PI) * radians;
}
