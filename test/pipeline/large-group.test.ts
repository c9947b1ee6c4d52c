import { readdirSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PhotoFile, PhotoResult } from '../../src/core/result.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { processPhoto } from '../../src/pipeline/photo.js';
import { createStages } from '../../src/pipeline/stages.js';
import { demoPhotos, hasSharedData, sharedSet } from '../support/shared-data.js';

const folder = mkdtempSync(join(tmpdir(), 'group-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** 24 portraits with faces of about 45 px, in four rows on a picture of 3600 x 2400 px. */
async function drawGroup(path: string): Promise<void> {
  const portraits = join(sharedSet('utkface_open'), 'open');
  const names = readdirSync(portraits).sort().filter((_, index) => index % 40 === 7).slice(0, 24);
  const people = await Promise.all(names.map(async (name, index) => ({
    input: await sharp(join(portraits, name)).resize(54, 54).png().toBuffer(),
    left: 150 + (index % 6) * 580, top: 200 + Math.floor(index / 6) * 560,
  })));
  await sharp({ create: { width: 3600, height: 2400, channels: 3, background: '#6a7468' } }).composite(people).jpeg().toFile(path);
}

async function judge(photo: PhotoFile, settings: readonly string[]): Promise<PhotoResult> {
  const config = loadConfig(undefined, settings);
  const stages = await createStages(config);
  const result = await processPhoto(photo, stages, { config });
  await stages.release();
  return result;
}

/** What is said of faces that may have been missed. */
function limits({ reasons }: PhotoResult): string[] {
  return reasons.filter((reason) => reason.includes('not looked for'));
}

describe('a photo of a few people', () => {
  it.each(demoPhotos.map((path) => ({ path, photo: basename(path) })))('says nothing of faces that were not looked for: $photo', async (photo) => {
    expect(limits(await judge(photo, []))).toEqual([]);
  });

  it('does not say that faces were not looked for which the first looks show, however little is looked for', async () => {
    const [path = ''] = demoPhotos;
    const { faces, width, height, ...result } = await judge({ path, photo: 'demo.jpg' }, ['detect.smallest=100']);
    expect(Math.min(...faces.map(({ box }) => box.width))).toBeGreaterThan((2 * 0.55 * 12 * Math.max(width, height)) / 256);
    expect(limits({ faces, width, height, ...result })).toEqual([]);
  });
});

describe.skipIf(!hasSharedData)(`a large group${hasSharedData ? '' : ' (skipped: no ../shared/data)'}`, () => {
  const photo = { path: join(folder, 'group.jpg'), photo: 'group.jpg' };
  beforeAll(() => drawGroup(photo.path));

  it('is found whole, though its faces are tiny in the shrunk photo, which says what it did not look for', async () => {
    const { faces, reasons } = await judge(photo, []);
    expect(faces.length).toBeGreaterThanOrEqual(22);
    expect(reasons).toContain('faces below 36 px not looked for');
  });

  it('is not looked for below the size that is set', async () => {
    const { faces } = await judge(photo, ['detect.smallest=20']);
    expect(faces.length).toBeLessThan(12);
  });
});
