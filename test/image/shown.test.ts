import { describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { ShownPhotos } from '../../src/image/shown.js';
import { UnwantedError } from '../../src/image/turns.js';
import { demoPhotos } from '../support/shared-data.js';

const limits = { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 30 };
const [path = ''] = demoPhotos;
const box = { x: 10, y: 10, width: 32, height: 32 };

const here = new AbortController().signal;

describe('a fitted photo', () => {
  // The photo has 1920 px.
  it.each([
    ['as long as was asked for', 500, [500, 333]],
    ['a little shorter where that is opened sooner: a third of the photo', 700, [640, 426]],
    ['never enlarged', 4000, [1920, 1280]],
  ])('is %s', async (_, side, expected) => {
    const { width, height, format } = await sharp(await new ShownPhotos(limits).fitted(path, side, here)).metadata();
    expect([[width, height], format]).toEqual([expected, 'jpeg']);
  });

  it('is not opened for somebody who has gone on, and is for who comes back meanwhile', async () => {
    const shown = new ShownPhotos(limits);
    const gone = AbortSignal.abort();
    const [left, back] = await Promise.allSettled([shown.fitted(path, 300, gone), shown.fitted(path, 300, here)]);
    expect([left.status, back.status]).toEqual(['rejected', 'fulfilled']);
    // What is there already costs nothing.
    expect((await shown.fitted(path, 300, gone)).length).toBeGreaterThan(1000);
  });
});

describe('a photo at 100 %', () => {
  it('is not decoded for somebody who has gone on to the next one, and is for who comes back meanwhile', async () => {
    const shown = new ShownPhotos(limits);
    const gone = AbortSignal.abort();
    await expect(shown.part(path, box, gone)).rejects.toThrow(UnwantedError);
    const [left, back] = await Promise.allSettled([shown.part(path, box, gone), shown.part(path, box, new AbortController().signal)]);
    expect(left.status).toBe('rejected');
    expect(back.status === 'fulfilled' && back.value !== undefined && back.value.length > 100).toBe(true);
    // What is there already costs nothing.
    expect(await shown.part(path, box, gone)).toBeDefined();
  });

  it('ends where the photo does', async () => {
    expect(await new ShownPhotos(limits).part(path, { ...box, x: 1e6 }, new AbortController().signal)).toBeUndefined();
  });
});
