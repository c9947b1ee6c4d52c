import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/pipeline/config.js';
import { createPool } from '../../src/run/pool.js';
import type { PhotoResult } from '../../src/core/result.js';
import type { PhotoFile } from '../../src/core/result.js';
import { pipeline, pipelineUnder } from '../support/pipeline.js';
import { demoPhotos, hasSharedData, sharedSet } from '../support/shared-data.js';

const others = hasSharedData ? [sharedSet('dlib_faces')] : [];
const folder = mkdtempSync(join(tmpdir(), 'pool-test-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

function photosNamed(...names: readonly string[]): PhotoFile[] {
  return names.map((photo) => ({ path: `/${photo}`, photo }));
}

async function judge(
  photos: readonly PhotoFile[], workers: number, script?: string, ...set: readonly string[]
): Promise<Map<string, PhotoResult>> {
  const pool = createPool(script);
  const settings = { config: loadConfig(undefined, [`run.workers=${String(workers)}`, ...set]) };
  const results = new Map<string, PhotoResult>();
  try {
    await pool.run(photos, settings, (index, result) => { results.set(photos[index]?.photo ?? '', result); }, new AbortController().signal);
  } finally {
    await pool.close();
  }
  return results;
}

const script = fileURLToPath(new URL('../support/deadly-worker.js', import.meta.url));

describe('a photo beyond a limit', () => {
  it.each([1, 2])('of time or memory costs an error row, and the photos beside it nothing (%i workers)', async (workers) => {
    const photos = photosNamed('a.jpg', 'endless-1.jpg', 'b.jpg', 'bloated-1.jpg', 'slow-1.jpg', 'c.jpg', 'bloated-2.jpg');
    const results = await judge(photos, workers, script, 'run.photo_seconds=1');
    expect([...results.keys()].sort()).toEqual(photos.map(({ photo }) => photo).sort());
    expect(results.get('endless-1.jpg')?.error).toMatch(/more than 1 seconds \(run\.photo_seconds\)/);
    for (const photo of ['bloated-1.jpg', 'bloated-2.jpg']) {
      expect(results.get(photo)?.error).toMatch(/more than 3000 MB of memory \(run\.photo_megabytes\)/);
    }
    for (const photo of ['a.jpg', 'b.jpg', 'c.jpg', 'slow-1.jpg']) expect(results.get(photo)?.status).toBe('no_face');
  }, 30_000);

  it('is found out by what a real worker takes, be its thread busy or not', async () => {
    // The watchdog looks every fifth of a second: a fast machine may be done with a few photos before it does.
    const photos = Array.from({ length: 50 }, (_, index) => demoPhotos[index % demoPhotos.length] ?? '').map((path, index) => ({ path, photo: String(index) }));
    // No run fits into so little; loadConfig would not allow it.
    const config = { ...loadConfig(), run: { workers: 1, photo_seconds: 60, photo_megabytes: 100 } };
    const pool = createPool();
    const found = new AbortController();
    const errors: string[] = [];
    const run = pool.run(photos, { config }, (_, { error }) => {
      if (error === undefined) return;
      errors.push(error);
      found.abort();
    }, found.signal);
    await run.catch(() => undefined).finally(() => pool.close());
    expect(errors).toContainEqual(expect.stringMatching(/100 MB of memory/));
  }, 60_000);
});

describe('an executor', () => {
  it('takes photos only as it can judge them', async () => {
    const pool = createPool(script);
    const photos = photosNamed(...Array.from({ length: 12 }, (_, index) => `${String(index)}.jpg`));
    let taken = 0;
    let most = 0;
    let judged = 0;
    const source = function* (): Generator<PhotoFile> {
      for (const photo of photos) {
        taken += 1;
        most = Math.max(most, taken - judged);
        yield photo;
      }
    };
    await pool.run(source(), { config: loadConfig(undefined, ['run.workers=2']) }, () => { judged += 1; }, new AbortController().signal);
    await pool.close();
    expect(judged).toBe(12);
    expect(most).toBeLessThanOrEqual(5);
  });

  it('judges every run by its own settings', async () => {
    const pool = createPool();
    const photos = demoPhotos.slice(0, 1).map((path) => ({ path, photo: path }));
    const states: string[] = [];
    for (const limits of [['0', '1'], ['99', '100']]) {
      const config = loadConfig(undefined, [`blur.blurred_below=${String(limits[0])}`, `blur.sharp_above=${String(limits[1])}`, 'run.workers=1']);
      await pool.run(photos, { config }, (_, { faces }) => { states.push(String(faces[0]?.measured.blur.verdict)); }, new AbortController().signal);
    }
    await pool.close();
    expect(states[0]).not.toBe(states[1]);
  }, 60_000);

  it('ends with what keeps its processes from judging anything', async () => {
    await expect(judge(photosNamed('a.jpg', 'unloadable.jpg', 'b.jpg'), 2, script)).rejects.toThrow('The nets cannot be loaded.');
    // What a worker says in the words of a crash is none: there is nothing to try again.
    await expect(judge(photosNamed('a.jpg', 'unloadable-crash.jpg'), 1, script)).rejects.toThrow('A worker process ended: crash.');
    await expect(judge(photosNamed('a.jpg'), 1, '/nowhere/worker.js')).rejects.toThrow(/before their nets are loaded/);
  }, 30_000);
});

const anything: unknown = expect.anything();

describe('a photo that lies in no file', () => {
  it('is judged as the file with the same bytes, within the same limits', async () => {
    const path = demoPhotos[2] ?? '';
    const photos = [
      { path, photo: 'file' }, { path: '', photo: 'bytes', content: readFileSync(path) }, { path, photo: 'nothing', content: new Uint8Array() },
    ];
    const results = await judge(photos, 1);
    const file = results.get('file');
    expect(file?.faces).toHaveLength(3);
    expect(results.get('bytes')).toEqual({ ...file, photo: 'bytes', times: anything });
    expect(results.get('nothing')).toMatchObject({ status: 'error', error: 'The file is empty.' });
    const limited = await judge(photos.slice(1, 2), 1, undefined, 'image.max_megabytes=0.1');
    expect(limited.get('bytes')?.error).toContain('the limit is 0.1 (image.max_megabytes)');
  });
});

describe('a worker that dies', () => {
  it.each([1, 2])('costs the photo that killed it an error row, and no other photo anything (%i workers)', async (workers) => {
    const photos = photosNamed('a.jpg', 'b.jpg', 'deadly-1.jpg', 'c.jpg', 'd.jpg', 'deadly-2.jpg', 'e.jpg', 'f.jpg');
    const results = await judge(photos, workers, script);
    expect([...results.keys()].sort()).toEqual(photos.map(({ photo }) => photo).sort());
    for (const [photo, { status, error }] of results) {
      expect(status).toBe(photo.startsWith('deadly') ? 'error' : 'no_face');
      if (status === 'error') expect(error).toMatch(/crash/);
    }
  });

  it('after the run was stopped does not hold up its end', async () => {
    const photos = photosNamed('a.jpg', 'slow-deadly-1.jpg', 'b.jpg', 'c.jpg');
    const pool = createPool(script);
    const stop = new AbortController();
    const judged: string[] = [];
    await pool.run(photos, { config: loadConfig(undefined, ['run.workers=1']) }, (_, { photo }) => {
      judged.push(photo);
      stop.abort();
    }, stop.signal);
    await pool.close();
    expect(judged).toEqual(['a.jpg']);
  });

  it.skipIf(process.platform !== 'linux')('from outside, in the middle of real work (needs /proc), costs nothing', async () => {
    const photos = demoPhotos.slice(0, 4).map((path) => ({ path, photo: path }));
    const before = new Set(children());
    const pool = createPool();
    const results: PhotoResult[] = [];
    let killed = false;
    try {
      await pool.run(photos, { config: loadConfig(undefined, ['run.workers=1']) }, (_, result) => {
        results.push(result);
        if (killed) return;
        for (const pid of children().filter((child) => !before.has(child))) process.kill(pid, 'SIGKILL');
        killed = true;
      }, new AbortController().signal);
    } finally {
      await pool.close();
    }
    expect(killed).toBe(true);
    expect(results.map(({ photo }) => photo).sort()).toEqual(photos.map(({ photo }) => photo).sort());
    expect(results.every(({ status }) => status === 'ok')).toBe(true);
  }, 240_000);
});

describe.skipIf(process.platform !== 'linux')('a pool', () => {
  it('has no process before it is needed, one once it is prepared, and none after it is closed', async () => {
    const before = children().length;
    const pool = createPool();
    expect(children()).toHaveLength(before);
    pool.prepare();
    pool.prepare();
    expect(children()).toHaveLength(before + 1);
    await pool.close();
    expect(children()).toHaveLength(before);
  });

  it('that was never needed closes at once', async () => {
    await expect(createPool().close()).resolves.toBeUndefined();
  });
});

describe.skipIf(process.platform !== 'linux')('a command that is killed', () => {
  it.each(['0.15', '0.4'])('takes its workers with it, without a word, after %s s', async (seconds) => {
    const { code, stderr } = await pipelineUnder(['timeout', '-s', 'KILL', seconds], 'run', ...demoPhotos, ...others, '--report', '-');
    expect(code).not.toBe(0);
    expect(stderr).not.toMatch(/error/i);
  });
});

/** Processes that this one started. */
function children(): number[] {
  return readdirSync('/proc/self/task').flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, 'utf8').split(' ').filter((pid) => pid !== '').map(Number));
}

describe('the report', () => {
  it('is the same, byte for byte, for any number of workers', async () => {
    const reports: string[] = [];
    for (const workers of [1, 2, 3]) {
      const file = join(folder, `${String(workers)}.csv`);
      const run = await pipeline('run', ...demoPhotos, ...others, '--workers', String(workers), '--report', file);
      expect(run.code, run.stderr).toBe(0);
      reports.push(readFileSync(file, 'utf8'));
    }
    expect(reports[0]?.split('\r\n').length).toBeGreaterThan(22);
    expect(reports[1]).toBe(reports[0]);
    expect(reports[2]).toBe(reports[0]);
  }, 240_000);
});
