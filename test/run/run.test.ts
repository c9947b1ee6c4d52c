import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/pipeline/config.js';
import type { PhotoExecutor } from '../../src/run/executor.js';
import { runPhotos } from '../../src/run/run.js';
import type { PhotoResult } from '../../src/core/result.js';
import type { RunOutput } from '../../src/run/sink.js';
import { photoResult } from '../support/results.js';

/** Judges at once, the first photo last of all that it could take. */
function fast(onTaken: () => void): PhotoExecutor {
  return {
    mostAhead: 512,
    prepare: () => undefined,
    close: () => Promise.resolve(),
    run: async (photos, _settings, onResult) => {
      let index = 0;
      for await (const { photo } of photos) {
        onTaken();
        onResult(index, photoResult(photo));
        index += 1;
      }
    },
  };
}

function slowly(onWritten: () => void, writing: () => Promise<void>): RunOutput {
  const nothing = (): Promise<void> => Promise.resolve();
  const sink = { write: async () => { await writing(); onWritten(); }, finish: nothing, abandon: nothing, discard: nothing };
  return { journal: undefined, previews: false, check: nothing, open: () => Promise.resolve([sink]), close: () => undefined };
}

describe('a run whose results are written slower than photos are judged', () => {
  const photos = Array.from({ length: 1000 }, (_, index) => ({ path: `/${String(index)}.jpg`, photo: `${String(index)}.jpg` }));
  const options = { settings: { config: loadConfig() }, folder: tmpdir() };

  it('takes no more photos than it can write results of: nothing piles up', async () => {
    let [taken, written, most] = [0, 0, 0];
    const executor = fast(() => {
      taken += 1;
      most = Math.max(most, taken - written);
    });
    const output = slowly(() => { written += 1; }, () => sleep(0));
    const summary = await runPhotos(photos, { ...options, executor, output, signal: new AbortController().signal });
    expect(summary.photos).toBe(1000);
    expect(most).toBeLessThanOrEqual(513);
    expect(most).toBeGreaterThan(100);
  });

  it('ends when it is stopped while it waits for room', async () => {
    const stop = new AbortController();
    const executor = fast(() => undefined);
    let written = 0;
    const output = slowly(() => { written += 1; }, async () => { if (written === 3) stop.abort(); await sleep(1); });
    const summary = await runPhotos(photos, { ...options, executor, output, signal: stop.signal });
    expect(summary.stopped).toBe(true);
    expect(summary.photos).toBeLessThan(600);
  });

  it('ends with what went wrong in writing', async () => {
    const output = slowly(() => undefined, () => Promise.reject(new Error('no more paper')));
    await expect(runPhotos(photos, { ...options, executor: fast(() => undefined), output, signal: new AbortController().signal }))
      .rejects.toThrow('no more paper');
  });
});

describe('a photo that was away when it was handed out, and there again when it was opened', () => {
  it('has its size and time in the report; one that could not be read has none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'away-'));
    const photos = ['a.jpg', 'gone.jpg'].map((photo) => ({ path: join(folder, photo), photo }));
    const executor: PhotoExecutor = {
      ...fast(() => undefined),
      run: async (list, _settings, onResult) => {
        let index = 0;
        for await (const { photo, looks } of list) {
          expect(looks).toBeUndefined();
          if (photo === 'a.jpg') writeFileSync(join(folder, photo), 'back');
          onResult(index, photoResult(photo, photo === 'a.jpg' ? {} : { status: 'error', faces: [] }));
          index += 1;
        }
      },
    };
    const written: PhotoResult[] = [];
    const output = slowly(() => undefined, () => Promise.resolve());
    const nothing = (): Promise<void> => Promise.resolve();
    const sink = { write: (result: PhotoResult) => { written.push(result); return Promise.resolve(); }, finish: nothing, abandon: nothing, discard: nothing };
    await runPhotos(photos, {
      settings: { config: loadConfig() }, folder, executor, signal: new AbortController().signal, output: { ...output, open: () => Promise.resolve([sink]) },
    });
    expect(written.map(({ photo, file }) => [photo, file?.size])).toEqual([['a.jpg', 4], ['gone.jpg', undefined]]);
  });
});
