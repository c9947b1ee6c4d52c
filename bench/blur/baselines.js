/**
 * What the score is compared with.
 */
import { luminanceGrid } from '../../dist/blur/luminance-grid.js';
import { cut, gray } from './degrade.js';
import { fromRaster } from './photos.js';

/** Plain variance of the Laplacian of the face crop as it is, as a thousand tutorials have it. */
export function plainVariance(image, box) {
  const { raster } = cut(gray(image), box);
  return laplacianVariance(raster);
}

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

/** sharp's own estimate (standard deviation of a Laplacian) of the face crop. */
export async function sharpStats(image, box) {
  const { raster } = cut(image, box);
  return (await fromRaster(raster).stats()).sharpness;
}

/** ln of Laplacian variance and of Sobel energy at three scales (face at 112, 56 and 28 px), as OFIQ feeds to its forest. */
export function multiScaleFeatures(image, box) {
  return [112, 56, 28].flatMap((side) => {
    const { data, width, height } = luminanceGrid(image, box, Math.max(1, box.width / side));
    const copy = { data: Float32Array.from(data.subarray(0, width * height)), width, height };
    return [Math.log(laplacianVariance(copy) + 0.01), Math.log(sobelEnergy(copy) + 0.01)];
  });
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
