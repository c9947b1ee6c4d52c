/**
 * Changes that are not blur: what a verdict has to survive.
 */
import { brightness, contrast, gray, noise } from './degrade.js';
import { jpegOf, resized } from './photos.js';

/** Name and a function from a raster to the changed one; `factor` where it changes the size. The first changes nothing. */
export const changes = [
  { name: 'as it is', apply: (image) => image },
  ...[0.7, 1.4, 2].map((factor) => ({ name: `resized ${factor}x`, factor, apply: (image) => resized(image, factor) })),
  ...[2, 5].map((deviation) => ({ name: `noise ${deviation}`, apply: (image, seed) => noise(image, deviation, seed) })),
  ...[0.7, 1.3].map((factor) => ({ name: `contrast ${factor}`, apply: (image) => contrast(image, factor) })),
  ...[0.7, 1.3].map((factor) => ({ name: `brightness ${factor}`, apply: (image) => brightness(image, factor) })),
  ...[85, 60].map((quality) => ({ name: `JPEG ${quality}`, apply: (image) => jpegOf(image, quality) })),
  { name: 'black and white', apply: gray },
];
