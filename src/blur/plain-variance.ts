/**
 * The classic figure, for comparison: it depends on size, contrast and noise, and never on the verdict.
 */
import { floatAt } from '../core/typed-array.js';
import type { Box, Raster } from '../core/raster.js';
import { luminanceGrid } from './luminance-grid.js';

/** Side in px to which a face is shrunk first. */
const faceSide = 112;

/**
 * Plain variance of the Laplacian (0 1 0 / 1 -4 1 / 0 1 0) of the luminance, in squared gray levels, within the ellipse
 * inscribed in the face's box, the face shrunk to 112 px; never enlarged.
 *
 * @param face px of `image`; may reach beyond it
 */
export function plainVariance(image: Raster, face: Box): number {
  const side = Math.sqrt(Math.max(0, face.width) * Math.max(0, face.height));
  // Less than 1 % is not worth the blur of resampling.
  const grid = luminanceGrid(image, face, side > 1.01 * faceSide ? side / faceSide : 1);
  if (grid === undefined) return 0;
  const { data, width, height, box: ellipse } = grid;
  let count = 0, sum = 0, squares = 0;
  // Hot loop.
  for (let y = 1; y < height - 1; y += 1) {
    const v = (y + 0.5 - ellipse.y - ellipse.height / 2) / (ellipse.height / 2);
    const half = ellipse.width / 2 * Math.sqrt(Math.max(0, 1 - v * v));
    const center = ellipse.x + ellipse.width / 2;
    const first = Math.max(1, Math.ceil(center - half - 0.5));
    const last = Math.min(width - 2, Math.floor(center + half - 0.5));
    for (let i = y * width + first, end = y * width + last; i <= end; i += 1) {
      const value = floatAt(data, i - width) + floatAt(data, i - 1) + floatAt(data, i + 1) + floatAt(data, i + width) - 4 * floatAt(data, i);
      count += 1;
      sum += value;
      squares += value * value;
    }
  }
  return count === 0 ? 0 : Math.max(0, squares / count - (sum / count) ** 2);
}
