import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { PhotoFile } from '../../src/core/result.js';
import { inTimeOrder } from '../../src/run/time-order.js';

/** A photo for each name, taken so many seconds after twelve; without a time where there is none. */
async function folderOf(shots: Readonly<Record<string, number | undefined>>): Promise<PhotoFile[]> {
  const base = mkdtempSync(join(tmpdir(), 'time-order-'));
  for (const [photo, seconds] of Object.entries(shots)) {
    mkdirSync(dirname(join(base, photo)), { recursive: true });
    const plain = sharp({ create: { width: 8, height: 8, channels: 3, background: 'gray' } }).jpeg();
    const time = `2026:06:01 12:${String(Math.floor((seconds ?? 0) / 60)).padStart(2, '0')}:${String((seconds ?? 0) % 60).padStart(2, '0')}`;
    writeFileSync(join(base, photo), await (seconds === undefined ? plain : plain.withExif({ IFD2: { DateTimeOriginal: time } })).toBuffer());
  }
  return Object.keys(shots).map((photo) => ({ photo, path: join(base, photo) }));
}

const order = async (shots: Readonly<Record<string, number | undefined>>): Promise<string[]> => (await inTimeOrder(await folderOf(shots))).map(({ photo }) => photo);

describe('the order of photos', () => {
  it('is that of time where the folders of two cameras overlap', async () => {
    expect(await order({ 'a/1.jpg': 0, 'a/2.jpg': 40, 'a/3.jpg': 80, 'b/1.jpg': 1, 'b/2.jpg': 41, 'b/3.jpg': 200 }))
      .toEqual(['a/1.jpg', 'b/1.jpg', 'a/2.jpg', 'b/2.jpg', 'a/3.jpg', 'b/3.jpg']);
  });

  it('stays that of names within a folder, whose camera may have been set right in between', async () => {
    expect(await order({ 'a/1.jpg': 10, 'a/2.jpg': 5, 'a/3.jpg': undefined, 'a/4.jpg': 60, 'b/1.jpg': 20 })).toEqual(['a/1.jpg', 'a/2.jpg', 'a/3.jpg', 'b/1.jpg', 'a/4.jpg']);
  });

  it('stays as it is for folders that follow each other, whatever they are called, and for those that know no time', async () => {
    const days = { 'b-day-1/1.jpg': 0, 'b-day-1/2.jpg': 10, 'c-day-0/1.jpg': 100, 'd/1.jpg': undefined, 'e/1.jpg': 300 };
    expect(await order(days)).toEqual(Object.keys(days));
    expect(await order({ 'z/1.jpg': 500, 'z/2.jpg': 600, 'zz/1.jpg': 0 })).toEqual(['z/1.jpg', 'z/2.jpg', 'zz/1.jpg']);
  });

  it('looks into nothing where there is one folder', async () => {
    const photos = [{ photo: 'a.jpg', path: '/nowhere/a.jpg' }, { photo: 'b.jpg', path: '/nowhere/b.jpg' }];
    expect(await inTimeOrder(photos)).toBe(photos);
  });
});
