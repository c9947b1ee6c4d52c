/**
 * The bounds of the blur score on real faces, as `pipeline run` finds them; docs/focus.md holds the whole table.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptView } from '../../bench/blur/cache.js';
import { brightness, composite, contrast, defocus, gaussian, gray, noise } from '../../bench/blur/degrade.js';
import { openDoor, type Door } from '../../bench/blur/door.js';
import type { BlurScore } from '../../src/blur/measurement.js';
import { faceWidth } from '../../src/blur/region.js';
import { scoreBlur } from '../../src/blur/sharpness.js';
import type { FaceView } from '../../src/core/face.js';
import { clipBox } from '../../src/core/raster.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { processPhoto } from '../../src/pipeline/photo.js';
import { createStages } from '../../src/pipeline/stages.js';
import { largePhoto } from '../support/large-photo.js';
import { demoPhotos, hasSharedData, sharedSet } from '../support/shared-data.js';

const config = loadConfig();
let door: Door;
beforeAll(async () => { door = await openDoor(); });
afterAll(async () => { await door.close(); });

const score = (view: FaceView): BlurScore => scoreBlur(view, config.blur);

/** A photo in which the finder asks for a second opinion: the second demo photo at a sixth of its size, in a corner of a gray one. */
async function smallFaces(): Promise<Buffer> {
  const input = await sharp(demoPhotos[1]).resize(320).png().toBuffer();
  return sharp({ create: { width: 960, height: 800, channels: 3, background: '#888888' } }).composite([{ input, left: 100, top: 100 }]).png().toBuffer();
}

describe('the benchmark of the blur score', () => {
  it.each([
    ['as they are', async () => readFile(demoPhotos[0] ?? '')],
    ['of a photo that is shrunk while it is opened', async () => readFile(await largePhoto())],
    ['that two nets decide together', smallFaces],
  ])('sees the boxes that a run reports, and scores them alike: faces %s', async (_, photo) => {
    const stages = await createStages(config);
    const content = await photo();
    const run = await processPhoto({ path: 'photo.jpg', photo: 'photo.jpg', content }, stages, { config });
    const views = await door.see(content);
    expect(run.faces).toHaveLength(3);
    expect(views).toHaveLength(run.faces.length);
    const byWidth = [...run.faces].sort((a, b) => b.box.width - a.box.width);
    for (const [index, face] of byWidth.entries()) {
      const view = views[index];
      if (view === undefined) throw new Error('a face is missing');
      const place = clipBox(view.place, run.width, run.height);
      for (const side of ['x', 'y', 'width', 'height'] as const) expect(place[side]).toBeCloseTo(face.box[side], 6);
      // The cache keeps whole gray levels and the part around the face.
      expect(score(keptView(view)).sharpness).toBeCloseTo(face.measured.blur.sharpness, 0);
    }
    await stages.release();
  });
});

describe.skipIf(!hasSharedData)('the blur score on real faces (needs ../shared/data)', () => {
  let crisp: FaceView[] = [];
  let soft: FaceView[] = [];
  beforeAll(async () => {
    const folder = sharedSet('utk_handlabelled');
    const viewsOf = async (label: string): Promise<FaceView[]> => {
      const found: FaceView[] = [];
      for (const name of readdirSync(join(folder, label)).sort()) {
        const [view] = await door.see(readFileSync(join(folder, label, name)));
        if (view !== undefined) found.push({ ...view, raster: gray(view.raster) });
      }
      return found;
    };
    [crisp, soft] = [await viewsOf('sharp'), await viewsOf('blurred')];
  });

  it('is right about at least 93 % of what people called sharp and blurred, and hardly ever the wrong way round', () => {
    expect(crisp.length + soft.length).toBeGreaterThanOrEqual(70);
    const right = crisp.filter((view) => score(view).verdict === 'sharp').length + soft.filter((view) => score(view).verdict === 'blurred').length;
    const wrong = crisp.filter((view) => score(view).verdict === 'blurred').length + soft.filter((view) => score(view).verdict === 'sharp').length;
    expect(right / (crisp.length + soft.length)).toBeGreaterThanOrEqual(0.93);
    expect(wrong / (crisp.length + soft.length)).toBeLessThanOrEqual(0.03);
  });

  it('falls with every step of a Gaussian and of a disc', () => {
    for (const view of crisp.filter((_, i) => i % 6 === 0)) {
      const wide = faceWidth(view) / 112;
      const falls = (blurs: readonly FaceView['raster'][]): void => {
        const scores = blurs.map((raster) => score({ ...view, raster }).sharpness);
        for (let i = 1; i < scores.length; i += 1) expect(scores[i]).toBeLessThan(scores[i - 1] ?? 0);
      };
      falls([0, 0.5, 1, 1.5, 2, 3, 4].map((sigma) => gaussian(view.raster, sigma * wide)));
      falls([0, 1, 2, 3, 4].map((radius) => (radius === 0 ? view.raster : defocus(view.raster, radius * wide))));
    }
  });

  it('keeps its verdict under changes that are not blur: at most 1 % flip between sharp and blurred', async () => {
    const changes: ((view: FaceView, seed: number) => FaceView | Promise<FaceView>)[] = [
      (view, seed) => ({ ...view, raster: noise(view.raster, 5, seed) }),
      ...[0.7, 1.3].flatMap((factor) => [
        (view: FaceView) => ({ ...view, raster: contrast(view.raster, factor) }),
        (view: FaceView) => ({ ...view, raster: brightness(view.raster, factor) }),
      ]),
      async (view) => {
        const { data, width, height } = view.raster;
        const bytes = await sharp(data, { raw: { width, height, channels: 1 } }).jpeg({ quality: 60 }).toBuffer();
        return { ...view, raster: { ...view.raster, data: new Uint8Array(await sharp(bytes).toColourspace('b-w').raw().toBuffer()) } };
      },
    ];
    const faces = [...crisp.filter((_, i) => i % 3 === 0), ...soft.filter((_, i) => i % 3 === 0)];
    let flips = 0;
    for (const change of changes) {
      for (const [seed, view] of faces.entries()) {
        const verdicts = [score(view).verdict, score(await change(view, seed)).verdict];
        if (verdicts.includes('sharp') && verdicts.includes('blurred')) flips += 1;
      }
    }
    expect(flips / (changes.length * faces.length)).toBeLessThanOrEqual(0.01);
  });

  it('judges the face, not the background', () => {
    for (const view of crisp.filter((_, i) => i % 6 === 0)) {
      const blurred = gaussian(view.raster, 0.035 * faceWidth(view));
      expect(score({ ...view, raster: composite(view.raster, blurred, view.box) }).verdict).toBe(score(view).verdict);
      expect(score({ ...view, raster: composite(blurred, view.raster, view.box) }).verdict).toBe('blurred');
    }
  });
});
