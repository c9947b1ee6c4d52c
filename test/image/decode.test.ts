import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePhoto, decodeRegion, openBytes, openPhoto, PhotoError, shrinkFor } from '../../src/image/decode.js';
import { hasSharedData, sharedSet, demoPhotos } from '../support/shared-data.js';

const limits = { max_megapixels: 100, max_megabytes: 50, timeout_seconds: 30 };
const demo = readFileSync(demoPhotos[0] ?? '');

/** A left half of one colour and a right half of another: enough to see mirrored, turned and mistaken channels. */
function halves(): Sharp {
  const right = { create: { width: 40, height: 60, channels: 3, background: '#2040c0' } } as const;
  return sharp({ create: { width: 80, height: 60, channels: 3, background: '#e08020' } })
    .composite([{ input: right, left: 40, top: 0 }]);
}

async function pixelsOf(image: Sharp): Promise<{ left: number[]; right: number[]; width: number; height: number }> {
  const { raster } = await decodePhoto(await openBytes(await image.toBuffer(), limits), 1);
  expect(raster.data).toHaveLength(raster.width * raster.height * raster.channels);
  const at = (x: number, y: number): number[] => {
    const start = (y * raster.width + x) * raster.channels;
    const pixel = [...raster.data.subarray(start, start + raster.channels)];
    return pixel.length === 1 ? [...pixel, ...pixel, ...pixel] : pixel;
  };
  const middle = Math.floor(raster.height / 2);
  return { left: at(8, middle), right: at(raster.width - 8, middle), width: raster.width, height: raster.height };
}

function expectNear(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  for (const [index, value] of expected.entries()) {
    expect(Math.abs((actual[index] ?? 1e9) - value), `${actual.join()} vs ${expected.join()}`).toBeLessThanOrEqual(tolerance);
  }
}

describe('decodePhoto', () => {
  it.each<[string, () => Sharp, number]>([
    ['JPEG', () => halves().jpeg({ quality: 95 }), 6],
    ['progressive JPEG', () => halves().jpeg({ quality: 95, progressive: true }), 6],
    // Saturated blue lies outside what CMYK inks can show.
    ['CMYK JPEG', () => halves().toColourspace('cmyk').jpeg({ quality: 95 }), 60],
    ['PNG', () => halves().png(), 0],
    ['palette PNG', () => halves().png({ palette: true }), 2],
    ['16-bit PNG', () => halves().toColourspace('rgb16').png(), 2],
    ['opaque alpha PNG', () => halves().ensureAlpha(1).png(), 0],
    ['lossless WebP', () => halves().webp({ lossless: true }), 1],
    ['GIF', () => halves().gif(), 4],
    ['TIFF', () => halves().tiff(), 6],
    ['AVIF', () => halves().avif({ quality: 95 }), 12],
    ['Display P3 JPEG', () => halves().withIccProfile('p3').jpeg({ quality: 95 }), 8],
  ])('gives %s as 8-bit sRGB', async (_, make, tolerance) => {
    const { left, right, width, height } = await pixelsOf(make());
    expect([width, height]).toEqual([80, 60]);
    expectNear(left, [0xe0, 0x80, 0x20], tolerance);
    expectNear(right, [0x20, 0x40, 0xc0], tolerance);
  });

  it.each<[string, (image: Sharp) => Sharp]>([
    ['gray JPEG', (image) => image.grayscale().jpeg({ quality: 95 })],
    ['16-bit gray PNG', (image) => image.grayscale().toColourspace('grey16').png()],
  ])('gives %s as gray', async (_, make) => {
    const { left, right } = await pixelsOf(make(sharp(await halves().png().toBuffer())));
    expectNear(left, [154, 154, 154], 14);
    expectNear(right, [71, 71, 71], 14);
  });

  it('lays a transparent photo on gray', async () => {
    const { left } = await pixelsOf(sharp({ create: { width: 80, height: 60, channels: 4, background: '#ff000000' } }).png());
    expectNear(left, [128, 128, 128], 1);
  });

  it('turns photos upright by their EXIF orientation, at every shrink factor', async () => {
    const turned = await sharp(demo).rotate(90).withMetadata({ orientation: 8 }).jpeg().toBuffer();
    const photo = await openBytes(turned, limits);
    expect([photo.width, photo.height]).toEqual([1920, 1280]);
    const reference = await openBytes(demo, limits);
    for (const shrink of [1, 3]) {
      const { raster } = await decodePhoto(photo, shrink);
      const expected = (await decodePhoto(reference, shrink)).raster;
      expect([raster.width, raster.height]).toEqual([expected.width, expected.height]);
      const difference = expected.data.reduce((sum, value, i) => sum + Math.abs(value - (raster.data[i] ?? 0)), 0);
      expect(difference / expected.data.length).toBeLessThan(4);
    }
  });

  it('takes the first frame of an animated GIF', async () => {
    const frames = await sharp([await halves().png().toBuffer(), await halves().flop().png().toBuffer()], {
      join: { animated: true },
    }).gif().toBuffer();
    const { raster } = await decodePhoto(await openBytes(frames, limits), 1);
    expect([raster.width, raster.height]).toEqual([80, 60]);
  });

  it.skipIf(!hasSharedData)('reads PNG data under a .jpg name (ytf68; needs ../shared)', async () => {
    const path = join(sharedSet('ytf68'), 'images');
    const { readdirSync } = await import('node:fs');
    const photo = await openPhoto(join(path, readdirSync(path)[0] ?? ''), limits);
    const { raster } = await decodePhoto(photo, 1);
    expect([raster.width, raster.height, raster.channels]).toEqual([photo.width, photo.height, 3]);
  });
});

describe('a JPEG that is broken but ends as it should', () => {
  const end = Buffer.from([0xff, 0xd9]);
  const filled = (value: number, from: number, to: number): Buffer => Buffer.from(demo).fill(value, Math.floor(demo.length * from), Math.floor(demo.length * to) - 2);

  it.each<[string, () => Buffer]>([
    ['cut at 30 % and closed', () => Buffer.concat([demo.subarray(0, Math.floor(demo.length * 0.3)), end])],
    ['zero from 30 % on', () => filled(0, 0.3, 1)],
    ['0xff from 60 % on', () => filled(0xff, 0.6, 1)],
    ['zero for a twentieth in the middle', () => filled(0, 0.5, 0.55)],
  ])('is damaged: %s', async (_, make) => {
    for (const shrink of [1, 3]) {
      const { damage, raster } = await decodePhoto(await openBytes(make(), limits), shrink);
      expect(damage).toMatch(/premature end of data/);
      expect(raster.width).toBe(Math.floor(1920 / shrink));
    }
  });

  it.each<[string, () => Buffer]>([
    ['as it is', () => demo],
    ['with something behind its end', () => Buffer.concat([demo, Buffer.alloc(5000, 7)])],
    ['with padding before its end', () => Buffer.concat([demo.subarray(0, -2), Buffer.alloc(20), end])],
  ])('is not: %s', async (_, make) => {
    expect((await decodePhoto(await openBytes(make(), limits), 3)).damage).toBeUndefined();
  });

  it('is said of a damaged photo in the same words, whatever else is opened at the same time', async () => {
    const cut = demo.subarray(0, 20_000);
    const words = async (bytes: Buffer): Promise<string> => decodePhoto(await openBytes(bytes, limits), 3).then(
      ({ damage }) => damage ?? 'whole', (error: unknown) => String(error));
    const alone = await Promise.all([demo, cut, filled(0, 0.3, 1)].map((bytes) => words(bytes)));
    expect(new Set(alone).size).toBe(3);
    const beside = await Promise.all(Array.from({ length: 12 }, () => [demo, cut, filled(0, 0.3, 1)].map((bytes) => words(bytes))).flat());
    expect([...new Set(beside)].toSorted()).toEqual(alone.toSorted());
  });
});

describe('decodeRegion', () => {
  it('gives the same pixels as the whole photo has there, cut at its edge', async () => {
    const photo = await openBytes(await sharp(demo).png().toBuffer(), limits);
    const whole = (await decodePhoto(photo, 1)).raster;
    const { raster, left, top } = await decodeRegion(photo, { x: 1800.4, y: -20, width: 500, height: 60 });
    expect([left, top, raster.width, raster.height]).toEqual([1800, 0, 120, 40]);
    const start = (39 * whole.width + 1800) * 3;
    expect([...raster.data.subarray(39 * 120 * 3)]).toEqual([...whole.data.subarray(start, start + 120 * 3)]);
  });
});

describe('shrinkFor', () => {
  it.each([[1920, 1280, 1], [3000, 2000, 3], [4000, 6000, 5], [10000, 9000, 9], [100, 100, 1], [2999, 10, 1]])(
    'a photo of %i x %i px is shrunk by %i', (width, height, factor) => {
      expect(shrinkFor({ width, height }, 1000)).toBe(factor);
    });
});

describe('openPhoto', () => {
  function file(bytes: Uint8Array | string): string {
    const path = join(mkdtempSync(join(tmpdir(), 'photo-')), 'photo.jpg');
    writeFileSync(path, bytes);
    return path;
  }

  function pipe(): string {
    const path = join(mkdtempSync(join(tmpdir(), 'photo-')), 'photo.jpg');
    execFileSync('mkfifo', [path]);
    return path;
  }

  async function failure(path: string, change = {}): Promise<unknown> {
    try {
      await decodePhoto(await openPhoto(path, { ...limits, ...change }), 1);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  it.each<[string, () => string, RegExp]>([
    ['an empty file', () => file(''), /empty/],
    ['a text', () => file('Dear diary, no photos today.'), /text, not an image/],
    ['an SVG drawing', () => file('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>'), /SVG/],
    ['random bytes', () => file(Buffer.from([0, 1, 2, 3, 250, 251, 7, 9])), /not a JPEG/],
    ['a missing file', () => '/nowhere/a.jpg', /does not exist/],
    ['a folder', () => mkdtempSync(join(tmpdir(), 'photo-')), /folder/],
    ['a pipe that nobody writes to', () => pipe(), /pipe, not a file/],
    ['only the header of a JPEG', () => file(demo.subarray(0, 300)), /cut short|damaged/],
  ])('refuses %s', async (_, make, message) => {
    const error = await failure(make());
    expect(error).toBeInstanceOf(PhotoError);
    expect(String(error)).toMatch(message);
  });

  it('says that a truncated JPEG is cut short, at every shrink factor', async () => {
    const path = file(demo);
    truncateSync(path, Math.floor(demo.length / 2));
    expect(String(await failure(path))).toMatch(/cut short/);
    const photo = await openPhoto(path, limits);
    await expect(decodePhoto(photo, 3)).rejects.toThrow(/cut short/);
  });

  it('refuses photos beyond the limits before it decodes them, and names the setting', async () => {
    const bomb = await sharp({ create: { width: 20000, height: 20000, channels: 3, background: '#000' }, limitInputPixels: false })
      .png({ compressionLevel: 9 }).toBuffer();
    expect(String(await failure(file(bomb)))).toMatch(/400 megapixels.*100.*image\.max_megapixels/);
    expect(String(await failure(file(demo), { max_megabytes: 0.1 }))).toMatch(/image\.max_megabytes/);
  });

  it('refuses more bytes than its pixels should take, by depth and by what a progressive JPEG keeps', async () => {
    const noise = { create: { width: 1000, height: 900, channels: 3, background: '#000', noise: { type: 'gaussian', mean: 120, sigma: 30 } } } as const;
    const deep = file(await sharp(noise).ensureAlpha(0.5).toColourspace('rgb16').png({ progressive: true }).toBuffer());
    expect(String(await failure(deep, { max_megapixels: 1 }))).toMatch(/7 MB of memory.*4, 4 bytes for each of image\.max_megapixels/);
    expect(await failure(deep, { max_megapixels: 2 })).toBeUndefined();
    const progressive = file(await sharp(noise).jpeg({ progressive: true }).toBuffer());
    expect(String(await failure(progressive, { max_megapixels: 1 }))).toMatch(/5 MB of memory/);
    expect(await failure(file(await sharp(noise).jpeg().toBuffer()), { max_megapixels: 1 })).toBeUndefined();
  });

  it('refuses a JPEG of more scans than anybody writes, before it decodes them', async () => {
    const progressive = await sharp(demo).resize(640).jpeg({ progressive: true }).toBuffer();
    const last = progressive.subarray(progressive.lastIndexOf(Buffer.from([0xff, 0xda])), -2);
    const scans = (count: number): Buffer => Buffer.concat([progressive.subarray(0, -2), ...Array.from({ length: count }, () => last), Buffer.from([0xff, 0xd9])]);
    expect(String(await failure(file(scans(20))))).not.toMatch(/scans/);
    expect(String(await failure(file(scans(200))))).toMatch(/more than 100 scans/);
  });

  it.each([[1, 1], [1, 20000], [20000, 1]])('opens a photo of %i x %i px', async (width, height) => {
    const path = file(await sharp({ create: { width, height, channels: 3, background: '#777' } }).png().toBuffer());
    const photo = await openPhoto(path, limits);
    const { raster } = await decodePhoto(photo, shrinkFor(photo, 1000));
    expect(raster.data.length).toBe(raster.width * raster.height * raster.channels);
  });
});
