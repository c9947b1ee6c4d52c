/**
 * Packed eyes as the classifier will see them: without augmentation, and as they would look in a smaller photo.
 */
import { byteAt } from '../../core/typed-array.js';
import { cropWidthOf } from '../../core/eye.js';
import { layoutOfCanvas, type CanvasLayout } from './canvas.js';
import type { EyeDataset } from './packed-file.js';

/** What holds canvases. */
export type Canvases = Pick<EyeDataset, 'pixels' | 'crop'>;

/**
 * The centre of one canvas without augmentation: at the size of the crop its very pixels, smaller sizes as area means.
 * @returns `width * height` bytes of luminance
 */
export function plainCrop(canvases: Canvases, row: number, width: number, height: number): Uint8Array {
  const layout = layoutOfCanvas(canvases.crop);
  const { canvas, crop: { width: cropWidth, height: cropHeight } } = layout;
  const left = (canvas.width - cropWidth) / 2;
  const top = (canvas.height - cropHeight) / 2;
  const stepX = cropWidth / width;
  const stepY = cropHeight / height;
  const crop = new Uint8Array(width * height);
  for (let r = 0; r < height; r += 1) {
    for (let c = 0; c < width; c += 1) {
      crop[r * width + c] = Math.round(areaMean(
        canvases.pixels, layout, row, left + c * stepX, top + r * stepY, left + (c + 1) * stepX, top + (r + 1) * stepY));
    }
  }
  return crop;
}

/** Mean of a canvas over a rectangle in px, parts of pixels counted as parts. */
function areaMean(pixels: Uint8Array, { canvas }: CanvasLayout, row: number, left: number, top: number, right: number, bottom: number): number {
  const base = row * canvas.width * canvas.height;
  let sum = 0;
  let area = 0;
  for (let y = Math.floor(top); y < bottom - 1e-9; y += 1) {
    const tall = Math.min(bottom, y + 1) - Math.max(top, y);
    for (let x = Math.floor(left); x < right - 1e-9; x += 1) {
      const part = tall * (Math.min(right, x + 1) - Math.max(left, x));
      sum += part * byteAt(pixels, base + y * canvas.width + x);
      area += part;
    }
  }
  return sum / area;
}

/**
 * The centre of one canvas as a run would cut it from a photo in which the eye is `eyeWidth` px wide: means over as many px as
 * are left, then enlarged again, bilinear.
 * @returns `width * height` bytes of luminance
 */
export function shrunkCrop(canvases: Canvases, row: number, width: number, height: number, eyeWidth: number): Uint8Array {
  const { crop: full } = layoutOfCanvas(canvases.crop);
  const columns = Math.round(cropWidthOf(eyeWidth));
  if (columns >= full.width) return plainCrop(canvases, row, width, height);
  const rows = Math.max(2, Math.round((columns * full.height) / full.width));
  const small = plainCrop(canvases, row, columns, rows);
  const crop = new Uint8Array(width * height);
  for (let r = 0; r < height; r += 1) {
    const y = Math.min(rows - 1, Math.max(0, ((r + 0.5) * rows) / height - 0.5));
    const [y0, y1] = [Math.floor(y), Math.min(rows - 1, Math.floor(y) + 1)];
    for (let c = 0; c < width; c += 1) {
      const x = Math.min(columns - 1, Math.max(0, ((c + 0.5) * columns) / width - 0.5));
      const [x0, x1] = [Math.floor(x), Math.min(columns - 1, Math.floor(x) + 1)];
      const at = (column: number, line: number): number => byteAt(small, line * columns + column);
      const top = at(x0, y0) + (at(x1, y0) - at(x0, y0)) * (x - x0);
      const low = at(x0, y1) + (at(x1, y1) - at(x0, y1)) * (x - x0);
      crop[r * width + c] = Math.round(top + (low - top) * (y - y0));
    }
  }
  return crop;
}
