/**
 * How a face is exposed: how bright it is, and how much of it is lost in white or black.
 */
import { byteAt } from '../core/typed-array.js';
import type { Box, Raster } from '../core/raster.js';

/** 8-bit level from which a pixel is burnt out, in all its channels: nothing is left to bring back. */
const burntFrom = 250;
/** 8-bit level up to which a pixel is black, in all its channels. */
const blackTo = 5;
/** Samples across the face: more tell no more about shares. */
const samples = 64;

export interface Exposure {
  /** Share of the face's pixels that are burnt out, 0 to 1. */
  readonly burnt: number;
  /** Share of the face's pixels that are black, 0 to 1. */
  readonly black: number;
  /** Mean luminance (ITU-R BT.601), 0 to 255. */
  readonly luminance: number;
}

/**
 * Measures the oval inside a face's box, on a grid of at most 64 x 64 pixels. What lies outside the image is left out.
 * @param image RGB or luminance, 8 bit
 * @param box px of `image`
 * @returns all zero where the box does not touch the image
 */
export function measureExposure(image: Raster, box: Box): Exposure {
  const { data, width, height, channels } = image;
  const step = Math.max(1, Math.max(box.width, box.height) / samples);
  const center = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  let [count, burnt, black, luminance] = [0, 0, 0, 0];
  // Hot loop: up to 4,096 samples a face.
  for (let y = box.y + step / 2; y < box.y + box.height; y += step) {
    for (let x = box.x + step / 2; x < box.x + box.width; x += step) {
      const across = (2 * (x - center.x)) / box.width;
      const down = (2 * (y - center.y)) / box.height;
      if (x < 0 || y < 0 || x >= width || y >= height || across * across + down * down > 1) continue;
      const at = (Math.floor(y) * width + Math.floor(x)) * channels;
      const red = byteAt(data, at);
      const green = channels === 1 ? red : byteAt(data, at + 1);
      const blue = channels === 1 ? red : byteAt(data, at + 2);
      count += 1;
      if (Math.min(red, green, blue) >= burntFrom) burnt += 1;
      if (Math.max(red, green, blue) <= blackTo) black += 1;
      luminance += 0.299 * red + 0.587 * green + 0.114 * blue;
    }
  }
  if (count === 0) return { burnt: 0, black: 0, luminance: 0 };
  return { burnt: burnt / count, black: black / count, luminance: luminance / count };
}
