import { describe, expect, it } from 'vitest';
import { ShownPhotos } from '../../src/image/shown.js';
import { demoPhotos } from '../support/shared-data.js';

const limits = { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 30 };
const [path = ''] = demoPhotos;
const box = { x: 10, y: 10, width: 32, height: 32 };

describe('a photo at 100 %', () => {
  it('is not decoded for somebody who has gone on to the next one, and is for who comes back meanwhile', async () => {
    const shown = new ShownPhotos(limits);
    const gone = AbortSignal.abort();
    await expect(shown.part(path, box, gone)).rejects.toThrow(/nobody waits/);
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
