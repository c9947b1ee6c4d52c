/**
 * Makes new eyes of old ones: another cut, light, lens, sensor, compression, something in front.
 *
 * The order is that of a camera: geometry, light, what stands in front, lens blur, sensor noise, JPEG, then the enlargement
 * to the classifier's input. All of it happens on a grid of random coarseness, because open and closed eyes of public
 * sets differ in resolution and compression, and a net would learn that instead of lids.
 */
import { byteAt, floatAt } from '../../core/typed-array.js';
import { blurGaussian, blurMotion, jpegBlocks } from './degrade.js';
import { layoutOfCanvas, type CanvasLayout } from './canvas.js';
import type { Canvases } from './plain-crop.js';
import { Random } from './random.js';

/** Degrees that the head is tilted beyond what the crop has levelled. */
const MAX_TURN = (15 * Math.PI) / 180;
/** The crop is this much smaller to that much larger than it should be, as by another cutter. */
const SCALE = { smallest: 0.75, largest: 1.3 } as const;
/** A turned head makes its eyes this much narrower. */
const NARROWEST = 0.68;
/** Share of the crop's sides. */
const MAX_SHIFT = { x: 0.1, y: 0.14 } as const;
/** The coarsest grid, as a share of the output's: about 13 px where the crop is 48 px wide. */
const COARSEST = 0.28;
/** The darkest exposure: what was white becomes 20 of 255. */
const DIMMEST = 0.08;
/** Standard deviation of the strongest sensor noise, gray levels, in a picture exposed as usual. */
const MAX_NOISE = 13;

const GAUSSIAN_COUNT = 1 << 15;
const gaussians = makeGaussians();

/** Standard normal numbers to draw from: Box-Muller is too slow to do a pixel at a time. */
function makeGaussians(): Float32Array {
  const random = new Random(0x6a55);
  return Float32Array.from({ length: GAUSSIAN_COUNT }, () =>
    Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next()));
}

/** Augments eyes to one output size. Keeps scratch memory, so one serves one thread. */
export class Augmenter {
  private readonly grid: Float32Array;
  private readonly spare: Float32Array;
  private readonly tone = new Float32Array(256);
  /** Size of the grid of the eye at hand, px. */
  private columns: number;
  private rows: number;

  /**
   * @param width px of the output
   * @param height px of the output
   */
  constructor(readonly width: number, readonly height: number) {
    this.grid = new Float32Array(width * height);
    this.spare = new Float32Array(width * height);
    this.columns = width;
    this.rows = height;
  }

  /**
   * Writes one augmented eye.
   * @param row which of the canvases
   * @param out receives `width * height` bytes of luminance from `at` on
   * @param strength 0 (mirrored half of the time, else untouched) to 1
   * @param seed the result is a function of the canvas, the strength and this number
   */
  augment(canvases: Canvases, row: number, out: Uint8Array, at: number, strength: number, seed: number): void {
    const random = new Random(seed);
    this.chooseGrid(random, strength);
    this.sample(canvases.pixels, layoutOfCanvas(canvases.crop), row, random, strength);
    if (strength > 0) {
      const exposure = this.light(random, strength);
      this.cover(random, strength, exposure);
      this.degrade(random, strength, exposure);
    }
    this.enlarge(out, at);
  }

  private chooseGrid(random: Random, strength: number): void {
    const coarse = random.chance(0.6 * strength) ? Math.exp(random.between(Math.log(COARSEST), 0)) : 1;
    this.columns = Math.max(6, Math.round(this.width * coarse));
    this.rows = Math.max(4, Math.round(this.height * coarse));
  }

  /** Geometry: one affine map from the grid to the canvas, sampled as finely as the canvas is. */
  private sample(pixels: Uint8Array, { canvas, crop }: CanvasLayout, row: number, random: Random, strength: number): void {
    const base = row * canvas.width * canvas.height;
    const flip = random.chance(0.5) ? -1 : 1;
    const angle = random.signed() * MAX_TURN * strength;
    const scale = Math.exp(strength * random.between(Math.log(SCALE.smallest), Math.log(SCALE.largest)));
    // A narrower eye is one that more of the canvas's width is squeezed into.
    const narrow = random.chance(0.35) ? Math.exp(-strength * random.between(Math.log(NARROWEST), 0)) : 1;
    const aspect = Math.exp(strength * 0.08 * random.signed());
    const shear = 0.1 * strength * random.signed();
    const centerX = canvas.width / 2 + random.signed() * MAX_SHIFT.x * crop.width * strength - 0.5;
    const centerY = canvas.height / 2 + random.signed() * MAX_SHIFT.y * crop.height * strength - 0.5;
    const stepX = (crop.width / this.columns) * scale * narrow * aspect;
    const stepY = (crop.height / this.rows) * scale / aspect;
    const xu = Math.cos(angle) * stepX * flip;
    const yu = Math.sin(angle) * stepX * flip;
    const xv = (-Math.sin(angle) + shear * Math.cos(angle)) * stepY;
    const yv = (Math.cos(angle) + shear * Math.sin(angle)) * stepY;
    // One sample may stand for one and a half canvas pixels: finer does not show.
    const taps = Math.max(1, Math.ceil(Math.max(stepX, stepY) / 1.5));
    const { columns, rows, grid } = this;
    const { width } = canvas;
    const right = canvas.width - 1.001;
    const bottom = canvas.height - 1.001;
    const share = 1 / (taps * taps);
    // Hot loop: every pixel of every eye of every batch comes through here.
    for (let r = 0, to = 0; r < rows; r += 1) {
      for (let c = 0; c < columns; c += 1, to += 1) {
        let sum = 0;
        for (let i = 0; i < taps; i += 1) {
          const v = r + (i + 0.5) / taps - rows / 2;
          for (let j = 0; j < taps; j += 1) {
            const u = c + (j + 0.5) / taps - columns / 2;
            let x = centerX + u * xu + v * xv;
            let y = centerY + u * yu + v * yv;
            x = x < 0 ? 0 : x > right ? right : x;
            y = y < 0 ? 0 : y > bottom ? bottom : y;
            const x0 = x | 0;
            const y0 = y | 0;
            const fx = x - x0;
            const from = base + y0 * width + x0;
            const top = byteAt(pixels, from) * (1 - fx) + byteAt(pixels, from + 1) * fx;
            const low = byteAt(pixels, from + width) * (1 - fx) + byteAt(pixels, from + width + 1) * fx;
            sum += top + (low - top) * (y - y0);
          }
        }
        grid[to] = sum * share;
      }
    }
  }

  /** Gamma, contrast, exposure, and light that falls from one side. Returns the exposure, 1 as usual to DIMMEST. */
  private light(random: Random, strength: number): number {
    const { grid, tone, columns, rows } = this;
    const count = columns * rows;
    const gamma = Math.exp(0.55 * strength * random.signed());
    const contrast = Math.exp(0.5 * strength * random.signed());
    const offset = 35 * strength * random.signed();
    const exposure = random.chance(0.15 * strength) ? Math.exp(random.between(Math.log(DIMMEST), Math.log(0.5))) : 1;
    let mean = 0;
    for (let i = 0; i < count; i += 1) mean += floatAt(grid, i);
    mean = 255 * (mean / count / 255) ** gamma;
    for (let level = 0; level < 256; level += 1) {
      const value = (255 * (level / 255) ** gamma - mean) * contrast + mean + offset;
      tone[level] = Math.min(255, Math.max(0, value)) * exposure;
    }
    const shaded = random.chance(0.5 * strength);
    const slopeX = shaded ? (0.9 * strength * random.signed()) / columns : 0;
    const slopeY = shaded ? (0.7 * strength * random.signed()) / rows : 0;
    const corner = 1 - (slopeX * columns + slopeY * rows) / 2;
    for (let r = 0, i = 0; r < rows; r += 1) {
      let gain = corner + slopeY * r;
      for (let c = 0; c < columns; c += 1, i += 1, gain += slopeX) grid[i] = floatAt(tone, floatAt(grid, i) | 0) * gain;
    }
    return exposure;
  }

  /** Reflections on glasses and skin, hair and frames, something at the edge. */
  private cover(random: Random, strength: number, exposure: number): void {
    if (random.chance(0.2 * strength)) {
      for (let left = 1 + random.below(3); left > 0; left -= 1) this.glare(random, exposure);
    }
    if (random.chance(0.2 * strength)) {
      for (let left = 1 + random.below(3); left > 0; left -= 1) this.strand(random, exposure);
    }
    if (random.chance(0.1 * strength)) this.frame(random, exposure);
    if (random.chance(0.08 * strength)) this.edge(random, exposure);
  }

  /** A soft bright ellipse: round for a lamp, long for a streak on a lens. */
  private glare(random: Random, exposure: number): void {
    const { grid, columns, rows } = this;
    const centerX = random.next() * columns;
    const centerY = random.next() * rows;
    const length = columns * random.between(0.02, 0.25);
    const thickness = Math.max(0.6, length * random.between(0.15, 1));
    const angle = random.between(0, Math.PI);
    const brightness = exposure * random.between(40, 220);
    const cos = Math.cos(angle);
    const sin = Math.sin(angle);
    const reach = 2.5 * Math.max(length, thickness);
    const bottom = Math.min(rows, Math.ceil(centerY + reach));
    const right = Math.min(columns, Math.ceil(centerX + reach));
    for (let r = Math.max(0, Math.floor(centerY - reach)); r < bottom; r += 1) {
      for (let c = Math.max(0, Math.floor(centerX - reach)); c < right; c += 1) {
        const along = ((c - centerX) * cos + (r - centerY) * sin) / length;
        const across = ((r - centerY) * cos - (c - centerX) * sin) / thickness;
        const distance = along * along + across * across;
        if (distance < 6) grid[r * columns + c] = floatAt(grid, r * columns + c) + brightness * Math.exp(-distance);
      }
    }
  }

  /** A hair or the temple of a pair of glasses: a thin line, darker or lighter than what is behind it. */
  private strand(random: Random, exposure: number): void {
    const { grid, columns, rows } = this;
    const shade = exposure * (random.chance(0.75) ? random.between(0, 60) : random.between(150, 240));
    const opacity = random.between(0.4, 1);
    const half = Math.max(0.4, columns * random.between(0.004, 0.02));
    const steep = random.chance(0.6);
    const span = steep ? rows : columns;
    const side = steep ? columns : rows;
    const from = random.next() * side;
    const to = from + random.signed() * side * 0.5;
    const bend = random.signed() * side * 0.12;
    for (let step = 0; step < span; step += 1) {
      const t = step / span;
      const middle = from + (to - from) * t + bend * Math.sin(Math.PI * t);
      const last = Math.min(side - 1, Math.ceil(middle + half));
      for (let k = Math.max(0, Math.floor(middle - half)); k <= last; k += 1) {
        const cover = opacity * Math.max(0, Math.min(1, half + 0.5 - Math.abs(k - middle)));
        const i = steep ? step * columns + k : k * columns + step;
        grid[i] = floatAt(grid, i) * (1 - cover) + shade * cover;
      }
    }
  }

  /** The rim of a pair of glasses: an ellipse around the eye. */
  private frame(random: Random, exposure: number): void {
    const { grid, columns, rows } = this;
    const shade = exposure * (random.chance(0.7) ? random.between(0, 50) : random.between(140, 240));
    const opacity = random.between(0.5, 1);
    const centerX = columns * random.between(0.4, 0.6);
    const centerY = rows * random.between(0.45, 0.7);
    const radiusX = columns * random.between(0.42, 0.62);
    const radiusY = rows * random.between(0.4, 0.65);
    const half = random.between(0.015, 0.06);
    const power = random.between(2, 4);
    for (let r = 0, i = 0; r < rows; r += 1) {
      const v = Math.abs((r - centerY) / radiusY) ** power;
      for (let c = 0; c < columns; c += 1, i += 1) {
        const off = Math.abs(v + Math.abs((c - centerX) / radiusX) ** power - 1) / power;
        if (off > 2 * half) continue;
        const cover = opacity * Math.min(1, 2 - off / half);
        grid[i] = floatAt(grid, i) * (1 - cover) + shade * cover;
      }
    }
  }

  /** A strip at one edge that hides what is behind it: hair, a hand, the end of the picture. */
  private edge(random: Random, exposure: number): void {
    const { grid, columns, rows } = this;
    const shade = exposure * random.between(0, 200);
    const upright = random.chance(0.7);
    const side = upright ? columns : rows;
    const depth = side * random.between(0.05, 0.22);
    const far = random.chance(0.5);
    const slant = random.signed() * 0.15;
    for (let r = 0, i = 0; r < rows; r += 1) {
      for (let c = 0; c < columns; c += 1, i += 1) {
        const along = upright ? r : c;
        const across = upright ? c : r;
        if ((far ? side - 1 - across : across) < depth + slant * along) grid[i] = shade;
      }
    }
  }

  /** Lens, sensor and file. */
  private degrade(random: Random, strength: number, exposure: number): void {
    const { grid, spare, columns, rows } = this;
    if (random.chance(0.3 * strength)) {
      blurGaussian(grid, spare, columns, rows, columns * random.between(0.008, 0.04));
    } else if (random.chance(0.18 * strength)) {
      blurMotion(grid, spare, columns, rows, columns * random.between(0.03, 0.14), random.between(0, Math.PI));
    }
    // Less light is noisier, but not in proportion: an exposure of a tenth keeps a third of the noise.
    if (random.chance(0.7)) this.noise(random, MAX_NOISE * strength * Math.sqrt(exposure) * random.next() ** 2);
    if (random.chance(0.35 * strength)) jpegBlocks(grid, columns, rows, random.between(12, 80), random.below(8), random.below(8));
  }

  private noise(random: Random, deviation: number): void {
    const { grid } = this;
    const count = this.columns * this.rows;
    const mask = GAUSSIAN_COUNT - 1;
    let from = random.below(GAUSSIAN_COUNT);
    const stride = 1 + 2 * random.below(64);
    for (let i = 0; i < count; i += 1) {
      grid[i] = floatAt(grid, i) + deviation * floatAt(gaussians, from);
      from = (from + stride) & mask;
    }
  }

  /** From the grid to the output, bilinear, rounded to bytes. */
  private enlarge(out: Uint8Array, at: number): void {
    const { grid, columns, rows, width, height } = this;
    const stepX = columns / width;
    const stepY = rows / height;
    for (let r = 0, to = at; r < height; r += 1) {
      const y = Math.min(rows - 1, Math.max(0, (r + 0.5) * stepY - 0.5));
      const y0 = y | 0;
      const fy = y - y0;
      const above = y0 * columns;
      const below = Math.min(rows - 1, y0 + 1) * columns;
      for (let c = 0; c < width; c += 1, to += 1) {
        const x = Math.min(columns - 1, Math.max(0, (c + 0.5) * stepX - 0.5));
        const x0 = x | 0;
        const x1 = Math.min(columns - 1, x0 + 1);
        const fx = x - x0;
        const top = floatAt(grid, above + x0) * (1 - fx) + floatAt(grid, above + x1) * fx;
        const low = floatAt(grid, below + x0) * (1 - fx) + floatAt(grid, below + x1) * fx;
        const value = top + (low - top) * fy + 0.5;
        out[to] = value < 0 ? 0 : value > 255 ? 255 : value;
      }
    }
  }
}
