/**
 * The path of every camera's photo: shrunk while it is opened, faces found there, judged in the pixels that the camera gave.
 */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutEyes } from '../../src/classify/eye-crops.js';
import type { FaceView } from '../../src/core/face.js';
import type { FaceResult, PhotoResult } from '../../src/core/result.js';
import { decodePhoto, openPhoto, shrinkFor, type DecodedPhoto } from '../../src/image/decode.js';
import { boxInPhoto, isFullSize } from '../../src/image/view.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { seeFaces, type SeenFaces } from '../../src/pipeline/face-views.js';
import { processPhoto } from '../../src/pipeline/photo.js';
import { StageClock } from '../../src/pipeline/stage-clock.js';
import { createStages, type Stages } from '../../src/pipeline/stages.js';
import { enlarged, largePhoto } from '../support/large-photo.js';
import { demoPhotos } from '../support/shared-data.js';

const config = loadConfig();
const results: { small?: PhotoResult; large?: PhotoResult } = {};
let stages: Stages;
let whole: DecodedPhoto;
let full: DecodedPhoto;
let seen: SeenFaces;

beforeAll(async () => {
  stages = await createStages(config);
  const path = await largePhoto();
  const photo = await openPhoto(path, config.image);
  whole = await decodePhoto(photo, shrinkFor(photo, config.image.decode_side));
  full = await decodePhoto(photo, 1);
  seen = await seeFaces(photo, whole, stages, new StageClock());
  results.large = await processPhoto({ path, photo: 'large.jpg' }, stages, { config });
  results.small = await processPhoto({ path: demoPhotos[0] ?? '', photo: 'small.jpg' }, stages, { config });
}, 120_000);
afterAll(async () => { await stages.release(); });

/** A face's view, in px of the whole photo at full size. */
function inFull(view: FaceView, place: DecodedPhoto): FaceView {
  const moved = ({ x, y }: { readonly x: number; readonly y: number }): { x: number; y: number } => ({ x: x + place.left, y: y + place.top });
  const eye = (sight: FaceView['left']): FaceView['left'] =>
    sight.region === undefined ? sight : { ...sight, region: { ...sight.region, center: moved(sight.region.center) } };
  return { ...view, raster: full.raster, box: boxInPhoto(view.box, place), left: eye(view.left), right: eye(view.right) };
}

describe('a photo of 25 megapixels', () => {
  it('is shrunk while it is opened, and its small faces are looked at again at full size', () => {
    expect(whole.scaleX).toBeCloseTo(5, 1);
    expect(isFullSize(seen.detail)).toBe(true);
    expect(seen.detail.left).toBeGreaterThan(0);
    expect(seen.detail.top).toBeGreaterThan(0);
    expect(seen.views.filter(({ raster }) => raster === seen.detail.raster).length).toBeGreaterThan(0);
  });

  it('gives each face and eye the place that the same photo has it at, in px of the large one', () => {
    const [small, large] = [results.small?.faces ?? [], results.large?.faces ?? []];
    expect(large).toHaveLength(small.length);
    for (const [index, face] of large.entries()) {
      const other = small[index];
      for (const [box, expected] of [[face.box, other?.box], [face.eyeBoxes.left, other?.eyeBoxes.left], [face.eyeBoxes.right, other?.eyeBoxes.right]]) {
        const center = (of: typeof box): number[] => of === undefined ? [] : [of.x + of.width / 2, of.y + of.height / 2];
        const tolerance = 0.06 * face.box.width;
        for (const [axis, value] of center(box).entries()) {
          expect(Math.abs(value - enlarged * (center(expected)[axis] ?? Number.NaN))).toBeLessThan(tolerance);
        }
      }
    }
  });

  it('has its eyes cut where they are, wherever the part of the photo begins that was decoded for them', () => {
    for (const view of seen.views.filter(({ raster }) => raster === seen.detail.raster)) {
      const [cut, expected] = [cutEyes(view, 48, 32), cutEyes(inFull(view, seen.detail), 48, 32)];
      for (const side of ['left', 'right'] as const) {
        // A part of a JPEG is decoded to the same pixels, but for what upsampling of colours takes from beyond its edge.
        const off = [...cut[side]?.data ?? []].map((value, at) => Math.abs(value - (expected[side]?.data[at] ?? 0)));
        expect(Math.max(...off)).toBeLessThanOrEqual(2);
      }
    }
  });

  it('is measured by every stage from those pixels', async () => {
    const views = seen.views.filter(({ raster }) => raster === seen.detail.raster);
    const [part, all] = [await stages.measure(views, new StageClock()), await stages.measure(views.map((view) => inFull(view, seen.detail)), new StageClock())];
    for (const [index, { classify, blur, exposure }] of part.entries()) {
      expect(classify.state).toBe(all[index]?.classify.state);
      expect(blur.laplacianVariance / (all[index]?.blur.laplacianVariance ?? 0)).toBeCloseTo(1, 2);
      expect(exposure.luminance).toBeCloseTo(all[index]?.exposure.luminance ?? 0, 0);
    }
  });

  it('has the eyes of the same photo, open and closed', () => {
    const states = (result: PhotoResult | undefined): string[] => (result?.faces ?? []).map(({ measured }) => measured.classify.state);
    expect(states(results.large)).toEqual(states(results.small));
    expect(new Set(states(results.large)).size).toBeGreaterThan(1);
  });
});

describe('a large photo whose faces are sharp only when they are seen small', () => {
  it('is sharp in the px of the shrunk photo, and blurred for a print where it is opened once more for those', async () => {
    const content = await sharp(demoPhotos[2]).extract({ left: 240, top: 100, width: 1440, height: 1000 })
      .resize(5184, 3600, { kernel: 'lanczos3' }).jpeg({ quality: 90 }).toBuffer();
    const closer = await createStages(loadConfig(undefined, ['blur.second_decode=true']));
    const largest = async (by: Stages): Promise<FaceResult | undefined> =>
      (await processPhoto({ path: 'soft.jpg', photo: 'soft.jpg', content }, by, { config: by.config })).faces[0];
    const [shrunk, full] = [await largest(stages), await largest(closer)];
    expect(shrunk?.box).toEqual(full?.box);
    expect(shrunk?.box.width).toBeGreaterThan(800);
    expect(shrunk?.measured.blur).toMatchObject({ verdict: 'sharp' });
    expect(shrunk?.measured.blur.needed).toBeLessThan(200);
    expect(full?.measured.blur).toMatchObject({ verdict: 'blurred', needed: 400 });
    expect(full?.measured.blur.detail).toBeCloseTo(206, -1);
    await closer.release();
  });
});
