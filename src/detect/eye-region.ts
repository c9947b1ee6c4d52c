/**
 * Where each eye of a face is, and whether it can be seen.
 */
import type { Point } from '../core/raster.js';
import { headTurn, noseShare, type EyeLandmarks, type EyeRegion, type EyeSight, type Landmarks, type Side } from '../core/face.js';

/** Width of the region, as a share of the distance between the outer corners of both eyes: about twice the eye. */
const shareOfOuterDistance = 0.62;
/** On a turned head that distance shrinks more than the near eye does; the region is then this many eyes wide. */
const eyesWide = 1.9;
/** Of a face that the landmark net is less sure of, nobody knows where its points lie. */
const sureEnough = 0.5;

/** The `eyes` section of the configuration. */
export interface EyeSettings {
  /** An eye narrower than this, corner to corner in the full-size photo, is not looked at, px. */
  readonly min_width: number;
  /** How far the head may be turned before the far eye is not looked at: 0 frontal, 1 profile. */
  readonly max_turn: number;
}

/**
 * The rectangles that the eye crops are cut from, in px of the raster that the landmarks were measured on.
 *
 * Both run along the line through the outer corners. Left and right are the person's own: on a face that looks at the
 * camera the left eye is on the right side of the image.
 */
export function eyeRegions(landmarks: Landmarks): Readonly<Record<Side, EyeRegion>> {
  const { left, right } = landmarks;
  const angle = Math.atan2(left.outer.y - right.outer.y, left.outer.x - right.outer.x);
  const shared = shareOfOuterDistance * distance(left.outer, right.outer);
  const region = (eye: EyeLandmarks): EyeRegion => ({
    center: eye.center,
    width: Math.max(shared, eyesWide * Math.max(eyeWidth(left), eyeWidth(right))),
    angle,
  });
  return { left: region(left), right: region(right) };
}

/**
 * The region of each eye, or why it cannot be judged.
 * @param landmarks in px of the full-size photo
 * @param photo its size, px
 */
export function findEyes(
  landmarks: Landmarks,
  photo: { readonly width: number; readonly height: number },
  settings: EyeSettings,
): Readonly<Record<Side, EyeSight>> {
  const regions = eyeRegions(landmarks);
  const sight = (side: Side): EyeSight => {
    const reason = whyHidden(landmarks, side, photo, settings);
    return reason === undefined ? { region: regions[side] } : { reason };
  };
  return { left: sight('left'), right: sight('right') };
}

function whyHidden(
  landmarks: Landmarks,
  side: Side,
  photo: { readonly width: number; readonly height: number },
  settings: EyeSettings,
): string | undefined {
  const eye = landmarks[side];
  if (landmarks.faceScore < sureEnough) return 'eye not made out';
  if (headTurn(landmarks) > settings.max_turn && farSide(landmarks) === side) return 'eye turned away';
  if (![eye.center, eye.outer, eye.inner].every((point) => inside(point, photo))) return 'eye out of frame';
  // On a turned head the far eye is narrow, but no less tall: the wider one tells how large both are.
  const widest = Math.max(eyeWidth(landmarks.left), eyeWidth(landmarks.right));
  return widest < settings.min_width ? 'eye too small' : undefined;
}

/** The eye on the side that the nose points to: the first to disappear when the head turns. */
function farSide(landmarks: Landmarks): Side {
  return noseShare(landmarks) > 0.5 ? 'left' : 'right';
}

function inside(point: Point, photo: { readonly width: number; readonly height: number }): boolean {
  return point.x >= 0 && point.y >= 0 && point.x <= photo.width && point.y <= photo.height;
}

function eyeWidth(eye: EyeLandmarks): number {
  return distance(eye.outer, eye.inner);
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
