/**
 * Makes the look of a picture: a few hundred numbers that tell frames of one moment from others.
 */
import { byteAt } from '../core/typed-array.js';
import { lookSide, type Look } from '../core/capture.js';
import { clipBox, type Box, type Raster } from '../core/raster.js';

/** Samples across a cell: more change nothing. */
const samples = 8;

/**
 * The look of a part of an image.
 * @param box px of `image`; what lies outside is left out. By default the whole image
 */
export function lookOf(image: Raster, box: Box = { x: 0, y: 0, width: image.width, height: image.height }): Look {
  const { data, width, channels } = image;
  const part = clipBox(box, image.width, image.height);
  const look = new Uint8Array(lookSide * lookSide);
  if (part.width < 1 || part.height < 1) return look;
  const stepX = part.width / lookSide / samples;
  const stepY = part.height / lookSide / samples;
  // Hot loop: 37,000 samples a photo.
  for (let row = 0; row < lookSide; row += 1) {
    for (let column = 0; column < lookSide; column += 1) {
      let sum = 0;
      for (let i = 0; i < samples; i += 1) {
        const y = Math.min(image.height - 1, Math.floor(part.y + (row * samples + i + 0.5) * stepY));
        for (let j = 0; j < samples; j += 1) {
          const x = Math.min(width - 1, Math.floor(part.x + (column * samples + j + 0.5) * stepX));
          const at = (y * width + x) * channels;
          const red = byteAt(data, at);
          sum += channels === 1 ? red : 0.299 * red + 0.587 * byteAt(data, at + 1) + 0.114 * byteAt(data, at + 2);
        }
      }
      look[row * lookSide + column] = Math.round(sum / (samples * samples));
    }
  }
  return look;
}
