/**
 * Crops beside the eyes: what a landmark that is off, a profile's far side or somebody's hair shows. In them there is no eye.
 */
import type { TurnedRegion } from '../../image/crop.js';
import type { Random } from './random.js';
import type { EyeView } from './labelled-eyes.js';

/** Where to look, in widths of the crop along and across the eye line, and how far from there. */
const places = [
  { name: 'cheek', along: 0, across: 0.9, spread: 0.2 },
  { name: 'forehead', along: 0, across: -0.9, spread: 0.2 },
  { name: 'temple', along: 1, across: 0.1, spread: 0.3 },
  { name: 'beside the head', along: 2.1, across: 0, spread: 0.7 },
] as const;
/** No eye's middle may be nearer than this, in widths of the crop: from there on half of it is out of sight. */
const clearance = 0.62;

/**
 * A region without an eye, or undefined where the place drawn lies outside the picture or near an eye.
 * @param eye the crop to go away from
 * @param outwards 1 where the ear is to the right of the eye in the image, -1 where it is to the left
 * @param eyes middles of all eyes that were found in the picture, px of it
 */
export function misplacedRegion(
  { image, region }: EyeView, outwards: 1 | -1, eyes: readonly { readonly x: number; readonly y: number }[], random: Random,
): TurnedRegion | undefined {
  const place = places[random.below(places.length)];
  if (place === undefined) return undefined;
  const along = (place.along + place.spread * random.signed()) * outwards * region.width;
  const across = (place.across + place.spread * random.signed()) * region.width;
  const cos = Math.cos(region.angle);
  const sin = Math.sin(region.angle);
  const x = region.center.x + along * cos - across * sin;
  const y = region.center.y + along * sin + across * cos;
  if (x < 0 || y < 0 || x >= image.width || y >= image.height) return undefined;
  if (eyes.some((eye) => Math.hypot(eye.x - x, eye.y - y) < clearance * region.width)) return undefined;
  return { center: { x, y }, width: region.width, angle: region.angle };
}
