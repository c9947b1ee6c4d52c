import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutEyes } from '../../src/classify/eye-crops.js';
import type { Face } from '../../src/core/face.js';
import type { Point } from '../../src/core/raster.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { writeDebugCrops } from '../../src/pipeline/debug-crops.js';
import { seeFaces, type SeenFaces } from '../../src/pipeline/face-views.js';
import { StageClock } from '../../src/pipeline/stage-clock.js';
import { faceAt, gradient, opened, plain, StubFinder } from './drawn-photo.js';

const folder = mkdtempSync(join(tmpdir(), 'debug-crops-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** The pictures of a photo with these faces, px of the photo as it is decoded; gives what was seen. */
async function write(bytes: Buffer, photo: string, faces: readonly Face[]): Promise<SeenFaces> {
  const { photo: open, whole } = await opened(bytes);
  const stages = { config: loadConfig(), faces: new StubFinder([faces]), wants: { face: 0, eye: 0 } };
  const seen = await seeFaces(open, whole, stages, new StageClock());
  await writeDebugCrops(folder, { path: '/', photo }, whole, seen);
  return seen;
}

const colours = { blue: [0, 200, 255], green: [64, 255, 64], orange: [255, 176, 0] } as const;

/** What of a colour is no gray. */
function tint(colour: readonly number[]): number[] {
  const gray = colour.reduce((sum, value) => sum + value, 0) / 3;
  return colour.map((value) => value - gray);
}

/** Which colour a line near a point of a gray picture has. JPEG thins out the colour of thin lines. */
async function lineAt(name: string, { x, y }: Point): Promise<keyof typeof colours | 'none'> {
  const { channels } = await sharp(await sharp(join(folder, name)).extract({ left: Math.round(x) - 3, top: Math.round(y) - 3, width: 6, height: 6 }).toBuffer()).stats();
  const seen = tint(channels.map(({ mean }) => mean));
  if (Math.hypot(...seen) < 5) return 'none';
  const likeness = (colour: readonly number[]): number => tint(colour).reduce((sum, value, channel) => sum + value * (seen[channel] ?? 0), 0) / Math.hypot(...tint(colour));
  return (['blue', 'green', 'orange'] as const).reduce((best, name) => (likeness(colours[name]) > likeness(colours[best]) ? name : best));
}

describe('the drawing of a photo', () => {
  const face = faceAt(200, 100, 300, 240);

  beforeAll(async () => { await write(await plain(900, 600), 'upright.jpg', [face]); });

  it.each<[string, Point]>([
    ['top left', { x: 200, y: 100 }], ['top right', { x: 500, y: 100 }], ['bottom right', { x: 500, y: 340 }], ['bottom left', { x: 200, y: 340 }],
    ['top', { x: 350, y: 100 }], ['left', { x: 200, y: 280 }], ['bottom', { x: 350, y: 340 }], ['right', { x: 500, y: 280 }],
  ])('has a box around the face: %s', async (_, point) => {
    expect(await lineAt('upright.jpg.faces.jpg', point)).toBe('blue');
  });

  it('has a rectangle around each eye, three wide to two high: green around the left one, orange around the right one', async () => {
    const seen = await write(await plain(900, 600), 'eyes.jpg', [face]);
    for (const [side, colour] of [['left', 'green'], ['right', 'orange']] as const) {
      const region = seen.faces[0]?.[side].region;
      if (region === undefined) throw new Error('an eye is missing');
      const { center: { x, y }, width } = region;
      for (const [right, down] of [[-1 / 2, 0], [1 / 2, 0], [0, -1 / 3], [0, 1 / 3]] as const) {
        expect(await lineAt('eyes.jpg.faces.jpg', { x: x + right * width, y: y + down * width })).toBe(colour);
      }
      expect(await lineAt('eyes.jpg.faces.jpg', { x, y })).toBe('none');
    }
  });

  it('has the rectangles turned as the eyes are', async () => {
    const [cos, sin] = [Math.cos(0.6), Math.sin(0.6)];
    const middle = { x: 350, y: 200 };
    const turned = ({ x, y }: Point): Point =>
      ({ x: middle.x + (x - middle.x) * cos - (y - middle.y) * sin, y: middle.y + (x - middle.x) * sin + (y - middle.y) * cos });
    const { left, right, nose, mouth, faceScore } = face.landmarks;
    const eye = ({ outer, inner, center }: typeof left): typeof left => ({ outer: turned(outer), inner: turned(inner), center: turned(center) });
    const seen = await write(await plain(900, 600), 'turned.jpg', [{ ...face, landmarks: { left: eye(left), right: eye(right), nose: turned(nose), mouth, faceScore } }]);
    for (const [side, colour] of [['left', 'green'], ['right', 'orange']] as const) {
      const region = seen.faces[0]?.[side].region;
      if (region === undefined) throw new Error('an eye is missing');
      const { center: { x, y }, width } = region;
      for (const [u, v] of [[-1 / 2, 0], [1 / 2, 0], [0, -1 / 3], [0, 1 / 3]] as const) {
        expect(await lineAt('turned.jpg.faces.jpg', { x: x + width * (u * cos - v * sin), y: y + width * (u * sin + v * cos) })).toBe(colour);
      }
      expect(await lineAt('turned.jpg.faces.jpg', { x: x + width / 2 * cos, y: y - width / 2 * sin })).not.toBe(colour);
    }
  });

  it('has them where they are in the shrunk photo', async () => {
    await write(await plain(3000, 2400), 'large.jpg', [faceAt(300, 200, 240)]);
    const { width, height } = await sharp(join(folder, 'large.jpg.faces.jpg')).metadata();
    expect([width, height]).toEqual([1000, 800]);
    expect(await lineAt('large.jpg.faces.jpg', { x: 300, y: 400 })).toBe('blue');
    expect(await lineAt('large.jpg.faces.jpg', { x: 540, y: 400 })).toBe('blue');
  });

  it('has no rectangle around an eye that is not looked at', async () => {
    await write(await plain(900, 600), 'far.jpg', [faceAt(800, 100, 140)]);
    // The right eye is in the photo.
    expect(await lineAt('far.jpg.faces.jpg', { x: 842, y: 100 + 0.33 * 140 - 0.36 * 140 / 3 })).not.toBe('green');
    expect(readdirSync(folder).filter((name) => name.startsWith('far.jpg')).sort()).toEqual(['far.jpg.eye-1.png', 'far.jpg.faces.jpg']);
  });
});

describe('the crops of a photo', () => {
  it('are what the classifier sees of each eye, numbered face by face, left before right, in the folder that the photo lies in', async () => {
    const { views } = await write(await gradient(900, 600), 'a/b/two.jpg', [faceAt(100, 100, 300), faceAt(500, 200, 300)]);
    const expected = views.flatMap((view) => {
      const { left, right } = cutEyes(view, 48, 32);
      return [left, right];
    });
    expect(expected).toHaveLength(4);
    for (const [index, crop] of expected.entries()) {
      const { data, info } = await sharp(join(folder, 'a', 'b', `two.jpg.eye-${String(index + 1)}.png`)).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, info.channels]).toEqual([48, 32, 1]);
      expect(Buffer.compare(data, Buffer.from(crop?.data ?? []))).toBe(0);
    }
    expect(readdirSync(join(folder, 'a', 'b'))).toHaveLength(5);
  });
});

describe('pictures of what was found', () => {
  const face = faceAt(200, 100, 300, 240);

  it('take the place of earlier ones, and of nothing else', async () => {
    const bytes = await plain(900, 600);
    await write(bytes, 'again.jpg', [face]);
    const before = readFileSync(join(folder, 'again.jpg.faces.jpg'));
    await write(bytes, 'again.jpg', []);
    expect(readFileSync(join(folder, 'again.jpg.faces.jpg')).equals(before)).toBe(false);
    writeFileSync(join(folder, 'mine.jpg.faces.jpg'), bytes);
    await expect(write(bytes, 'mine.jpg', [face])).rejects.toThrow(/mine\.jpg\.faces\.jpg is there already, and is no picture of what was found/);
    expect(readFileSync(join(folder, 'mine.jpg.faces.jpg')).equals(bytes)).toBe(true);
  });

  it('are written through no link', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'elsewhere-'));
    symlinkSync(join(elsewhere, 'new.jpg'), join(folder, 'link.jpg.faces.jpg'));
    await expect(write(await plain(900, 600), 'link.jpg', [face])).rejects.toThrow(/is there already/);
    mkdirSync(join(elsewhere, 'sub'));
    symlinkSync(join(elsewhere, 'sub'), join(folder, 'linked'));
    await expect(write(await plain(900, 600), 'linked/a.jpg', [face])).rejects.toThrow(/is a link that leads out of/);
    expect(readdirSync(elsewhere, { recursive: true })).toEqual(['sub']);
  });
});
