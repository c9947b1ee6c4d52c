import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { Face } from '../../src/core/face.js';
import type { Measurements } from '../../src/core/measurements.js';
import { headPose } from '../../src/core/pose.js';
import type { PhotoFile, PhotoResult } from '../../src/core/result.js';
import { PhotoError } from '../../src/image/decode.js';
import { lookOf } from '../../src/image/look.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { processPhoto, type PhotoSettings } from '../../src/pipeline/photo.js';
import type { Stages } from '../../src/pipeline/stages.js';
import { measured } from '../support/measured.js';
import { faceAt, gradient, opened, plain, StubFinder } from './drawn-photo.js';

const folder = mkdtempSync(join(tmpdir(), 'photo-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const config = loadConfig();
const bytes = await gradient(600, 400);
const path = join(folder, 'anna.png');
writeFileSync(path, bytes);
const file: PhotoFile = { path, photo: 'sub/anna.png' };

const closedEyes = measured({
  classify: { state: 'closed', closed: 0.99, profile: false, left: { state: 'closed', open: 0.01 }, right: { state: 'closed', open: 0.01 } },
});

/** Stages that find these faces, and measure of the n-th what the n-th is said to be; of others that nothing is to be said. */
function stagesWith(faces: readonly Face[], values: readonly Measurements[] = [], set: readonly string[] = []): Stages & { readonly turns: string[] } {
  const turns: string[] = [];
  return {
    config: loadConfig(undefined, set), turns,
    faces: new StubFinder([faces]),
    wants: { face: 0, eye: 0 },
    measure: (views, clock) => clock.time('blur', () => views.map((_, index) => values[index] ?? measured())),
    exclusive: async (work) => {
      turns.push('begin');
      const result = await work();
      turns.push('end');
      return result;
    },
    release: () => Promise.resolve(),
  };
}

const judge = (faces: readonly Face[], values: readonly Measurements[] = [], settings: Partial<PhotoSettings> = {}, given = file): Promise<PhotoResult> =>
  processPhoto(given, stagesWith(faces, values), { config, ...settings });

describe('a photo that was judged', () => {
  it('has its name, size, hash, times and look, and the verdict on its faces', async () => {
    const result = await judge([faceAt(100, 80, 200)]);
    expect(result).toMatchObject({ photo: 'sub/anna.png', status: 'ok', width: 600, height: 400, verdict: 'keep', reasons: [], capture: {} });
    expect(result.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(Object.keys(result.times).sort()).toEqual(['blur', 'decode', 'detect', 'landmarks', 'look']);
    expect(result.look).toEqual(lookOf((await opened(bytes)).whole.raster));
    expect(result).not.toHaveProperty('preview');
    expect(result).not.toHaveProperty('error');
  });

  it('has of each face its box, landmarks, pose, eyes, look, what was measured and what that means', async () => {
    const face = faceAt(100, 80, 200);
    const { faces: [found], verdict, reasons } = await judge([face], [closedEyes]);
    expect(found).toMatchObject({ box: face.box, score: 0.9, landmarks: face.landmarks, measured: closedEyes, bystander: false });
    expect(found?.pose).toEqual(headPose(face.landmarks));
    expect(found?.pose).toBeDefined();
    expect(found?.look).toEqual(lookOf((await opened(bytes)).whole.raster, face.box));
    expect(found?.reasons).toEqual([{ text: 'eyes closed', verdict: 'reject' }]);
    for (const side of ['left', 'right'] as const) {
      const box = found?.eyeBoxes[side];
      expect((box?.x ?? 0) + (box?.width ?? 0) / 2).toBeCloseTo(face.landmarks[side].center.x, 6);
      expect((box?.y ?? 0) + (box?.height ?? 0) / 2).toBeCloseTo(face.landmarks[side].center.y, 6);
    }
    expect([verdict, reasons]).toEqual(['reject', ['eyes closed']]);
  });

  it('has no eye box where an eye was not looked at, and no pose where the landmarks do not say', async () => {
    const { faces: [cut] } = await judge([faceAt(520, 80, 160)]);
    expect(Object.keys(cut?.eyeBoxes ?? {})).toEqual(['right']);
    const point = { x: 150, y: 150 };
    const eye = { outer: point, inner: point, center: point };
    const { faces: [odd] } = await judge([{ ...faceAt(100, 80, 200), landmarks: { left: eye, right: eye, nose: point, mouth: { left: point, right: point }, faceScore: 1 } }]);
    expect(odd).not.toHaveProperty('pose');
  });

  it('has its faces largest first, of those that are as large the one to the left, then the one above', async () => {
    const places: [number, number, number][] = [[300, 0, 50], [100, 200, 50], [400, 200, 100], [100, 100, 50]];
    const { faces } = await judge(places.map(([x, y, width]) => faceAt(x, y, width)));
    expect(faces.map(({ box: { x, y } }) => [x, y])).toEqual([[400, 200], [100, 100], [100, 200], [300, 0]]);
  });

  it('has boxes that end where the photo ends, and only what is in it makes a face large', async () => {
    const { faces } = await judge([faceAt(-100, -100, 220), faceAt(500, 100, 200), faceAt(200, 100, 130)]);
    expect(faces.map(({ box }) => box)).toEqual([
      { x: 500, y: 100, width: 100, height: 200 }, { x: 200, y: 100, width: 130, height: 130 }, { x: 0, y: 0, width: 120, height: 120 },
    ]);
  });

  it('gives small faces beside a large one no say', async () => {
    const faces = [faceAt(0, 0, 200), faceAt(300, 0, 99), faceAt(300, 200, 100)];
    const result = await judge(faces, [measured(), closedEyes, measured()]);
    expect(result.faces.map(({ bystander }) => bystander)).toEqual([false, false, true]);
    expect([result.verdict, result.reasons]).toEqual(['keep', []]);
    const stages = stagesWith(faces, [measured(), closedEyes, measured()], ['verdict.min_relative_area=0.2']);
    expect(await processPhoto(file, stages, { config })).toMatchObject({ verdict: 'reject', reasons: ['face 3: eyes closed'] });
  });

  it('is judged as strictly as its stages are set', async () => {
    const unsure = measured({ blur: { sharpness: 48, verdict: 'unsure', kind: 'none', detail: 100, needed: 100, laplacianVariance: 100 } });
    const verdict = async (strictness: string): Promise<string> =>
      (await processPhoto(file, stagesWith([faceAt(0, 0, 200), faceAt(300, 0, 190), faceAt(0, 200, 190)], [unsure], [`verdict.strictness=${strictness}`]), { config })).verdict;
    expect([await verdict('lenient'), await verdict('strict')]).toEqual(['keep', 'review']);
  });

  it('has no face, and is for someone to look at, where none was found', async () => {
    expect(await judge([])).toMatchObject({ status: 'no_face', faces: [], verdict: 'review', reasons: ['no face found'] });
  });

  it('says down to which size faces were looked for, where one is nearly as small', async () => {
    expect((await judge([faceAt(0, 0, 23)])).reasons).toEqual(['faces below 12 px not looked for']);
    expect((await judge([faceAt(0, 0, 24)])).reasons).toEqual([]);
  });

  it('is for someone to look at where a part of it is missing', async () => {
    const jpeg = await sharp(bytes).jpeg().toBuffer();
    const cut: PhotoFile = { path: '', content: jpeg.subarray(0, jpeg.length - 400), photo: 'cut.jpg' };
    const result = await judge([faceAt(100, 80, 200)], [closedEyes], {}, cut);
    expect(result.status).toBe('error');
    const restart = Buffer.from(jpeg);
    restart.fill(0xff, Math.floor(0.7 * jpeg.length), Math.floor(0.7 * jpeg.length) + 40);
    const damaged = await judge([faceAt(100, 80, 200)], [closedEyes], {}, { path: '', content: restart, photo: 'damaged.jpg' });
    expect(damaged).toMatchObject({ status: 'ok', verdict: 'review', reasons: ['photo damaged', 'eyes closed'] });
  });
});

describe('a photo that lies elsewhere than in a file of its own', () => {
  it('is judged from its bytes, wherever in memory they begin', async () => {
    const around = Buffer.concat([Buffer.alloc(7, 1), bytes, Buffer.alloc(9, 1)]);
    const content = new Uint8Array(around.buffer, around.byteOffset + 7, bytes.length);
    const result = await judge([], [], {}, { path: '/not/there.png', content, photo: 'memory.png' });
    expect(result).toMatchObject({ status: 'no_face', width: 600, sha256: createHash('sha256').update(bytes).digest('hex') });
  });

  it('is judged from a part of a file', async () => {
    const tar = join(folder, 'some.tar');
    writeFileSync(tar, Buffer.concat([Buffer.alloc(512), bytes, Buffer.alloc(512)]));
    const result = await judge([], [], {}, { path: tar, photo: 'in.png', part: { offset: 512, length: bytes.length } });
    expect(result).toMatchObject({ status: 'no_face', width: 600, sha256: createHash('sha256').update(bytes).digest('hex') });
  });
});

describe('the pictures of a photo', () => {
  it('are made for the page where they are wanted: one a face, in their order', async () => {
    const { preview } = await judge([faceAt(0, 0, 100), faceAt(200, 0, 200)], [], { previews: true });
    expect(preview?.faces).toHaveLength(2);
    const widths = await Promise.all((preview?.faces ?? []).map(async ({ face }) => (await sharp(face).metadata()).width));
    expect(widths[0]).toBeGreaterThan(widths[1] ?? Infinity);
    expect(await judge([], [], { previews: false })).not.toHaveProperty('preview');
  });

  it('are cut from the px that the camera gave, where a face was looked at closer', async () => {
    const large: PhotoFile = { path: '', content: await plain(3000, 2400), photo: 'large.jpg' };
    const stages = { ...stagesWith([faceAt(300, 300, 60)]), wants: { face: 112, eye: 0 } };
    const { preview } = await processPhoto(large, stages, { config, previews: true });
    // 60 px in the shrunk photo, 180 in the photo, and some room around them.
    expect((await sharp(preview?.faces[0]?.face).metadata()).width).toBeGreaterThan(180);
  });

  it('of what was measured where are written into a folder that is named', async () => {
    const crops = join(folder, 'crops');
    await judge([faceAt(100, 80, 200)]);
    expect(existsSync(crops)).toBe(false);
    await judge([faceAt(100, 80, 200)], [], { debugCrops: crops });
    expect(readdirSync(join(crops, 'sub')).sort()).toEqual(['anna.png.eye-1.png', 'anna.png.eye-2.png', 'anna.png.faces.jpg']);
  });
});

describe('a photo that cannot be judged', () => {
  const errorOf = async (given: PhotoFile, stages: Stages = stagesWith([])): Promise<PhotoResult> => processPhoto(given, stages, { config });

  it('says what is wrong with its file, and has no hash where there are no bytes', async () => {
    const gone = await errorOf({ path: join(folder, 'gone.jpg'), photo: 'gone.jpg' });
    expect(gone).toMatchObject({ photo: 'gone.jpg', status: 'error', faces: [] });
    expect(gone.error).toMatch(/^The file cannot be read: it does not exist/);
    expect(gone).not.toHaveProperty('sha256');
  });

  it('has its hash where its bytes are no picture', async () => {
    const text = Buffer.from('not a picture');
    const result = await errorOf({ path: '', content: text, photo: 'text.jpg' });
    expect(result).toMatchObject({ status: 'error', sha256: createHash('sha256').update(text).digest('hex') });
    expect(result.error).not.toMatch(/^Unexpected/);
  });

  it('keeps to the limits that are set', async () => {
    const limits = loadConfig(undefined, ['image.max_megabytes=0.1']);
    const fat = join(folder, 'fat.png');
    writeFileSync(fat, Buffer.concat([bytes, Buffer.alloc(200_000)]));
    const { error } = await processPhoto({ path: fat, photo: 'fat.png' }, stagesWith([]), { config: limits });
    expect(error).toMatch(/the limit is 0\.1 \(image\.max_megabytes\)/);
  });

  it.each<[string, () => never, string]>([
    ['an error of ours', () => { throw new Error('out of range'); }, 'Unexpected: out of range'],
    ['something thrown that is no error', () => { AbortSignal.abort('odd').throwIfAborted(); throw new Error('never here'); }, 'Unexpected: odd'],
    ['a fault of the photo that shows late', () => { throw new PhotoError('The photo is cut short.'); }, 'The photo is cut short.'],
  ])('says so after %s, and the next one is judged', async (_, measure, error) => {
    const stages: Stages = { ...stagesWith([]), measure };
    const result = await errorOf(file, stages);
    expect(result).toMatchObject({ photo: 'sub/anna.png', status: 'error', error, sha256: createHash('sha256').update(bytes).digest('hex') });
    expect(await judge([])).toMatchObject({ status: 'no_face' });
  });
});

describe('the stages of a photo', () => {
  it('may still be loading while it is opened', async () => {
    const later = new Promise<Stages>((resolve) => { setTimeout(() => { resolve(stagesWith([faceAt(100, 80, 200)])); }, 20); });
    expect(await processPhoto(file, later, { config })).toMatchObject({ status: 'ok' });
  });

  it('that cannot be loaded are no fault of the photo', async () => {
    const broken = Promise.reject<Stages>(new Error('eye-state.onnx is damaged'));
    // As in a worker, whoever loads them sees it first.
    broken.catch(() => undefined);
    await expect(processPhoto(file, broken, { config })).rejects.toThrow('eye-state.onnx is damaged');
    await expect(processPhoto({ path: '/gone.jpg', photo: 'gone.jpg' }, broken, { config })).rejects.toThrow('eye-state.onnx is damaged');
  });

  it('serve it when no other photo is being judged', async () => {
    const stages = stagesWith([faceAt(100, 80, 200)]);
    await processPhoto(file, stages, { config });
    expect(stages.turns).toEqual(['begin', 'end']);
    await processPhoto({ path: '/gone.jpg', photo: 'gone.jpg' }, stages, { config });
    expect(stages.turns).toHaveLength(2);
  });
});
