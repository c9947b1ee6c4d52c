import { readdirSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PhotoResult } from '../../src/core/result.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { processPhoto } from '../../src/pipeline/photo.js';
import { createStages } from '../../src/pipeline/stages.js';
import { hasSharedData, sharedSet } from '../support/shared-data.js';

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

describe.skipIf(!hasSharedData)(`a large group${hasSharedData ? '' : ' (skipped: no ../shared/data)'}`, () => {
  const photo = { path: join(folder, 'group.jpg'), photo: 'group.jpg' };
  beforeAll(() => drawGroup(photo.path));

  async function judge(settings: readonly string[]): Promise<PhotoResult> {
    const config = loadConfig(undefined, settings);
    const stages = await createStages(config);
    const result = await processPhoto(photo, stages, { config });
    await stages.release();
    return result;
  }

  it('is found whole, though its faces are tiny in the shrunk photo, which says what it did not look for', async () => {
    const { faces, reasons } = await judge([]);
    expect(faces.length).toBeGreaterThanOrEqual(22);
    expect(reasons).toContain('faces below 36 px not looked for');
  });

  it('is not looked for below the size that is set', async () => {
    const { faces } = await judge(['detect.smallest=20']);
    expect(faces.length).toBeLessThan(12);
  });
});
