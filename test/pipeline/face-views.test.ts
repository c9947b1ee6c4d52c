import { describe, expect, it } from 'vitest';
import type { Face, FaceView } from '../../src/core/face.js';
import type { WantedPixels } from '../../src/core/stage.js';
import type { DecodedPhoto } from '../../src/image/decode.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { seeFaces, smallestFace, type SeenFaces } from '../../src/pipeline/face-views.js';
import { StageClock } from '../../src/pipeline/stage-clock.js';
import { faceAt, gradient, opened, plain, StubFinder } from './drawn-photo.js';

interface Look extends SeenFaces {
  /** Width of each picture in which faces were looked for, px. */
  readonly widths: readonly number[];
  readonly times: Readonly<Record<string, number>>;
}

interface Given {
  readonly wants?: Partial<WantedPixels>;
  readonly set?: readonly string[];
}

async function see(bytes: Buffer, looks: readonly (readonly Face[])[], { wants, set }: Given = {}): Promise<Look & Awaited<ReturnType<typeof opened>>> {
  const { photo, whole } = await opened(bytes);
  const finder = new StubFinder(looks);
  const clock = new StageClock();
  const seen = await seeFaces(photo, whole, { config: loadConfig(undefined, set), faces: finder, wants: { face: 0, eye: 0, ...wants } }, clock);
  return { ...seen, photo, whole, widths: finder.shown.map(({ width }) => width), times: clock.times() };
}

const small = await gradient(300, 200);
/** Shrunk to 1000 x 800 when it is opened. */
const large = await gradient(3000, 2400);

/** The colour in the middle of a face's box. */
function colourOf({ raster, box }: FaceView): number[] {
  const at = 3 * (Math.floor(box.y + box.height / 2) * raster.width + Math.floor(box.x + box.width / 2));
  return [...raster.data.subarray(at, at + 2)];
}

/** Where a part of a photo begins, at which scale, and its size; pixels are not compared as such, for no failure could be printed. */
function placeOf({ left, top, scaleX, scaleY, raster }: DecodedPhoto): number[] {
  return [left, top, scaleX, scaleY, raster.width, raster.height];
}

describe('the faces of a small photo', () => {
  it('are seen where they were found, in its own pixels, however many px are wanted', async () => {
    const face = faceAt(100, 60, 60);
    const { faces, views, detail, whole, times } = await see(small, [[face]], { wants: { face: 500, eye: 500 } });
    expect(faces).toMatchObject([{ box: face.box, score: 0.9, landmarks: face.landmarks }]);
    expect(detail === whole).toBe(true);
    expect(views.map(({ box, landmarks, scale }) => ({ box, landmarks, scale }))).toEqual([{ box: face.box, landmarks: face.landmarks, scale: 1 }]);
    expect(views[0]?.raster === whole.raster).toBe(true);
    expect(times).toEqual({ detect: 2, landmarks: 2 });
  });

  it('have their eyes, or the reason why one is not looked at', async () => {
    const { faces: [inside, beyond], views: [, view] } = await see(small, [[faceAt(100, 60, 60), faceAt(250, 60, 80)]]);
    expect(inside?.left.region?.center).toEqual({ x: 142, y: 60 + 0.33 * 60 });
    expect(inside?.right.region?.center).toEqual({ x: 118, y: 60 + 0.33 * 60 });
    expect(beyond).toMatchObject({ left: { reason: 'eye out of frame' }, right: { region: { center: { x: 274 } } } });
    expect([view?.left, view?.right.region]).toEqual([beyond?.left, beyond?.right.region]);
  });

  it('come with what the detector says of their eyes, if it says anything', async () => {
    const detected = { left: { open: 0.9, visible: 0.99 } };
    const { faces, views } = await see(small, [[{ ...faceAt(100, 60, 60), detected }, faceAt(200, 60, 60)]]);
    expect(faces.map((face) => face.detected)).toEqual([detected, undefined]);
    expect(views.map((view) => view.detected)).toEqual([detected, undefined]);
  });

  it('are left out where they are narrower than detect.min_face', async () => {
    const { faces, views } = await see(small, [[faceAt(10, 10, 20), faceAt(100, 10, 19.9)]], { set: ['detect.min_face=20'] });
    expect(faces.map(({ box }) => box.width)).toEqual([20]);
    expect(views.length).toBe(1);
  });
});

describe('the faces of a photo that is shrunk while it is opened', () => {
  it('have their places in px of the photo, and are judged in the shrunk one where they have the px', async () => {
    const face = faceAt(500, 300, 200);
    const { faces, views: [view], detail, whole, times } = await see(large, [[face]], { wants: { face: 112, eye: 48 } });
    expect(faces[0]?.box).toEqual({ x: 1500, y: 900, width: 600, height: 600 });
    expect(faces[0]?.landmarks.nose).toEqual({ x: 1800, y: 900 + 0.57 * 600 });
    expect(faces[0]?.left.region?.center.x).toBeCloseTo(1920, 6);
    expect(detail === whole).toBe(true);
    expect([view?.box, view?.scale]).toEqual([face.box, 3]);
    expect(view?.landmarks.nose.y).toBeCloseTo(414, 6);
    expect(view?.left.region?.center.x).toBeCloseTo(640, 6);
    expect(view?.raster === whole.raster).toBe(true);
    expect(times['decode']).toBeUndefined();
  });

  it('are decoded again at full size, with as much around them as they are wide, where they have too few px', async () => {
    const { faces, views: [near, far], detail, whole, times } = await see(large, [[faceAt(500, 300, 200), faceAt(100, 100, 60)]], { wants: { face: 112 } });
    expect(faces).toHaveLength(2);
    expect(placeOf(detail)).toEqual([210, 210, 1, 1, 360, 360]);
    expect([near?.raster === whole.raster, far?.raster === detail.raster]).toEqual([true, true]);
    expect([far?.box, far?.scale]).toEqual([{ x: 90, y: 90, width: 180, height: 180 }, 1]);
    expect(far?.landmarks.nose.y).toBeCloseTo(90 + 0.57 * 180, 6);
    expect(far?.left.region?.center.x).toBeCloseTo(90 + 0.7 * 180, 6);
    expect(far?.right.region?.center.y).toBeCloseTo(90 + 0.33 * 180, 6);
    expect([near, far].map((view) => view?.photo === whole.raster)).toEqual([true, true]);
    expect(times['decode']).toBeGreaterThan(0);
  });

  it('show the same place of the photo in either', async () => {
    const { views: [shrunk, full] } = await see(large, [[faceAt(500, 300, 200), faceAt(100, 100, 60)]], { wants: { face: 112 } });
    if (shrunk === undefined || full === undefined) throw new Error('a face is missing');
    // The photo gets redder to the right, up to 255, and greener to the bottom.
    expect(colourOf(shrunk)).toEqual([Math.floor(256 * 0.6), Math.floor(256 * 0.5)]);
    expect(colourOf(full)).toEqual([Math.floor(256 * 0.13), Math.floor(256 * 0.1625)]);
  });

  it('are decoded in one part of the photo that holds all small ones', async () => {
    const { detail, views } = await see(large, [[faceAt(100, 100, 60), faceAt(700, 500, 50)]], { wants: { face: 112 } });
    expect(placeOf(detail)).toEqual([210, 210, 1, 1, 2325 - 210, 1725 - 210]);
    expect(views.map(({ raster }) => raster === detail.raster)).toEqual([true, true]);
  });

  it.each<[string, Face, Partial<WantedPixels>, boolean]>([
    ['of as many px as are wanted', faceAt(300, 300, 112), { face: 112 }, false],
    ['of fewer', faceAt(300, 300, 111), { face: 112 }, true],
    ['that is too narrow', faceAt(300, 300, 111, 150), { face: 112 }, true],
    ['that is too low', faceAt(300, 300, 150, 111), { face: 112 }, true],
    ['whose eyes have the px that are wanted', faceAt(300, 300, 200), { eye: 60 }, false],
    ['whose eyes have fewer', faceAt(300, 300, 200), { eye: 100 }, true],
    ['without an eye that can be looked at', { ...faceAt(300, 300, 200), landmarks: { ...faceAt(300, 300, 200).landmarks, faceScore: 0 } }, { eye: 100 }, false],
  ])('a face %s', async (_, face, wants, closer) => {
    const { detail, whole } = await see(large, [[face]], { wants });
    expect(detail !== whole).toBe(closer);
  });

  it('count as found once where two looks found them', async () => {
    const crowd = [faceAt(100, 100, 20), faceAt(200, 100, 20), faceAt(300, 100, 20)];
    const closer = [faceAt(302, 302, 58, 58, 0.95), faceAt(1200, 900, 45)];
    const { faces, widths } = await see(large, [crowd, closer]);
    expect(widths).toEqual([1000, 3000]);
    expect(faces.map(({ box, score }) => [box.x, score])).toEqual([[302, 0.95], [600, 0.9], [900, 0.9], [1200, 0.9]]);
  });
});

describe('a group whose faces are small in the shrunk photo', () => {
  const wide = plain(9000, 1800);
  const group = (...widths: number[]): Face[] => widths.map((width, index) => faceAt(20 + 150 * index, 50, width));
  const widthsSeen = async (faces: Face[], set?: readonly string[]): Promise<readonly number[]> => (await see(await wide, [faces], { set: set ?? [] })).widths;

  it('is looked for again in a larger picture, and the smaller its third smallest face, the larger', async () => {
    expect(await widthsSeen(group(39, 39, 39))).toEqual([1000, 1800]);
    expect(await widthsSeen(group(200, 20, 300, 21, 39))).toEqual([1000, 1800]);
    expect(await widthsSeen(group(20, 20, 20))).toEqual([1000, 3000]);
    expect(await widthsSeen(group(12, 12, 12))).toEqual([1000, 9000]);
  });

  it('is not where its third smallest face has 40 px, or there are no three', async () => {
    expect(await widthsSeen(group(20, 20, 40, 40))).toEqual([1000]);
    expect(await widthsSeen(group(20, 20))).toEqual([1000]);
    expect(await widthsSeen([])).toEqual([1000]);
  });

  it('is not looked for below detect.smallest, nor for next to nothing', async () => {
    expect(await widthsSeen(group(12, 12, 12), ['detect.smallest=2'])).toEqual([1000, 3000]);
    expect(await widthsSeen(group(12, 12, 12), ['detect.smallest=3.2'])).toEqual([1000, 1800]);
    expect(await widthsSeen(group(12, 12, 12), ['detect.smallest=3.5'])).toEqual([1000]);
  });

  it('is not where the photo has no more px', async () => {
    expect((await see(small, [[faceAt(10, 10, 20), faceAt(50, 10, 20), faceAt(90, 10, 20)]])).widths).toEqual([300]);
  });

  it('is looked for in a picture of 4096 px, or the next larger one that is cheap, at most', async () => {
    const { widths } = await see(await plain(12_600, 300), [group(12, 12, 12)], { set: ['detect.smallest=0.5'] });
    expect(widths).toEqual([1400, 4200]);
  });

  it('has the time of opening the larger picture counted', async () => {
    const { times } = await see(await wide, [group(20, 20, 20)]);
    expect(times).toMatchObject({ detect: 4, landmarks: 4 });
    expect(times['decode']).toBeGreaterThan(0);
  });
});

describe('the smallest face that is looked for', () => {
  it('is what the finder finds, of the longer side, and no less than is set in px', () => {
    const stages = { faces: new StubFinder([], 0.02), config: loadConfig(undefined, ['detect.min_face=12']) };
    expect(smallestFace({ width: 3000, height: 2000 }, stages)).toBe(60);
    expect(smallestFace({ width: 2000, height: 3000 }, stages)).toBe(60);
    expect(smallestFace({ width: 300, height: 200 }, stages)).toBe(12);
  });
});
