import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { faceRegion } from '../../../src/classify/eye-crops.js';
import { headTurn } from '../../../src/core/face.js';
import type { Box } from '../../../src/core/raster.js';
import type { WantedPixels } from '../../../src/core/stage.js';
import { PhotoError } from '../../../src/image/decode.js';
import { loadConfig } from '../../../src/pipeline/config.js';
import { matchFaces, patchEye, photoFaces, standIn, wholePhoto } from '../../../src/train/data/labelled-eyes.js';
import { faceAt, gradient } from '../../pipeline/drawn-photo.js';
import { frontalView } from '../../support/views.js';
import { stubNets } from './stub-nets.js';

const square = (x: number, y: number, width: number): { readonly box: Box } => ({ box: { x, y, width, height: width } });

/** What was found at each labelled face. */
function match(labelled: readonly { readonly box?: Box }[], found: readonly { readonly box: Box }[]): unknown[] {
  const faces = matchFaces(labelled, found);
  expect(faces.map(({ labels }) => labels)).toEqual(labelled);
  return faces.map((face) => face.found);
}

describe('labelled faces', () => {
  const [large, small] = [square(300, 0, 120), square(0, 0, 100)];

  it('are the largest one found where no box says which', () => {
    expect(match([{}], [large, small])).toEqual([large]);
    expect(match([{}], [])).toEqual([undefined]);
  });

  it('are the ones found in their boxes, in whatever order either are', () => {
    expect(match([square(5, 5, 100), square(310, 10, 100)], [large, small])).toEqual([small, large]);
    expect(match([square(310, 10, 100), square(5, 5, 100)], [large, small])).toEqual([large, small]);
  });

  it('go without where nothing overlaps their boxes by a quarter', () => {
    // 63 px of 100 in common each way are 3969 of the 16 031 that both cover, 64 px are 4096 of 15 904.
    expect(match([square(37, 37, 100)], [small])).toEqual([undefined]);
    expect(match([square(36, 36, 100)], [small])).toEqual([small]);
  });

  it('are the one that fits the box best where several do', () => {
    const [low, high] = [square(0, 20, 100), square(0, -10, 100)];
    expect(match([square(0, 0, 100)], [low, high])).toEqual([high]);
    expect(match([square(0, 0, 100)], [high, low])).toEqual([high]);
  });

  it('get each found face but once: the one whose box fits it better has it', () => {
    const between = square(40, 0, 100);
    expect(match([square(0, 0, 100), square(50, 0, 100)], [between])).toEqual([undefined, between]);
    // The other one has what is left, where that fits it at all.
    expect(match([square(0, 0, 100), square(50, 0, 100)], [between, square(0, 20, 100)])).toEqual([square(0, 20, 100), between]);
  });
});

const config = loadConfig();
const folder = mkdtempSync(join(tmpdir(), 'labelled-eyes-'));
const [small, large, text] = [join(folder, 'small.png'), join(folder, 'large.png'), join(folder, 'text.png')];
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
beforeAll(async () => {
  writeFileSync(small, await gradient(300, 200));
  writeFileSync(large, await gradient(3000, 2400));
  writeFileSync(text, 'no picture');
});

describe('an eye patch', () => {
  it('is the whole image, with the crop that reaches a little beyond it', async () => {
    const { image, region, photoWidth } = await patchEye(small, config);
    expect([image.width, image.height]).toEqual([300, 200]);
    expect(region).toEqual({ center: { x: 150, y: 100 }, width: 360, angle: 0 });
    expect(photoWidth).toBe(360);
    await expect(patchEye(text, config)).rejects.toThrow(PhotoError);
  });
});

describe('a whole photo', () => {
  it('is shrunk as a run shrinks it, and lies in a square', async () => {
    const { image, region, photoWidth } = await wholePhoto(large, config);
    expect([image.width, image.height]).toEqual([1000, 800]);
    expect(region).toEqual({ center: { x: 500, y: 400 }, width: 1000, angle: 0 });
    expect(photoWidth).toBe(1000);
  });
});

describe('the faces of a photo', () => {
  it('are those that a run finds, largest first, with their eyes and the face as a whole', async () => {
    const faces = await photoFaces(small, stubNets([faceAt(10, 20, 50), faceAt(100, 20, 100)]), config);
    expect(faces.map(({ box }) => box)).toEqual([{ x: 100, y: 20, width: 100, height: 100 }, { x: 10, y: 20, width: 50, height: 50 }]);
    const [face] = faces;
    const view = frontalView({ data: new Uint8Array(), width: 300, height: 200, channels: 3 }, { x: 100, y: 20, width: 100, height: 100 });
    expect(face?.turn).toBe(headTurn(view.landmarks));
    expect(face?.whole.region).toEqual(faceRegion(view));
    expect(face?.whole.photoWidth).toBe(125);
    expect(face?.reasons).toEqual([]);
    expect(face?.eyes.left?.region.center).toEqual({ x: 170, y: 53 });
    expect(face?.eyes.right?.region.center).toEqual({ x: 130, y: 53 });
    expect(face?.eyes.left?.photoWidth).toBe(face?.eyes.left?.region.width);
  });

  it('have no eye where none can be looked at, but the reason why', async () => {
    const [face] = await photoFaces(small, stubNets([faceAt(250, 60, 80)]), config);
    expect(Object.keys(face?.eyes ?? {})).toEqual(['right']);
    expect(face?.reasons).toEqual(['eye out of frame']);
  });

  it('are seen at full size where the shrunk photo has too few px of an eye or a face, and their crops are that wide in the photo', async () => {
    const widths = async (side: number, wants?: WantedPixels): Promise<number[]> => {
      const [face] = await photoFaces(large, stubNets([faceAt(300, 300, side)]), config, wants);
      return [face?.whole.image.width ?? 0, Math.round((face?.whole.photoWidth ?? 0) / (face?.whole.region.width ?? 1)), Math.round((face?.eyes.left?.photoWidth ?? 0) / (face?.eyes.left?.region.width ?? 1))];
    };
    expect(await widths(200)).toEqual([1000, 3, 3]);
    expect(await widths(100)).toEqual([600, 1, 1]);
    expect(await widths(200, { face: 0, eye: 160 })).toEqual([1200, 1, 1]);
    expect(await widths(200, { face: 201, eye: 0 })).toEqual([1200, 1, 1]);
  });

  it('cannot be found in what is no photo', async () => {
    await expect(photoFaces(text, stubNets([]), config)).rejects.toThrow(PhotoError);
  });
});

describe('what is no face of a photo', () => {
  it('is judged as the left eye of a level face that looks at the camera, at its size in the photo', () => {
    const image = { data: new Uint8Array(600), width: 30, height: 20, channels: 1 } as const;
    const region = { center: { x: 15, y: 10 }, width: 36, angle: 0 };
    const view = standIn({ image, region, photoWidth: 72 });
    expect(view).toMatchObject({ raster: image, photo: image, scale: 2, box: { x: 0, y: 0, width: 30, height: 20 }, left: { region } });
    expect(view.right).toEqual({});
    expect([headTurn(view.landmarks), view.landmarks.faceScore]).toEqual([0, 1]);
    expect(faceRegion(view).angle).toBe(0);
  });
});
