import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePhoto, openBytes } from '../../src/image/decode.js';
import { decodeHeic, HeicMissingError } from '../../src/image/heic.js';
import { extractRawPreview, isRaw } from '../../src/image/raw.js';
import { demoPhotos } from '../support/shared-data.js';

const limits = { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 30 };
const photo = readFileSync(demoPhotos[0] ?? '');

/** A DNG as cameras build it: a directory with a thumbnail's tags, the sensor's data in a sub-directory, a JPEG preview. */
function dng(preview: Buffer, orientation: number): Buffer {
  const entries = (list: readonly (readonly [number, number, number])[]): Buffer => {
    const directory = Buffer.alloc(2 + list.length * 12 + 4);
    directory.writeUInt16LE(list.length, 0);
    list.forEach(([tag, type, value], index) => {
      const at = 2 + index * 12;
      directory.writeUInt16LE(tag, at);
      directory.writeUInt16LE(type, at + 2);
      directory.writeUInt32LE(1, at + 4);
      directory.writeUInt32LE(value, at + 8);
    });
    return directory;
  };
  const header = Buffer.from('49492a0008000000', 'hex');
  const sensor = Buffer.alloc(64 * 64 * 2, 0x5a);
  const previewAt = 4096;
  const first = entries([[274, 3, orientation], [330, 4, 1024], [513, 4, previewAt], [514, 4, preview.length], [50706, 1, 0x00000401]]);
  const sub = entries([[256, 3, 64], [257, 3, 64], [262, 3, 32803], [273, 4, previewAt + preview.length]]);
  const file = Buffer.alloc(previewAt);
  header.copy(file, 0);
  first.copy(file, 8);
  sub.copy(file, 1024);
  return Buffer.concat([file, preview, sensor]);
}

describe('a RAW file', () => {
  it('is judged by its largest embedded JPEG, byte for byte what the camera put there', async () => {
    const thumbnail = await sharp(photo).resize(160).jpeg().toBuffer();
    const raw = Buffer.concat([dng(photo, 1), thumbnail]);
    expect(isRaw(raw)).toBe(true);
    expect(extractRawPreview(raw)?.equals(photo)).toBe(true);
    const opened = await openBytes(raw, limits);
    expect([opened.width, opened.height]).toEqual([1920, 1280]);
  });

  it('is turned as the camera was held where the preview does not say', async () => {
    const bare = await sharp(photo).jpeg().toBuffer();
    const opened = await openBytes(dng(bare, 6), limits);
    expect([opened.width, opened.height]).toEqual([1280, 1920]);
    const { raster } = await decodePhoto(opened, 1);
    const expected = await sharp(bare).rotate(90).raw().toBuffer();
    expect(Buffer.from(raster.data).equals(expected)).toBe(true);
  });

  it('is turned so too where the preview has EXIF data, but none about that', async () => {
    const { exif, orientation } = await sharp(photo).metadata();
    expect(exif).toBeDefined();
    expect(orientation).toBeUndefined();
    const opened = await openBytes(dng(photo, 6), limits);
    expect([opened.width, opened.height]).toEqual([1280, 1920]);
  });

  it('is not turned twice where the preview says it itself', async () => {
    const turned = await sharp(photo).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const opened = await openBytes(dng(turned, 6), limits);
    expect([opened.width, opened.height]).toEqual([1280, 1920]);
    const { raster } = await decodePhoto(opened, 1);
    expect(Buffer.from(raster.data).equals(await sharp(turned).autoOrient().raw().toBuffer())).toBe(true);
  });

  // Each of these took minutes where every beginning of a JPEG was followed to the end of the file.
  it.each<[string, (bytes: Buffer) => void]>([
    ['that never end', (bytes) => { bytes.fill(Buffer.from('ffd8ffc0000b080400040001011100ffda0002', 'hex'), 8192); }],
    ['without pixels', (bytes) => { bytes.fill(Buffer.from('ffd8ffe00002', 'hex'), 8192); }],
    ['that share one long chain of segments', (bytes) => { bytes.fill(Buffer.from('ffd8ffe00006ffd8ffe0', 'hex'), 8192); }],
    ['made of EXIF blocks', (bytes) => { bytes.fill(Buffer.from('ffd8ffe1000e457869660000494900000000ff', 'hex'), 8192); }],
  ])('full of JPEGs %s is searched through once', (_, fill) => {
    const bytes = Buffer.concat([dng(Buffer.alloc(0), 1), Buffer.alloc(8_000_000)]);
    fill(bytes);
    expect(extractRawPreview(bytes)).toBeUndefined();
  });

  it('without a preview, or with a thumbnail only, says so', async () => {
    const thumbnail = await sharp(photo).resize(160).jpeg().toBuffer();
    for (const preview of [thumbnail, Buffer.alloc(2000)]) {
      await expect(openBytes(dng(preview, 1), limits)).rejects.toThrow(/no JPEG preview/);
    }
  });

  it('is not mistaken for a TIFF that is a picture', async () => {
    const tiff = await sharp(photo).resize(300).tiff({ compression: 'jpeg' }).toBuffer();
    expect(isRaw(tiff)).toBe(false);
    expect((await openBytes(tiff, limits)).width).toBe(300);
  });

  it('that is cut short anywhere gives an error or a preview, never a crash', async () => {
    const raw = dng(photo, 6);
    for (let length = 1; length < raw.length; length += 9973) {
      await openBytes(raw.subarray(0, length), limits).catch((error: unknown) => { expect(error).toBeInstanceOf(Error); });
    }
  });
});

const hasEncoder = spawnSync('heif-enc', ['--version']).error === undefined;
const hasDecoder = await decodeHeic(new Uint8Array()).then(() => true, (error: unknown) => !(error instanceof HeicMissingError));
const missing = [...(hasEncoder ? [] : ['heif-enc; apt-get install libheif-examples']), ...(hasDecoder ? [] : ['heic-decode; npm install --save-dev heic-decode'])];
const skipped = missing.length > 0 ? ` (skipped: no ${missing.join(', no ')})` : '';

/** Small: the encoder is slow. */
const small = await sharp(photo).resize(480).jpeg({ quality: 95 }).toBuffer();

function heic(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'heic-'));
  writeFileSync(join(folder, 'a.jpg'), small);
  execFileSync('heif-enc', ['-q', '90', '-o', join(folder, 'a.heic'), join(folder, 'a.jpg')], { stdio: 'ignore' });
  return readFileSync(join(folder, 'a.heic'));
}

describe('a HEIC photo', () => {
  it.skipIf(missing.length > 0)(`is decoded${skipped}`, async () => {
    const { raster } = await decodePhoto(await openBytes(heic(), limits), 1);
    expect([raster.width, raster.height, raster.channels]).toEqual([480, 320, 3]);
    const original = await sharp(small).raw().toBuffer();
    let difference = 0;
    for (let index = 0; index < original.length; index += 101) difference += Math.abs((original[index] ?? 0) - (raster.data[index] ?? 0));
    expect(difference / (original.length / 101)).toBeLessThan(6);
  });

  it.skipIf(!hasEncoder)(`that is cut short is refused, wherever the cut is${hasEncoder ? '' : skipped}`, async () => {
    const whole = heic();
    for (const share of [0.3, 0.6, 0.99]) {
      await expect(openBytes(whole.subarray(0, Math.floor(whole.length * share)), limits)).rejects.toThrow(/cut short/);
    }
  });

  it.skipIf(!hasEncoder)(`beyond the limit on pixels is refused before it is decoded${hasEncoder ? '' : skipped}`, async () => {
    await expect(openBytes(heic(), { ...limits, max_megapixels: 0.1 })).rejects.toThrow(/megapixels; the limit is 0\.1/);
  });

  it.skipIf(hasDecoder)('says what to install where the decoder is missing', async () => {
    const size = Buffer.from('0000001469737065000000000000004000000040', 'hex');
    const header = Buffer.from('000000186674797068656963000000006d69663168656963', 'hex');
    await expect(openBytes(Buffer.concat([header, size]), limits)).rejects.toThrow(/npm install --save-dev heic-decode/);
  });
});
