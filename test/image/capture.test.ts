import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { findExif, readCapture } from '../../src/image/capture.js';
import { openBytes } from '../../src/image/decode.js';

const limits = { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 30 };
const exif = {
  IFD0: { Make: 'Canon', Model: 'EOS R6' },
  IFD2: {
    DateTimeOriginal: '2026:06:01 12:30:15', SubSecTimeOriginal: '25', FNumber: '4/1', ExposureTime: '1/100', ISOSpeedRatings: '200',
    ExposureBiasValue: '-2/3', ExposureMode: '2', BodySerialNumber: '0042',
  },
};
const picture = sharp({ create: { width: 60, height: 40, channels: 3, background: '#884422' } }).withExif(exif);

describe('what the camera wrote down', () => {
  it.each(['jpeg', 'webp', 'png', 'avif'] as const)('is read from a %s', async (format) => {
    const { capture } = await openBytes(await picture.clone().toFormat(format).toBuffer(), limits);
    expect(capture).toMatchObject({ time: Date.UTC(2026, 5, 1, 12, 30, 15, 250), camera: 'Canon EOS R6 0042', bracketing: true });
  });

  it('is read from a file that is built like EXIF data, as TIFFs and RAWs are', async () => {
    const marked = (await sharp(await picture.clone().jpeg().toBuffer()).metadata()).exif ?? Buffer.alloc(0);
    expect(readCapture(marked.subarray('Exif'.length + 2))).toMatchObject({ camera: 'Canon EOS R6 0042' });
    expect(findExif(Buffer.concat([Buffer.from('ftypheic, and so on'), marked]))).toEqual(marked);
  });

  it('gives an exposure that is comparable whichever way it was set', async () => {
    const { capture } = await openBytes(await picture.clone().jpeg().toBuffer(), limits);
    // f/4, 1/100 s at ISO 200: 4 stops of aperture, 6.64 of time, one less for the sensitivity.
    expect(capture.exposure).toBeCloseTo(4 + Math.log2(100) - 1, 5);
    expect(capture.compensation).toBeCloseTo(-2 / 3, 5);
  });

  // 64 KB that a list would be made of in each of its entries: GB of memory, and minutes.
  it.each([900, 5000])('is not read from a directory of %i entries that all claim the same bytes', (entries) => {
    const bytes = Buffer.alloc(65_000);
    bytes.write('II*\0', 'latin1');
    bytes.writeUInt32LE(8, 4);
    bytes.writeUInt16LE(entries, 8);
    const entry = (index: number, tag: number, type: number, count: number, value: number): void => {
      const at = 10 + index * 12;
      bytes.writeUInt16LE(tag, at);
      bytes.writeUInt16LE(type, at + 2);
      bytes.writeUInt32LE(count, at + 4);
      bytes.writeUInt32LE(value, at + 8);
    };
    for (let index = 1; index < entries; index += 1) entry(index, 2000 + index, 3, 32_000, 8);
    bytes.write('Acme\0', 64_900, 'latin1');
    entry(0, 271, 2, 5, 64_900);
    expect(readCapture(bytes)).toEqual({});
    bytes.writeUInt16LE(1, 8);
    expect(readCapture(bytes)).toEqual({ camera: 'Acme' });
  });

  it('is nothing where there are no notes, or they are damaged', async () => {
    const bare = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#884422' } }).jpeg().toBuffer();
    expect((await openBytes(bare, limits)).capture).toEqual({});
    expect(readCapture(Buffer.from('Exif\0\0MM\0*\xff\xff\xff\xff', 'latin1'))).toEqual({});
    expect(readCapture(Buffer.alloc(3))).toEqual({});
  });
});
