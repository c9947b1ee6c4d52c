import { beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/pipeline/config.js';
import { Cropper } from '../../../src/train/detection/augment.js';
import { decodeScenes, type Scenes } from '../../../src/train/detection/scenes.js';
import { Random } from '../../../src/train/data/random.js';
import { drawnPhotos } from './detector-photos.js';

const SIZE = 128;

describe('training crops', () => {
  let scenes: Scenes;
  beforeAll(async () => { scenes = await decodeScenes(await drawnPhotos(3), loadConfig().image); });

  function crop(seed: number): { pixels: Uint8Array; faces: ReturnType<Cropper['crop']> } {
    const pixels = new Uint8Array(SIZE * SIZE * 3);
    return { faces: new Cropper(scenes, SIZE).crop(new Random(seed), pixels, 0), pixels };
  }

  it('are the same for the same seed, and others for another', () => {
    expect(crop(5)).toEqual(crop(5));
    expect(crop(5).pixels).not.toEqual(crop(6).pixels);
  });

  it('keep boxes and points on the faces, however they are turned and mirrored', () => {
    let judged = 0;
    let right = 0;
    for (let seed = 0; seed < 60; seed += 1) {
      const { pixels, faces } = crop(seed);
      const level = (x: number, y: number): number => pixels[3 * (Math.floor(y) * SIZE + Math.floor(x)) + 1] ?? 0;
      for (const { ignored, x, y, width, height, points = [] } of faces) {
        if (ignored || x < 0 || y < 0 || x + width > SIZE || y + height > SIZE || width < 20) continue;
        judged += 1;
        const [rightX = 0, rightY = 0, leftX = 0] = [points[4], points[5], points[10]];
        // The eye is darker than the cheek below it, and the right eye is on the left.
        if (level(rightX, rightY) < level(rightX, rightY + 0.25 * height) && rightX < leftX) right += 1;
      }
    }
    expect(judged).toBeGreaterThan(20);
    expect(right / judged).toBeGreaterThan(0.95);
  });

  it('take half-cut faces out of the count', () => {
    const faces = Array.from({ length: 60 }, (_, seed) => crop(seed).faces).flat();
    expect(faces.some(({ ignored }) => ignored)).toBe(true);
    for (const { x, width, y, height, ignored } of faces) {
      const inside = Math.max(0, Math.min(SIZE, x + width) - Math.max(0, x)) * Math.max(0, Math.min(SIZE, y + height) - Math.max(0, y));
      expect(ignored).toBe(inside < 0.5 * width * height);
    }
  });
});
