import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodePhoto, openBytes, shrinkFor } from '../../src/image/decode.js';
import { boxInPhoto, boxInView, isFullSize, pointInPhoto, pointInView, regionInView } from '../../src/image/view.js';

const limits = { max_megapixels: 100, max_megabytes: 50, timeout_seconds: 30 };

describe('a shrunk photo', () => {
  it.each([[12000, 700], [8000, 1203], [700, 12000], [6001, 4001]])('of %i x %i px tells where its pixels lie, to the far corner', async (width, height) => {
    const mark = { left: width - 150, top: height - 130, width: 100, height: 90 };
    const input = { create: { width: mark.width, height: mark.height, channels: 3, background: '#fff' } } as const;
    const bytes = await sharp({ create: { width, height, channels: 3, background: '#000' } })
      .composite([{ input, left: mark.left, top: mark.top }]).png({ compressionLevel: 1 }).toBuffer();
    const photo = await openBytes(bytes, limits);
    const view = await decodePhoto(photo, shrinkFor(photo, 640));
    expect(isFullSize(view)).toBe(false);

    const box = boxInPhoto(brightPart(view.raster), view);
    // A px of the raster is up to nine of the photo.
    expect(Math.abs(box.x - mark.left)).toBeLessThan(9);
    expect(Math.abs(box.y - mark.top)).toBeLessThan(9);
    expect(Math.abs(box.x + box.width - mark.left - mark.width)).toBeLessThan(9);
    expect(Math.abs(box.y + box.height - mark.top - mark.height)).toBeLessThan(9);
  });
});

function brightPart({ data, width, channels }: { data: Uint8Array; width: number; channels: number }): { x: number; y: number; width: number; height: number } {
  const bright = [...data.keys()].filter((at) => at % channels === 0 && (data[at] ?? 0) > 127).map((at) => at / channels);
  const columns = bright.map((at) => at % width);
  const rows = bright.map((at) => Math.floor(at / width));
  const [x, y] = [Math.min(...columns), Math.min(...rows)];
  return { x, y, width: Math.max(...columns) - x + 1, height: Math.max(...rows) - y + 1 };
}

describe('the way between a photo and a view of it', () => {
  const view = { scaleX: 2, scaleY: 4, left: 100, top: 20 };

  it('scales each axis by itself, from where the view begins', () => {
    expect(pointInPhoto({ x: 10, y: 5 }, view)).toEqual({ x: 120, y: 40 });
    expect(boxInPhoto({ x: 10, y: 5, width: 3, height: 3 }, view)).toEqual({ x: 120, y: 40, width: 6, height: 12 });
  });

  it('leads back', () => {
    expect(pointInView(pointInPhoto({ x: 10, y: 5 }, view), view)).toEqual({ x: 10, y: 5 });
    expect(boxInView(boxInPhoto({ x: 1, y: 2, width: 3, height: 4 }, view), view)).toEqual({ x: 1, y: 2, width: 3, height: 4 });
  });

  it('keeps the two ends of a turned region\'s line where they are in the photo', () => {
    const region = { center: { x: 200, y: 60 }, width: 40, angle: 0.4 };
    const end = ({ center, width, angle }: typeof region): { x: number; y: number } =>
      ({ x: center.x + (width / 2) * Math.cos(angle), y: center.y + (width / 2) * Math.sin(angle) });
    const expected = pointInView(end(region), view);
    const found = end({ ...region, ...regionInView(region, view) });
    expect(found.x).toBeCloseTo(expected.x);
    expect(found.y).toBeCloseTo(expected.y);
  });

  it('leaves a region as it was turned where both axes are alike', () => {
    const region = { center: { x: 200, y: 60 }, width: 40, angle: 0.4 };
    expect(regionInView(region, { scaleX: 2, scaleY: 2, left: 0, top: 0 })).toEqual({ center: { x: 100, y: 30 }, width: 20, angle: 0.4 });
  });
});
