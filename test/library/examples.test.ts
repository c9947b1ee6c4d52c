/**
 * The examples in doc comments and in docs/library.md, run as they stand: in a process of their own, in a folder with photos.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openPipeline, type Pipeline } from '../../src/index.js';
import { labelledSet } from '../support/made-sets.js';
import { demoPhotos } from '../support/shared-data.js';
import { matching } from '../support/matchers.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Example {
  readonly name: string;
  readonly code: string;
}

/** The `@example` of every function of the library. */
const inComments = ['library/pipeline.ts', 'library/stages.ts', 'learn/train.ts'].flatMap((file): Example[] => {
  const text = readFileSync(join(root, 'src', file), 'utf8');
  return Array.from(text.matchAll(/@example\n([^]*?)\n \*\/\nexport (?:async )?function (\w+)/g), ([, code = '', name = '']) => ({
    name: `${name} (src/${file})`, code: code.replaceAll(/^ \* ?/gm, ''),
  }));
});

/** The JavaScript of the page; what starts a server is run by itself below. */
const onThePage = Array.from(readFileSync(join(root, 'docs', 'library.md'), 'utf8').matchAll(/```js\n([^]*?)```/g), ([, code = ''], index): Example => ({
  name: `number ${String(index + 1)} (docs/library.md)`, code,
}));

describe('the examples of the library', () => {
  let folder: string;
  beforeAll(async () => {
    // Inside the package, so that it finds itself by its name.
    mkdirSync(join(root, '.cache'), { recursive: true });
    folder = mkdtempSync(join(root, '.cache', 'examples-'));
    ['group.jpg', 'one.jpg', 'two.jpg'].forEach((name, index) => { copyFileSync(demoPhotos[index] ?? '', join(folder, name)); });
    const eyes = await labelledSet('cew_patches');
    for (const state of ['open', 'closed']) {
      mkdirSync(join(folder, 'my-eyes', state), { recursive: true });
      const files = readdirSync(join(eyes, state)).sort().filter((_, index) => index % 20 === 0);
      for (const file of files) copyFileSync(join(eyes, state, file), join(folder, 'my-eyes', state, file));
    }
  });
  afterAll(() => { rmSync(folder, { recursive: true }); });

  it('are there', () => {
    expect(inComments.map(({ name }) => name)).toEqual([
      'openPipeline (src/library/pipeline.ts)', 'openStages (src/library/stages.ts)', 'readRaster (src/library/stages.ts)', 'trainEyes (src/learn/train.ts)',
    ]);
    expect(onThePage.length).toBeGreaterThan(3);
  });

  it.each([...inComments, ...onThePage])('run: $name', async ({ code }) => {
    const imports = code.includes("from 'portrait-pipeline") ? '' : "import { openPipeline, openStages, readRaster } from 'portrait-pipeline';\n";
    const script = join(folder, 'example.mjs');
    writeFileSync(script, imports + code);
    await expect(promisify(execFile)(process.execPath, [script], { cwd: folder, timeout: 60_000 })).resolves.toMatchObject({ stderr: '' });
  });
});

interface Server {
  address(): { readonly port: number };
  close(): void;
}
type UploadServer = (pipeline: Pipeline) => { listen(port: number, host: string, done: () => void): Server };
const uploadExample = z.object({ uploadServer: z.custom<UploadServer>((value) => typeof value === 'function') });

describe('the server for uploads (examples/upload-server.js)', () => {
  let pipeline: Pipeline;
  let server: Server;
  beforeAll(async () => {
    pipeline = await openPipeline({ workers: 1 });
    const { uploadServer } = uploadExample.parse(await import(join(root, 'examples', 'upload-server.js')));
    server = await new Promise((resolve) => { const listening = uploadServer(pipeline).listen(0, '127.0.0.1', () => { resolve(listening); }); });
  });
  afterAll(async () => {
    server.close();
    await pipeline.close();
  });

  function post(body: Uint8Array, type: string, signal?: AbortSignal): Promise<Response> {
    return fetch(`http://127.0.0.1:${String(server.address().port)}/judge`, {
      method: 'POST', body: new Uint8Array(body), headers: { 'Content-Type': type }, ...(signal ? { signal } : {}),
    });
  }

  it('judges what is uploaded', async () => {
    const response = await post(readFileSync(demoPhotos[0] ?? ''), 'image/jpeg');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ verdict: 'reject', reasons: ['face 2: eyes closed'], faces: [{ eyes: 'open' }, { eyes: 'closed' }, { eyes: 'open' }] });
  });

  it('says what is wrong with what is no photo', async () => {
    const broken = await post(new TextEncoder().encode('hello'), 'image/jpeg');
    expect(broken.status).toBe(422);
    expect(await broken.json()).toMatchObject({ verdict: 'review', error: matching(/./) });
    expect((await post(new TextEncoder().encode('hello'), 'text/plain')).status).toBe(415);
  });

  it('goes on when somebody hangs up', async () => {
    const photo = readFileSync(demoPhotos[0] ?? '');
    const hasty = Array.from({ length: 4 }, () => post(photo, 'image/jpeg', AbortSignal.timeout(30)).catch(() => undefined));
    await Promise.all(hasty);
    expect((await post(photo, 'image/jpeg')).status).toBe(200);
  });
});
