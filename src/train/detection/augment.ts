/**
 * Training crops: a square window of a photo, turned, mirrored, with faces pasted in, and its pixels spoilt as cameras, screens and
 * the web spoil them.
 */
import { byteAt, floatAt, intAt } from '../../core/typed-array.js';
import { blurGaussian, jpegBlocks } from '../data/degrade.js';
import type { Random } from '../data/random.js';
import type { CropFace } from './faces.js';
import type { Scene, SceneLevel, Scenes } from './scenes.js';

/** A crop's window in its scene: crop px (u, v) from the crop's middle lie at center + rotation by angle of (u, v) * step. */
interface Window {
  readonly x: number;
  readonly y: number;
  /** Scene px a crop px. */
  readonly step: number;
  /** Radians. */
  readonly angle: number;
  readonly mirrored: boolean;
}

/** Chances, and ranges of sizes in px of the crop. */
const AUGMENT = {
  /** Windows chosen for a face to be of a certain size; else of a certain size themselves. */
  aimed: 0.55, aim: [11, 210],
  /** Side of the others, in shorter sides of the photo. */
  share: [0.3, 1], zoomedOut: 0.15, zoomOut: [1, 2],
  /** Side of an aimed window at most, in longer sides of the photo: beyond, there would be mostly black. */
  wide: 1.3,
  /** A crop is not enlarged more than this. */
  enlarged: 2.2,
  turned: 0.25, turn: 0.2,
  /** Portraits are now and then a scene themselves. */
  portrait: 0.06,
  pasted: 0.35, paste: [12, 190], blanks: 0.3,
  gray: 0.08, blurred: 0.15, compressed: 0.08, noisy: 0.2,
} as const;

/** Faces of which less than this share lies in the crop are neither wanted nor wrong. */
const WHOLE_ENOUGH = 0.5;

/** Makes crops of one size. One instance serves one caller at a time. */
export class Cropper {
  private readonly scenes: readonly Scene[];
  private readonly portraits: readonly Scene[];
  private readonly gray: Float32Array;
  private readonly spare: Float32Array;

  /** @param size side of the crops, px */
  constructor(private readonly all: Scenes, readonly size: number) {
    this.scenes = all.scenes.filter(({ portrait }) => !portrait);
    this.portraits = all.scenes.filter(({ portrait }) => portrait);
    this.gray = new Float32Array(size * size);
    this.spare = new Float32Array(size * size);
  }

  /**
   * Makes one crop.
   * @param out RGB bytes, row-major, written from `offset` on
   * @returns the faces in it, px of the crop
   */
  crop(random: Random, out: Uint8Array, offset: number): CropFace[] {
    const scene = this.chooseScene(random);
    const window = this.chooseWindow(scene, random);
    const { size } = this;
    out.fill(0, offset, offset + size * size * 3);
    sampleWindow(this.all.pixels, scene, window, out, offset, size);
    const faces = scene.faces.flatMap((face) => toCrop(face, window, size));
    if (this.portraits.length > 0 && random.chance(AUGMENT.pasted)) faces.push(...this.paste(faces, random, out, offset));
    this.spoil(random, out, offset);
    return faces;
  }

  private chooseScene(random: Random): Scene {
    const from = this.scenes.length === 0 || (this.portraits.length > 0 && random.chance(AUGMENT.portrait))
      ? this.portraits : this.scenes;
    const scene = from[random.below(from.length)];
    if (scene === undefined) throw new Error('there are no photos to crop');
    return scene;
  }

  private chooseWindow(scene: Scene, random: Random): Window {
    const [level] = scene.levels;
    const { width, height } = level ?? { width: 1, height: 1 };
    const angle = random.chance(AUGMENT.turned) ? AUGMENT.turn * random.signed() : 0;
    const mirrored = random.chance(0.5);
    const wanted = scene.faces.filter(({ ignored }) => !ignored);
    const face = wanted[random.below(Math.max(1, wanted.length))];
    if (face !== undefined && (scene.portrait || random.chance(AUGMENT.aimed))) {
      const aim = logBetween(random, ...AUGMENT.aim);
      const widest = AUGMENT.wide * Math.max(width, height) / this.size;
      const step = Math.max(1 / AUGMENT.enlarged, Math.min(widest, Math.sqrt(face.width * face.height) / aim));
      const reach = Math.max(0, (this.size * step - Math.max(face.width, face.height)) / 2);
      return {
        x: face.x + face.width / 2 + reach * random.signed(), y: face.y + face.height / 2 + reach * random.signed(),
        step, angle, mirrored,
      };
    }
    const short = Math.min(width, height);
    const side = short * (random.chance(AUGMENT.zoomedOut) ? random.between(...AUGMENT.zoomOut) : random.between(...AUGMENT.share));
    const step = Math.max(1 / AUGMENT.enlarged, side / this.size);
    const place = (length: number): number => {
      const room = length - step * this.size;
      return room > 0 ? step * this.size / 2 + room * random.next() : length / 2 + (room / 2) * random.signed();
    };
    return { x: place(width), y: place(height), step, angle, mirrored };
  }

  /** Puts ovals of portraits over the crop where no face is, and as blank ovals of other photos, so that an oval tells nothing. */
  private paste(faces: readonly CropFace[], random: Random, out: Uint8Array, offset: number): CropFace[] {
    const pasted: CropFace[] = [];
    const count = 1 + random.below(3);
    for (let index = 0; index < count; index += 1) {
      const blank = this.scenes.length > 0 && random.chance(AUGMENT.blanks);
      const place = this.placeFor([...faces, ...pasted], random);
      if (place === undefined) continue;
      if (blank) {
        this.pasteBlank(place, random, out, offset);
        continue;
      }
      const face = this.pasteFace(place, random, out, offset);
      if (face !== undefined) pasted.push(face);
    }
    return pasted;
  }

  private placeFor(faces: readonly CropFace[], random: Random): Oval | undefined {
    const height = 1.1 * logBetween(random, ...AUGMENT.paste);
    const width = height * 0.8;
    for (let attempt = 0; attempt < 4; attempt += 1) {
      const x = random.between(0, this.size);
      const y = random.between(0, this.size);
      const free = faces.every((face) => Math.abs(face.x + face.width / 2 - x) > 0.75 * (face.width + width)
        || Math.abs(face.y + face.height / 2 - y) > 0.75 * (face.height + height));
      if (free) return { x, y, width, height };
    }
    return undefined;
  }

  private pasteFace(place: Oval, random: Random, out: Uint8Array, offset: number): CropFace | undefined {
    const scene = this.portraits[random.below(this.portraits.length)];
    const face = scene?.faces[0];
    if (scene === undefined || face === undefined) return undefined;
    const step = Math.max(1 / AUGMENT.enlarged, face.height / place.height);
    const window = windowAround(face.x + face.width / 2, face.y + face.height / 2, step, place, this.size, {
      angle: 0.15 * random.signed(), mirrored: random.chance(0.5),
    });
    // Between the face alone and the face with hair, ears and neck.
    const margin = random.between(1.05, 1.5);
    sampleOval(this.all.pixels, scene, window, {
      ...place, width: margin * face.width / step, height: margin * face.height / step,
    }, out, offset, this.size);
    return toCrop(face, window, this.size)[0];
  }

  private pasteBlank(place: Oval, random: Random, out: Uint8Array, offset: number): void {
    const scene = this.scenes[random.below(this.scenes.length)];
    const level = scene?.levels[0];
    if (scene === undefined || level === undefined) return;
    const step = random.between(0.5, 2);
    const [x, y] = [random.between(0, level.width), random.between(0, level.height)];
    const reach = step * place.height;
    const touches = scene.faces.some((face) => Math.abs(face.x + face.width / 2 - x) < face.width / 2 + reach
      && Math.abs(face.y + face.height / 2 - y) < face.height / 2 + reach);
    if (touches) return;
    const window = windowAround(x, y, step, place, this.size, { angle: 0, mirrored: false });
    sampleOval(this.all.pixels, scene, window, { ...place, width: 1.2 * place.width, height: 1.2 * place.height }, out, offset, this.size);
  }

  /** Light, colour, sharpness, noise and compression. */
  private spoil(random: Random, out: Uint8Array, offset: number): void {
    const { size } = this;
    if (random.chance(AUGMENT.blurred)) this.eachChannel(out, offset, (grid) => { blurGaussian(grid, this.spare, size, size, blurOf(random)); });
    const gray = random.chance(AUGMENT.gray);
    recolour(random, out, offset, size * size, gray);
    if (random.chance(AUGMENT.noisy)) addNoise(random, out, offset, size * size * 3);
    if (random.chance(AUGMENT.compressed)) {
      const quality = random.between(25, 85);
      this.compress(out, offset, quality, random.below(8), random.below(8));
    }
  }

  private eachChannel(out: Uint8Array, offset: number, change: (grid: Float32Array) => void): void {
    const { gray, size } = this;
    for (let channel = 0; channel < 3; channel += 1) {
      for (let i = 0; i < size * size; i += 1) gray[i] = byteAt(out, offset + 3 * i + channel);
      change(gray);
      for (let i = 0; i < size * size; i += 1) out[offset + 3 * i + channel] = clampByte(floatAt(gray, i));
    }
  }

  /** The blocks of JPEG in luminance; colour stays. */
  private compress(out: Uint8Array, offset: number, quality: number, left: number, top: number): void {
    const { gray, spare, size } = this;
    for (let i = 0, at = offset; i < size * size; i += 1, at += 3) {
      gray[i] = 0.299 * byteAt(out, at) + 0.587 * byteAt(out, at + 1) + 0.114 * byteAt(out, at + 2);
    }
    spare.set(gray);
    jpegBlocks(gray, size, size, quality, left, top);
    for (let i = 0, at = offset; i < size * size; i += 1, at += 3) {
      const change = floatAt(gray, i) - floatAt(spare, i);
      for (let c = 0; c < 3; c += 1) out[at + c] = clampByte(byteAt(out, at + c) + change);
    }
  }
}

/** An oval of the crop: its centre and its axes, px. */
interface Oval {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function logBetween(random: Random, low: number, high: number): number {
  return low * (high / low) ** random.next();
}

/** Mostly little. */
function blurOf(random: Random): number {
  return 0.4 + 1.6 * random.next() ** 2;
}

function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : Math.round(value);
}

/** The window in which the scene's point (x, y) lies at the oval's centre. */
function windowAround(
  x: number, y: number, step: number, place: Oval, size: number, turned: { readonly angle: number; readonly mirrored: boolean },
): Window {
  const u = (turned.mirrored ? -1 : 1) * (size / 2 - place.x) * step;
  const v = (size / 2 - place.y) * step;
  const [cos, sin] = [Math.cos(turned.angle), Math.sin(turned.angle)];
  return { x: x + u * cos - v * sin, y: y + u * sin + v * cos, step, ...turned };
}

/** Where the crop's pixels lie in a level of a scene: at (x, y) the first one, a column on by (cx, cy), a row on by (rx, ry). */
interface Walk {
  readonly level: SceneLevel;
  readonly x: number;
  readonly y: number;
  readonly cx: number;
  readonly cy: number;
  readonly rx: number;
  readonly ry: number;
}

function walkOf(scene: Scene, window: Window, size: number): Walk {
  // The level whose pixels are just smaller than the crop's.
  const wish = Math.max(0, Math.floor(Math.log2(window.step) + 0.35));
  const at = Math.min(wish, scene.levels.length - 1);
  const level = scene.levels[at];
  if (level === undefined) throw new Error('a scene without pixels');
  const shrink = 2 ** -at;
  const step = window.step * shrink;
  const [cos, sin] = [Math.cos(window.angle) * step, Math.sin(window.angle) * step];
  const flip = window.mirrored ? -1 : 1;
  const middle = (size - 1) / 2;
  return {
    level, cx: flip * cos, cy: flip * sin, rx: -sin, ry: cos,
    x: window.x * shrink - 0.5 - middle * flip * cos + middle * sin,
    y: window.y * shrink - 0.5 - middle * flip * sin - middle * cos,
  };
}

function sampleWindow(pixels: Uint8Array, scene: Scene, window: Window, out: Uint8Array, offset: number, size: number): void {
  const walk = walkOf(scene, window, size);
  for (let row = 0; row < size; row += 1) sampleRow(pixels, walk, row, 0, size, out, offset + row * size * 3);
}

/** Bilinear samples of columns `from` to `to` of a row; what lies outside the scene stays as it is. Hot loop. */
function sampleRow(pixels: Uint8Array, walk: Walk, row: number, from: number, to: number, out: Uint8Array, at: number): void {
  const { level: { offset, width, height }, cx, cy } = walk;
  const stride = width * 3;
  let x = walk.x + row * walk.rx + from * cx;
  let y = walk.y + row * walk.ry + from * cy;
  for (let column = from; column < to; column += 1, x += cx, y += cy) {
    if (x < 0 || y < 0 || x >= width - 1 || y >= height - 1) continue;
    const x0 = x | 0;
    const y0 = y | 0;
    const wx = ((x - x0) * 256) | 0;
    const wy = ((y - y0) * 256) | 0;
    const w11 = (wx * wy) >> 8;
    const w01 = wx - w11;
    const w10 = wy - w11;
    const w00 = 256 - wx - w10;
    const i = offset + y0 * stride + x0 * 3;
    const j = i + stride;
    const to3 = at + column * 3;
    out[to3] = (byteAt(pixels, i) * w00 + byteAt(pixels, i + 3) * w01 + byteAt(pixels, j) * w10 + byteAt(pixels, j + 3) * w11 + 128) >> 8;
    out[to3 + 1] = (byteAt(pixels, i + 1) * w00 + byteAt(pixels, i + 4) * w01 + byteAt(pixels, j + 1) * w10 + byteAt(pixels, j + 4) * w11 + 128) >> 8;
    out[to3 + 2] = (byteAt(pixels, i + 2) * w00 + byteAt(pixels, i + 5) * w01 + byteAt(pixels, j + 2) * w10 + byteAt(pixels, j + 5) * w11 + 128) >> 8;
  }
}

/** As `sampleWindow`, within an oval whose edge is soft. */
function sampleOval(
  pixels: Uint8Array, scene: Scene, window: Window, oval: Oval, out: Uint8Array, offset: number, size: number,
): void {
  const walk = walkOf(scene, window, size);
  const line = new Uint8Array(size * 3);
  const [rx, ry] = [oval.width / 2, oval.height / 2];
  const firstRow = Math.max(0, Math.ceil(oval.y - ry));
  const lastRow = Math.min(size - 1, Math.floor(oval.y + ry));
  for (let row = firstRow; row <= lastRow; row += 1) {
    const v = (row + 0.5 - oval.y) / ry;
    const half = rx * Math.sqrt(Math.max(0, 1 - v * v));
    const from = Math.max(0, Math.ceil(oval.x - half));
    const to = Math.min(size, Math.floor(oval.x + half) + 1);
    if (to <= from) continue;
    const base = offset + row * size * 3;
    line.set(out.subarray(base, base + size * 3));
    sampleRow(pixels, walk, row, from, to, line, 0);
    for (let column = from; column < to; column += 1) {
      const u = (column + 0.5 - oval.x) / rx;
      const inside = 1 - (u * u + v * v);
      const weight = inside > 0.3 ? 1 : inside <= 0 ? 0 : inside / 0.3;
      for (let c = 0; c < 3; c += 1) {
        const at = base + column * 3 + c;
        const old = byteAt(out, at);
        out[at] = Math.round(old + weight * (byteAt(line, column * 3 + c) - old));
      }
    }
  }
}

/** A face in px of the crop; none where it lies outside. */
function toCrop(face: CropFace, window: Window, size: number): CropFace[] {
  const [cos, sin] = [Math.cos(window.angle) / window.step, Math.sin(window.angle) / window.step];
  const flip = window.mirrored ? -1 : 1;
  const place = (x: number, y: number): [number, number] => {
    const [dx, dy] = [x - window.x, y - window.y];
    return [size / 2 + flip * (dx * cos + dy * sin), size / 2 - dx * sin + dy * cos];
  };
  const [x, y] = place(face.x + face.width / 2, face.y + face.height / 2);
  const [width, height] = [face.width / window.step, face.height / window.step];
  const seen = overlap(x - width / 2, width, size) * overlap(y - height / 2, height, size);
  if (seen <= 0) return [];
  const points = face.points?.flatMap((value, index, all) => (index % 2 === 0 ? place(value, all[index + 1] ?? 0) : []));
  return [{
    x: x - width / 2, y: y - height / 2, width, height,
    ignored: face.ignored || seen < WHOLE_ENOUGH * width * height,
    ...(points === undefined ? {} : { points: window.mirrored ? swapSides(points) : points }),
    eyes: window.mirrored ? [face.eyes[1], face.eyes[0]] : face.eyes,
  }];
}

function overlap(from: number, length: number, size: number): number {
  return Math.max(0, Math.min(size, from + length) - Math.max(0, from));
}

/** In a mirror the right eye is the left one: its three points, x and y each, come before those of the left. */
function swapSides(points: readonly number[]): number[] {
  return [...points.slice(6, 12), ...points.slice(0, 6), ...points.slice(12)];
}

function recolour(random: Random, out: Uint8Array, offset: number, count: number, gray: boolean): void {
  const gamma = Math.exp(0.35 * random.signed());
  const contrast = random.between(0.7, 1.3);
  const brightness = 30 * random.signed();
  const saturation = gray ? 0 : random.between(0.6, 1.4);
  const tables = [0, 1, 2].map(() => {
    const tint = 1 + 0.1 * random.signed();
    return Int32Array.from({ length: 256 }, (_, value) =>
      Math.round(256 * (128 + contrast * (tint * 255 * (value / 255) ** gamma - 128) + brightness)));
  });
  const [red, green, blue] = tables;
  if (red === undefined || green === undefined || blue === undefined) return;
  const share = Math.round(256 * saturation);
  const pixels = new Uint8ClampedArray(out.buffer, out.byteOffset + offset, 3 * count);
  // Hot loop. Levels have 8 bits behind the point; the array clamps.
  for (let at = 0; at < 3 * count; at += 3) {
    const r = intAt(red, byteAt(pixels, at));
    const g = intAt(green, byteAt(pixels, at + 1));
    const b = intAt(blue, byteAt(pixels, at + 2));
    const luminance = (77 * r + 150 * g + 29 * b) >> 8;
    pixels[at] = (luminance + ((share * (r - luminance)) >> 8)) >> 8;
    pixels[at + 1] = (luminance + ((share * (g - luminance)) >> 8)) >> 8;
    pixels[at + 2] = (luminance + ((share * (b - luminance)) >> 8)) >> 8;
  }
}

/** About normal noise, from a table that is walked through. */
const NOISE = Float32Array.from({ length: 4096 }, (_, index) => {
  const u = (k: number): number => ((Math.imul(index * 4 + k + 1, 0x9e3779b1) >>> 8) % 65536) / 65536;
  return (u(0) + u(1) + u(2) + u(3) - 2) * Math.sqrt(3);
});

function addNoise(random: Random, out: Uint8Array, offset: number, count: number): void {
  const strength = random.between(1, 10);
  const pixels = new Uint8ClampedArray(out.buffer, out.byteOffset + offset, count);
  let at = random.below(NOISE.length);
  const stride = 2 * random.below(1000) + 1;
  for (let i = 0; i < count; i += 1) {
    at = (at + stride) & 4095;
    pixels[i] = byteAt(pixels, i) + strength * floatAt(NOISE, at);
    if ((i & 1023) === 0) at = random.below(NOISE.length);
  }
}
