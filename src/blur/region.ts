/**
 * The parts of a photo in which sharpness may be measured.
 */
import { regionBox, type FaceView } from '../core/face.js';
import { growBox, type Box, type Point } from '../core/raster.js';

/** How wide a face is, in distances between its eyes' centres. */
const eyeDistancesWide = 2.5;
/** The nose tip is this share of the eyes' distance below them: on a turned head that tells the size, not the eyes. */
const noseDrop = 0.8;
/** The width that the points tell is believed between these shares of the box. */
const leastOfBox = 0.5;
const mostOfBox = 1.2;
/** Side of the measured square, in widths of the face: brows to mouth. */
const squareSide = 0.88;
/** How far the square's centre lies on the way from between the eyes to the tip of the nose. */
const towardsNose = 0.35;

/** How far an eye's box is grown, so that brow and lashes, the finest detail of a face, are within. */
const eyeGrowth = 1.4;

/**
 * px of the raster across the face, about from ear to ear of a head that looks at the camera. Told by the eyes and the
 * nose, since boxes differ in size from detector to detector and from photo to photo.
 */
export function faceWidth({ box, landmarks: { left, right, nose } }: FaceView): number {
  const across = { x: left.center.x - right.center.x, y: left.center.y - right.center.y };
  const distance = Math.hypot(across.x, across.y);
  const middle = between(left.center, right.center, 0.5);
  const drop = distance === 0 ? 0
    : Math.abs(across.x * (nose.y - middle.y) - across.y * (nose.x - middle.x)) / distance;
  const side = Math.sqrt(Math.max(0, box.width) * Math.max(0, box.height));
  const told = eyeDistancesWide * Math.max(distance, drop / noseDrop);
  return Math.min(mostOfBox * side, Math.max(leastOfBox * side, told));
}

/** The square of a face that is measured: eyes, brows, nose, mouth; no hair, no background, no hat. */
export function faceSquare(face: FaceView): Box {
  const { left, right, nose } = face.landmarks;
  const center = between(between(left.center, right.center, 0.5), nose, towardsNose);
  const side = squareSide * faceWidth(face);
  return { x: center.x - side / 2, y: center.y - side / 2, width: side, height: side };
}

/** Head and shoulders: the face's box made wider to both sides, higher by hair and lower by chest. */
export function bodyBox({ box }: FaceView): Box {
  return { x: box.x - box.width, y: box.y - 0.5 * box.height, width: 3 * box.width, height: 3 * box.height };
}

/** The boxes around the eyes; where none is seen, the band of the face's box in which eyes lie. */
export function eyeBoxes({ box, left, right }: FaceView): readonly Box[] {
  const eyes = [left, right].flatMap(({ region }) => (region === undefined ? [] : growBox(regionBox(region), eyeGrowth)));
  if (eyes.length > 0) return eyes;
  return [{ x: box.x + 0.1 * box.width, y: box.y + 0.15 * box.height, width: 0.8 * box.width, height: 0.35 * box.height }];
}

function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
}
