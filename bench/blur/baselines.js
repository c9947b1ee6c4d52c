/**
 * What the score is compared with. All of them measure the box that the pipeline found; higher is sharper.
 */
import { luminanceGrid } from '../../dist/blur/luminance-grid.js';
import { cut, gray } from './degrade.js';
import { fromRaster } from './photos.js';

/** Name, and the value of a view. */
export const baselines = [
  { name: 'plain variance of the Laplacian', value: ({ raster, box }) => laplacianVariance(cut(gray(raster), box).raster) },
  { name: 'the same, box cut by a tenth', value: ({ raster, box }) => laplacianVariance(cut(gray(raster), inner(box)).raster) },
  { name: 'the same, face at 112 px', value: (view) => laplacianVariance(faceGrid(view)) },
  { name: 'Tenengrad (Sobel energy), face at 112 px', value: (view) => sobelEnergy(faceGrid(view)) },
  { name: 'sharp stats().sharpness', value: async ({ raster, box }) => (await fromRaster(cut(gray(raster), box).raster).stats()).sharpness },
  { name: 'the score before (112 px, unweighted)', value: scoreBefore },
];

const inner = ({ x, y, width, height }) => ({ x: x + 0.05 * width, y: y + 0.05 * height, width: 0.9 * width, height: 0.9 * height });

function laplacianVariance({ data, width, height }) {
  let sum = 0, squares = 0, n = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      const value = data[i - 1] + data[i + 1] + data[i - width] + data[i + width] - 4 * data[i];
      sum += value;
      squares += value * value;
      n += 1;
    }
  }
  return squares / n - (sum / n) ** 2;
}

/** The box at 112 px, never enlarged. */
function faceGrid({ raster, box }) {
  const { data, width, height } = luminanceGrid(raster, box, Math.max(1, box.width / 112));
  return { data: Float32Array.from(data.subarray(0, width * height)), width, height };
}

function sobelEnergy({ data, width, height }) {
  let sum = 0, n = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      const right = data[i - width + 1] + 2 * data[i + 1] + data[i + width + 1];
      const left = data[i - width - 1] + 2 * data[i - 1] + data[i + width - 1];
      const below = data[i + width - 1] + 2 * data[i + width] + data[i + width + 1];
      const above = data[i - width - 1] + 2 * data[i - width] + data[i - width + 1];
      sum += (right - left) ** 2 + (below - above) ** 2;
      n += 1;
    }
  }
  return sum / n;
}

/**
 * The score that was shipped until November 2026: the face's box at 112 px, all pixels of its ellipse alike,
 * `1/3 ln(laplacian / gradient) + 2/3 ln(lowest over directions)`, and what was added for smaller faces; verdicts at 40 and 60.
 */
function scoreBefore(view) {
  const { data, width, height } = faceGrid(view);
  const smooth = new Float32Array(width * height);
  const sums = { gxx: 0, gxy: 0, gyy: 0, xxxx: 0, xxxy: 0, xxyy: 0, xyxy: 0, xyyy: 0, yyyy: 0, bend: 0 };
  let m = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i += 1) {
      const row = (k) => data[k - 1] + 2 * data[k] + data[k + 1];
      smooth[i] = (row(i - width) + 2 * row(i) + row(i + width)) / 16;
    }
  }
  for (let y = 2; y < height - 2; y += 1) {
    for (let x = 2; x < width - 2; x += 1) {
      if (((x + 0.5) / width * 2 - 1) ** 2 + ((y + 0.5) / height * 2 - 1) ** 2 > 1) continue;
      const i = y * width + x;
      const gx = (smooth[i + 1] - smooth[i - 1]) / 2;
      const gy = (smooth[i + width] - smooth[i - width]) / 2;
      const xx = smooth[i - 1] + smooth[i + 1] - 2 * smooth[i];
      const yy = smooth[i - width] + smooth[i + width] - 2 * smooth[i];
      const xy = (smooth[i - width - 1] + smooth[i + width + 1] - smooth[i - width + 1] - smooth[i + width - 1]) / 4;
      m += 1;
      for (const [key, product] of Object.entries({
        gxx: gx * gx, gxy: gx * gy, gyy: gy * gy, xxxx: xx * xx, xxxy: xx * xy, xxyy: xx * yy,
        xyxy: xy * xy, xyyy: xy * yy, yyyy: yy * yy, bend: xx + yy,
      })) sums[key] += product;
    }
  }
  const s = Object.fromEntries(Object.entries(sums).map(([key, sum]) => [key, sum / m]));
  const noise = quietNoise(data, width, height);
  const gradient = s.gxx + s.gyy - 2 * noise * 0.0586;
  const laplacian = s.xxxx + 2 * s.xxyy + s.yyyy - s.bend ** 2 - noise * 0.406;
  let lowest = Infinity;
  for (let k = 0; k < 16; k += 1) {
    const [c, d] = [Math.cos(Math.PI * k / 16), Math.sin(Math.PI * k / 16)];
    const [cc, cs, dd] = [c * c, c * d, d * d];
    const slope = cc * s.gxx + 2 * cs * s.gxy + dd * s.gyy - noise * 0.0586;
    if (slope <= 0.1 * gradient) continue;
    const bend = cc * cc * s.xxxx + 4 * cs * (cc * s.xxxy + dd * s.xyyy) + 2 * cc * dd * (s.xxyy + 2 * s.xyxy) + dd * dd * s.yyyy
      - noise * ((cc * cc + dd * dd) * 0.1406 + 2 * cc * dd * 0.1113);
    lowest = Math.min(lowest, Math.max(0, bend) / slope);
  }
  const focus = laplacian > 0 && gradient > 0 && lowest > 0
    ? Math.max(-9, Math.log(laplacian / gradient) / 3 + 2 / 3 * Math.log(lowest)) : -9;
  const halvings = Math.log2(Math.max(1, 112 / Math.min(112, view.box.width)));
  return 100 / (1 + Math.exp(-(focus + 1.38 - 0.6 * halvings ** 0.75) / (0.13 * (1 + 0.4 * halvings))));
}

function quietNoise(data, width, height) {
  const blocks = [];
  for (let top = 1; top + 8 < height; top += 8) {
    for (let left = 1; left + 8 < width; left += 8) {
      let sum = 0;
      for (let y = top; y < top + 8; y += 1) {
        for (let i = y * width + left; i < y * width + left + 8; i += 1) {
          const row = (k) => data[k - 1] - 2 * data[k] + data[k + 1];
          sum += (row(i - width) - 2 * row(i) + row(i + width)) ** 2;
        }
      }
      blocks.push(sum / 64);
    }
  }
  blocks.sort((a, b) => a - b);
  return (blocks[Math.floor(0.15 * blocks.length)] ?? 0) / 0.68 / 36;
}
