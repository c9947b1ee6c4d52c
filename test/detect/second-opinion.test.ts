import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sharp from 'sharp';
import { z } from 'zod';
import { intersectionOverUnion, type Box, type Raster } from '../../src/core/raster.js';
import { createFaceFinder, type FaceFinder } from '../../src/detect/faces.js';
import { compareFaces, type Comparison } from '../../src/detect/scoring.js';
import { portraitPath } from '../../src/detect/portrait.js';
import { createSecondOpinion } from '../../src/detect/second-opinion.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { demoPhotos, hasSharedData, sharedSet } from '../support/shared-data.js';
import { readRaster } from './photos.js';

const finders: Record<'with' | 'without', FaceFinder | undefined> = { with: undefined, without: undefined };
beforeAll(async () => {
  finders.with = await createFaceFinder(loadConfig().detect);
  finders.without = await createFaceFinder(loadConfig(undefined, ['detect.second_opinion=none']).detect);
});
afterAll(async () => { await Promise.all([finders.with?.release(), finders.without?.release()]); });

const rows = z.array(z.object({
  image: z.string(), x: z.coerce.number(), y: z.coerce.number(), width: z.coerce.number(), height: z.coerce.number(),
}));

/** Boxes of at least 12 px on a photo of wider_val. */
function drawnOn(image: string): Box[] {
  const text = readFileSync(join(sharedSet('wider_val'), 'annotations.csv'), 'utf8');
  return rows.parse(parse(text, { columns: true })).filter((row) => row.image === image && Math.max(row.width, row.height) >= 12);
}

async function compare(image: string, asked: 'with' | 'without'): Promise<Comparison> {
  const found = await finders[asked]?.find(await readRaster(join(sharedSet('wider_val'), 'images', image))) ?? [];
  return compareFaces(drawnOn(image), found.map(({ box }) => box));
}

describe.skipIf(!hasSharedData)('a second opinion (needs ../shared/data)', () => {
  it('finds small faces that the detector alone is not sure of', async () => {
    const image = '0_Parade_marchingband_1_476.jpg';
    const [asked, alone] = [await compare(image, 'with'), await compare(image, 'without')];
    expect(asked.found.length).toBeGreaterThanOrEqual(alone.found.length + 3);
    expect(asked.falseFaces.length).toBeLessThanOrEqual(alone.falseFaces.length);
  });

  it('takes out faces between two people, and puts them where the people are', async () => {
    const image = '20_Family_Group_Family_Group_20_62.jpg';
    const [asked, alone] = [await compare(image, 'with'), await compare(image, 'without')];
    expect(alone.falseFaces.length).toBeGreaterThanOrEqual(2);
    expect(asked.falseFaces).toEqual([]);
    expect(asked.found.length).toBeGreaterThan(alone.found.length);
  });
});

/** Forty portraits of shut eyes, `side` px wide, in rows on a plain ground. */
async function manyPeople(side: number): Promise<Raster> {
  const folder = join(sharedSet('cew_closed'), 'closed');
  const names = readdirSync(folder).sort();
  const people = await Promise.all(Array.from({ length: 40 }, async (_, index) => ({
    input: await sharp(join(folder, names[index * Math.floor(names.length / 40)] ?? '')).resize(side, side, { fit: 'cover' }).png().toBuffer(),
    left: 50 + (index % 10) * 114, top: 40 + Math.floor(index / 10) * 94,
  })));
  const [width, height] = [1200, 800];
  const ground = sharp({ create: { width, height, channels: 3, background: '#6e6e6e' } });
  return { data: await ground.composite(people).removeAlpha().raw().toBuffer(), width, height, channels: 3 };
}

describe.skipIf(!hasSharedData)('a large group of which the detector sees one or two faces (needs ../shared/data)', () => {
  it.each([26, 29])('is looked at closely where both opinions together see a group: faces of %i px', async (side) => {
    expect((await finders.with?.find(await manyPeople(side)))?.length).toBeGreaterThanOrEqual(38);
  });
});

describe('photos of a few large faces', () => {
  it('are not looked at any more often for the second opinion', async () => {
    const image = await readRaster(demoPhotos[0] ?? '');
    const looks = { with: 0, without: 0 };
    for (const asked of ['with', 'without'] as const) {
      await finders[asked]?.find(image, (net) => { looks[asked] += net === 'detect' ? 1 : 0; });
    }
    expect(looks.without).toBeGreaterThan(0);
    expect(looks.with).toBe(looks.without);
  });
});

describe('a look at the whole photo', () => {
  /** Part of an image, all its rows. */
  function columnsOf({ data, width, height, channels }: Raster, from: number, to: number): Raster {
    const row = (y: number): Uint8Array => data.subarray((y * width + from) * channels, (y * width + to) * channels);
    return {
      data: Uint8Array.from(Array.from({ length: height }, (_, y) => [...row(y)]).flat()), width: to - from, height, channels,
    };
  }

  it('sees the faces where they are, on wide photos and on tall ones', async () => {
    const opinion = await createSecondOpinion(portraitPath);
    const wide = await readRaster(demoPhotos[0] ?? '');
    const [face] = await finders.without?.find(wide) ?? [];
    if (face === undefined) throw new Error('the demo photo has no face');
    const from = Math.max(0, Math.round(face.box.x - 0.5 * face.box.width));
    const tall = columnsOf(wide, from, Math.min(wide.width, from + Math.round(2 * face.box.width)));
    expect(tall.height).toBeGreaterThan(1.2 * tall.width);
    const [inWide, inTall] = [await opinion.look(wide), await opinion.look(tall)];
    await opinion.release();
    const isThere = (box: Box, left: number): boolean => intersectionOverUnion({ ...box, x: box.x + left }, face.box) > 0.5;
    expect(inWide.some(({ box, score }) => score > 0.4 && isThere(box, 0))).toBe(true);
    expect(inTall.some(({ box, score }) => score > 0.4 && isThere(box, from))).toBe(true);
  });
});
