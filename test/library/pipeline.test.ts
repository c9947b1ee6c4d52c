import { readFileSync, writeFileSync, mkdtempSync, rmSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPipeline, UsageError, type PhotoResult, type Pipeline } from '../../src/index.js';
import { pipeline as command } from '../support/pipeline.js';
import { demoPhotos } from '../support/shared-data.js';
import { containing } from '../support/matchers.js';

const [first = '', , third = ''] = demoPhotos;

/** What a result says of the photo, without how long that took. */
function found(result: PhotoResult): PhotoResult {
  return { ...result, times: {} };
}

async function all(results: AsyncIterable<PhotoResult>): Promise<PhotoResult[]> {
  const collected: PhotoResult[] = [];
  for await (const result of results) collected.push(result);
  return collected;
}

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'library-')); });
afterAll(() => { rmSync(folder, { recursive: true }); });

describe('an open pipeline', () => {
  let pipeline: Pipeline;
  beforeAll(async () => { pipeline = await openPipeline({ workers: 2 }); });
  afterAll(async () => { await pipeline.close(); });

  it('says of each photo what a run says, in the order of the photos', async () => {
    const results = await all(pipeline.judgeAll(demoPhotos));
    expect(results.map(({ photo }) => photo)).toEqual(demoPhotos);
    const report = join(folder, 'run.json');
    await command('run', ...demoPhotos, '--report', report, '--no-times');
    const reported: unknown = JSON.parse(readFileSync(report, 'utf8'));
    expect(reported).toMatchObject({ photos: results.map(({ verdict, reasons, faces }) => ({
      verdict, reasons, faces: faces.map(({ box, score, measured }) => ({ box, score, eyes: measured.classify.state, sharpness: measured.blur.sharpness })),
    })) });
  });

  it('takes bytes as well as paths, and calls them as it is told', async () => {
    const content = readFileSync(third);
    const fromFile = await pipeline.judge(third);
    expect(fromFile.faces).toHaveLength(3);
    expect(found(await pipeline.judge(content))).toEqual({ ...found(fromFile), photo: 'photo' });
    expect(found(await pipeline.judge({ name: 'upload 7', content: new Uint8Array(content) }))).toEqual({ ...found(fromFile), photo: 'upload 7' });
  });

  it('gives what cannot be read a result that says so, between the others', async () => {
    const results = await all(pipeline.judgeAll([third, 'nowhere.jpg', new TextEncoder().encode('no photo'), third]));
    expect(results.map(({ status }) => status)).toEqual(['ok', 'error', 'error', 'ok']);
    expect(results[1]).toMatchObject({ photo: 'nowhere.jpg', verdict: 'review', error: containing('it does not exist') });
  });

  it('takes photos as the results are taken, and stops when they are not', async () => {
    let taken = 0;
    const endless = function* (): Generator<string> { for (;;) { taken += 1; yield third; } };
    for await (const { status } of pipeline.judgeAll(endless())) {
      expect(status).toBe('ok');
      if (taken > 8) break;
    }
    const before = taken;
    await pipeline.judge(third);
    expect(taken).toBe(before);
    expect(taken).toBeLessThanOrEqual(2 * 4 + 2);
  });

  it('can be told to give up, one photo or all', async () => {
    const controller = new AbortController();
    const many = demoPhotos.map((photo) => pipeline.judge(photo, { signal: controller.signal }));
    const list = all(pipeline.judgeAll(demoPhotos, { signal: controller.signal }));
    controller.abort(new Error('enough'));
    for (const given of [...many, list]) await expect(given).rejects.toThrow('enough');
    expect((await pipeline.judge(third)).status).toBe('ok');
  });
});

describe('two pipelines at once', () => {
  it('judge by their own settings', async () => {
    const strict = await openPipeline({ config: { blur: { sharp_above: 100, blurred_below: 99 } }, workers: 1 });
    const lax = await openPipeline({ config: { blur: { sharp_above: 1, blurred_below: 0 } }, workers: 1 });
    const [severe, mild] = await Promise.all([strict, lax].map(async (pipeline) => (await pipeline.judge(first)).faces.map((face) => face.measured.blur.verdict)));
    await Promise.all([strict.close(), lax.close()]);
    expect(new Set(severe)).toEqual(new Set(['blurred']));
    expect(new Set(mild)).toEqual(new Set(['sharp']));
  });
});

describe('settings', () => {
  it('may come from a YAML file, with paths that start there', async () => {
    const file = join(folder, 'mine.yaml');
    writeFileSync(file, `classify:\n  model: ${JSON.stringify(resolve('models/eye-state.onnx'))}\nrun:\n  workers: 7\n`);
    const pipeline = await openPipeline({ config: file });
    expect(pipeline.config.run.workers).toBe(7);
    await pipeline.close();
    const fewer = await openPipeline({ config: file, workers: 1 });
    expect(fewer.config.run.workers).toBe(1);
    await fewer.close();
  });

  it('that there are not are refused before any process starts, with the nearest that there is', async () => {
    const typo = join(folder, 'typo.yaml');
    writeFileSync(typo, 'detekt: { min_score: 0.5 }');
    await expect(openPipeline({ config: typo })).rejects.toThrow(/Unknown setting detekt .*Did you mean detect/);
    await expect(openPipeline({ config: { detect: { min_score: 2 } } })).rejects.toThrow(UsageError);
    await expect(openPipeline({ config: { classify: { model: 'nowhere.onnx' } } })).rejects.toThrow(/nowhere\.onnx/);
    await expect(openPipeline({ workers: 0 })).rejects.toThrow(/run\.workers is 0/);
  });
});

describe.skipIf(process.platform !== 'linux')('the process that uses the library', () => {
  afterEach(() => { vi.restoreAllMocks(); });

  it('keeps its standard output, the settings of sharp, its signals and no other process', async () => {
    sharp.concurrency(3);
    const write = vi.spyOn(process.stdout, 'write');
    const listeners = (): number[] => ['exit', 'SIGINT', 'SIGTERM', 'uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));
    const before = { listeners: listeners(), children: children() };
    const pipeline = await openPipeline({ workers: 1 });
    await pipeline.judge(third);
    await pipeline.close();
    expect(sharp.concurrency()).toBe(3);
    expect(write).not.toHaveBeenCalled();
    expect({ listeners: listeners(), children: children() }).toEqual(before);
  });
});

describe('a pipeline that is closed', () => {
  it('tells who still waits, and judges nothing any more', async () => {
    const pipeline = await openPipeline({ workers: 1 });
    const given = demoPhotos.map((photo) => pipeline.judge(photo));
    const outcomes = Promise.allSettled(given);
    await pipeline.close();
    expect((await outcomes).filter(({ status }) => status === 'rejected').length).toBeGreaterThan(0);
    await expect(pipeline.judge(first)).rejects.toThrow('The pipeline was closed.');
    await expect(all(pipeline.judgeAll([first]))).rejects.toThrow('The pipeline was closed.');
  });

  it('that never judged closes at once, and twice', async () => {
    const pipeline = await openPipeline();
    await pipeline.close();
    await expect(pipeline[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });
});

describe('nets that cannot be loaded', () => {
  it('fail every photo, those that wait and those that come later', async () => {
    const model = join(folder, 'eye-state.onnx');
    writeFileSync(model, readFileSync('models/eye-state.onnx'));
    const pipeline = await openPipeline({ config: { classify: { model, open_above: 0.6, closed_below: 0.4 } }, workers: 1 });
    writeFileSync(model, 'no model');
    const failures = await Promise.allSettled([first, third].map((photo) => pipeline.judge(photo)));
    expect(failures.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(pipeline.judge(first)).rejects.toThrow(/eye-state\.onnx/);
    await pipeline.close();
  });
});

/** Processes that this one started. */
function children(): number {
  return readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter((pid) => pid !== '')).length;
}
