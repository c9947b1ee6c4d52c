import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPipeline, openStages, PhotoError, readRaster, type PhotoStages, type Raster } from '../../src/index.js';
import { demoPhotos } from '../support/shared-data.js';

const [photo = ''] = demoPhotos;

describe('single stages', () => {
  let stages: PhotoStages;
  let raster: Raster;
  beforeAll(async () => {
    stages = await openStages();
    raster = await readRaster(photo);
  });
  afterAll(async () => { await stages.close(); });

  it('find, classify and score the faces that a run finds', async () => {
    const pipeline = await openPipeline({ workers: 1 });
    const { faces: expected } = await pipeline.judge(photo);
    await pipeline.close();
    const faces = (await stages.findFaces(raster)).sort((a, b) => b.box.width - a.box.width);
    const eyes = await stages.classifyEyes(raster, faces);
    expect(faces).toHaveLength(expected.length);
    expected.forEach(({ box, measured }, index) => {
      const face = faces[index];
      if (face === undefined) throw new Error('no such face');
      expect(face.box.x).toBeCloseTo(box.x, 6);
      expect(eyes[index]).toEqual(measured.classify);
      expect(stages.scoreBlur(raster, face)).toEqual(measured.blur);
    });
  });

  it('keep sharp as the process has it', async () => {
    sharp.concurrency(3);
    await readRaster(photo);
    expect(sharp.concurrency()).toBe(3);
  });
});

describe('a raster', () => {
  it('is upright, sRGB and whole, from a path or from bytes', async () => {
    const turned = await sharp(photo).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await readRaster(turned)).toMatchObject({ width: 1280, height: 1920, channels: 3 });
    expect(Buffer.compare((await readRaster(new Uint8Array(readFileSync(photo)))).data, (await readRaster(photo)).data)).toBe(0);
  });

  it('of what is no photo is an error with a reason in words', async () => {
    await expect(readRaster(new Uint8Array())).rejects.toThrow('The file is empty.');
    await expect(readRaster(photo, { config: { image: { max_megapixels: 1 } } })).rejects.toThrow(PhotoError);
  });
});
