import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
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

async function judge(photos: readonly PhotoFile[], workers: number, script?: string): Promise<Map<string, PhotoResult>> {
  const pool = createPool(script);
  const settings = { config: loadConfig(undefined, [`run.workers=${workers}`]) };
  const results = new Map<string, PhotoResult>();
  try {
    await pool.run(photos, settings, (index, result) => { results.set(photos[index]?.photo ?? '', result); }, new AbortController().signal);
  } finally {
    await pool.close();
  }
  return results;
}

describe('a worker that dies', () => {
  const script = fileURLToPath(new URL('../support/deadly-worker.js', import.meta.url));

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
    const photos = photosNamed('a.jpg', 'deadly-1.jpg', 'b.jpg', 'c.jpg');
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
      const file = join(folder, `${workers}.csv`);
      const run = await pipeline('run', ...demoPhotos, ...others, '--workers', String(workers), '--report', file);
      expect(run.code, run.stderr).toBe(0);
      reports.push(readFileSync(file, 'utf8'));
    }
    expect(reports[0]?.split('\r\n').length).toBeGreaterThan(22);
    expect(reports[1]).toBe(reports[0]);
    expect(reports[2]).toBe(reports[0]);
  }, 240_000);
});
