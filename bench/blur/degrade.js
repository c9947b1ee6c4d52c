/**
 * What is done to good photos to try a blur score: blur of known width, and changes that are not blur.
 * Rasters in, rasters out; see degrade.d.ts for the types.
 */

/** BT.601 luminance of a raster, one channel. */
export function gray({ data, width, height, channels }) {
  if (channels === 1) return { data: Uint8Array.from(data), width, height, channels: 1 };
  const out = new Uint8Array(width * height);
  for (let i = 0, j = 0; i < out.length; i += 1, j += 3) {
    out[i] = Math.round(0.299 * data[j] + 0.587 * data[j + 1] + 0.114 * data[j + 2]);
  }
  return { data: out, width, height, channels: 1 };
}

/** The part of a raster within a box, whole pixels, cut at the border; `left` and `top` tell where it begins. */
export function cut({ data, width, height, channels }, box) {
  const left = Math.max(0, Math.round(box.x));
  const top = Math.max(0, Math.round(box.y));
  const right = Math.min(width, Math.round(box.x + box.width));
  const bottom = Math.min(height, Math.round(box.y + box.height));
  const out = new Uint8Array((right - left) * (bottom - top) * channels);
  for (let y = top; y < bottom; y += 1) {
    const from = (y * width + left) * channels;
    out.set(data.subarray(from, from + (right - left) * channels), (y - top) * (right - left) * channels);
  }
  return { raster: { data: out, width: right - left, height: bottom - top, channels }, left, top };
}

/** Gaussian blur of standard deviation `sigma` px; one channel. */
export function gaussian(image, sigma) {
  if (sigma <= 0) return image;
  const radius = Math.ceil(3.5 * sigma);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const { width, height } = image;
  const across = new Float32Array(width * height);
  const line = new Float64Array(width + 2 * radius);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < line.length; x += 1) {
      line[x] = image.data[y * width + Math.min(width - 1, Math.max(0, x - radius))];
    }
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let k = 0; k <= 2 * radius; k += 1) sum += weights[k] * line[x + k];
      across[y * width + x] = sum / total;
    }
  }
  const data = new Uint8Array(width * height);
  const column = new Float64Array(width);
  for (let y = 0; y < height; y += 1) {
    column.fill(0);
    for (let k = -radius; k <= radius; k += 1) {
      const from = Math.min(height - 1, Math.max(0, y + k)) * width;
      const weight = weights[k + radius] / total;
      for (let x = 0; x < width; x += 1) column[x] += weight * across[from + x];
    }
    for (let x = 0; x < width; x += 1) data[y * width + x] = Math.round(column[x]);
  }
  return { data, width, height, channels: 1 };
}

/** Motion blur along a line of `length` px at `angle` radians; one channel. */
export function motion(image, length, angle) {
  const points = [];
  const steps = Math.max(1, Math.ceil(length * 2));
  for (let i = 0; i < steps; i += 1) {
    const t = ((i + 0.5) / steps - 0.5) * length;
    points.push([t * Math.cos(angle), t * Math.sin(angle), 1]);
  }
  return spread(image, points);
}

/** Defocus: the mean over a disc of `radius` px; one channel. */
export function defocus(image, radius) {
  const points = [];
  const reach = Math.ceil(radius);
  for (let y = -reach; y <= reach; y += 1) {
    for (let x = -reach; x <= reach; x += 1) {
      const weight = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(x, y)));
      if (weight > 0) points.push([x, y, weight]);
    }
  }
  return spread(image, points);
}

/** Mean over shifted copies: `points` are dx, dy, weight; shifts between pixels are shared among four. */
function spread({ data, width, height }, points) {
  const kernel = new Map();
  const add = (x, y, weight) => { if (weight > 0) kernel.set(`${x},${y}`, (kernel.get(`${x},${y}`) ?? 0) + weight); };
  for (const [x, y, weight] of points) {
    const left = Math.floor(x);
    const top = Math.floor(y);
    add(left, top, weight * (1 - x + left) * (1 - y + top));
    add(left + 1, top, weight * (x - left) * (1 - y + top));
    add(left, top + 1, weight * (1 - x + left) * (y - top));
    add(left + 1, top + 1, weight * (x - left) * (y - top));
  }
  const sums = new Float32Array(width * height);
  let total = 0;
  for (const [key, weight] of kernel) {
    const [dx, dy] = key.split(',').map(Number);
    total += weight;
    const first = Math.min(width, Math.max(0, -dx));
    const last = Math.max(0, Math.min(width, width - dx));
    for (let y = 0; y < height; y += 1) {
      const from = Math.min(height - 1, Math.max(0, y + dy)) * width;
      const to = y * width;
      for (let x = 0; x < first; x += 1) sums[to + x] += weight * data[from];
      for (let x = first; x < last; x += 1) sums[to + x] += weight * data[from + x + dx];
      for (let x = last; x < width; x += 1) sums[to + x] += weight * data[from + width - 1];
    }
  }
  const out = new Uint8Array(width * height);
  for (let i = 0; i < out.length; i += 1) out[i] = Math.round(sums[i] / total);
  return { data: out, width, height, channels: 1 };
}

/** A generator of numbers in [0, 1) that gives the same ones for the same seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), 1 | state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

/** White Gaussian noise of standard deviation `deviation` gray levels, one draw a pixel and channel. */
export function noise(image, deviation, seed) {
  const next = random(seed);
  return map(image, (value) =>
    value + deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
}

/** Contrast times `factor` about middle gray. */
export const contrast = (image, factor) => map(image, (value) => 128 + (value - 128) * factor);

/** Brightness times `factor`. */
export const brightness = (image, factor) => map(image, (value) => value * factor);

function map({ data, width, height, channels }, change) {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < out.length; i += 1) out[i] = Math.min(255, Math.max(0, Math.round(change(data[i]))));
  return { data: out, width, height, channels };
}

/**
 * `inside` where a face is, `outside` elsewhere: within the ellipse of the box grown by `growth`, with a soft seam of a
 * tenth of its radius. Both images have one size and channel count.
 */
export function composite(inside, outside, box, growth = 1.25) {
  const { width, height, channels } = inside;
  const data = new Uint8Array(inside.data.length);
  for (let y = 0; y < height; y += 1) {
    const v = (y + 0.5 - box.y - box.height / 2) / (box.height / 2 * growth);
    for (let x = 0; x < width; x += 1) {
      const u = (x + 0.5 - box.x - box.width / 2) / (box.width / 2 * growth);
      const share = Math.min(1, Math.max(0, (1.05 - Math.hypot(u, v)) / 0.1));
      for (let c = 0, i = (y * width + x) * channels; c < channels; c += 1, i += 1) {
        data[i] = Math.round(share * inside.data[i] + (1 - share) * outside.data[i]);
      }
    }
  }
  return { data, width, height, channels };
}
