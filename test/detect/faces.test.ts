import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/pipeline/config.js';
import { createFaceFinder, type FaceFinder } from '../../src/detect/faces.js';
import { compareFaces } from '../../src/detect/scoring.js';
import type { Raster } from '../../src/core/raster.js';
import { demoPhotos, hasSharedData, sharedSet } from '../support/shared-data.js';
import { annotatedPhotos, readRaster, tightCrops } from './photos.js';

let finder: FaceFinder;
beforeAll(async () => {
  finder = await createFaceFinder(loadConfig().detect);
});
afterAll(() => finder.release());

function blank(width: number, height: number, channels: 1 | 3): Raster {
  return { data: new Uint8Array(width * height * channels).fill(90), width, height, channels };
}

/** The luminance of a photo. */
function grayed(image: Raster): Raster {
  const data = Uint8Array.from({ length: image.width * image.height }, (_, i) =>
    Math.round(0.299 * (image.data[i * 3] ?? 0) + 0.587 * (image.data[i * 3 + 1] ?? 0) + 0.114 * (image.data[i * 3 + 2] ?? 0)));
  return { data, width: image.width, height: image.height, channels: 1 };
}

describe('the smallest faces that are looked for', () => {
  const share = async (...set: string[]): Promise<number> => {
    const sought = await createFaceFinder(loadConfig(undefined, set).detect);
    await sought.release();
    return sought.smallest;
  };

  it('are as small as is set, but what the tiles of a second look show is not kept back', async () => {
    expect(await share()).toBe(0.01);
    expect(await share('detect.smallest=2')).toBe(0.02);
    expect(await share('detect.smallest=100')).toBeCloseTo((0.55 * 12) / 256, 9);
  });

  it('are what the detector sees of the whole photo where there is no second look', async () => {
    expect(await share('detect.second_look=false')).toBe(12 / 256);
    expect(await share('detect.second_look=false', 'detect.detector=tiny-face', 'detect.smallest=100')).toBe(49 / 416);
  });
});

describe('the faces of a photo', () => {
  it('are the 22 people of the six demo photos', async () => {
    const counts = [];
    for (const path of demoPhotos) counts.push((await finder.find(await readRaster(path))).length);
    expect(counts).toEqual([3, 3, 3, 4, 5, 4]);
  });

  it('come with both eyes inside the face, the person\'s left one on the right of the image', async () => {
    const image = await readRaster(demoPhotos[0] ?? '');
    for (const { box, landmarks: { left, right } } of await finder.find(image)) {
      for (const { center } of [left, right]) {
        expect(center.x).toBeGreaterThan(box.x);
        expect(center.x).toBeLessThan(box.x + box.width);
        expect(center.y).toBeGreaterThan(box.y);
        expect(center.y).toBeLessThan(box.y + box.height * 0.6);
      }
      expect(left.center.x).toBeGreaterThan(right.center.x);
    }
  });

  it('are found without colour', async () => {
    const image = await readRaster(demoPhotos[5] ?? '');
    expect(await finder.find(grayed(image))).toHaveLength(4);
  });

  it.each([
    ['one pixel', blank(1, 1, 3)],
    ['a line', blank(1, 20000, 3)],
    ['a gray line', blank(20000, 1, 1)],
    ['an even surface', blank(640, 480, 3)],
  ])('are none in %s', async (_name, image) => {
    expect(await finder.find(image)).toEqual([]);
  });
});

describe.skipIf(!hasSharedData)('the faces of real photos (needs ../shared/data)', () => {
  it('are at least 41 of the 43 annotated in group photos, with at most 3 false ones', async () => {
    let found = 0;
    let falseFaces = 0;
    const photos = annotatedPhotos();
    for (const { path, faces } of photos) {
      const result = compareFaces(faces, (await finder.find(await readRaster(path))).map(({ box }) => box));
      found += result.found.length;
      falseFaces += result.falseFaces.length;
    }
    expect(photos.flatMap(({ faces }) => faces)).toHaveLength(43);
    expect(found).toBeGreaterThanOrEqual(41);
    expect(falseFaces).toBeLessThanOrEqual(3);
  });

  it('are none where there are only dogs', async () => {
    expect(await finder.find(await readRaster(join(sharedSet('dlib_faces'), 'dogs.jpg')))).toEqual([]);
  });

  it('are found in 99 % of crops that a face fills', async () => {
    const crops = tightCrops(200);
    let found = 0;
    for (const path of crops) {
      const image = await readRaster(path);
      if ((await finder.find(image)).some(({ box }) => box.width > image.width / 3)) found += 1;
    }
    expect(crops).toHaveLength(200);
    expect(found).toBeGreaterThanOrEqual(198);
  }, 300_000);
});
