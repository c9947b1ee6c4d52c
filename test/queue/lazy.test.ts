import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { entry } from '../support/pipeline.js';
import { demoPhotos, root } from '../support/shared-data.js';
import { Started } from '../support/started.js';

const folder = mkdtempSync(join(tmpdir(), 'lazy-test-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const coverage = z.object({ result: z.array(z.object({ url: z.string() })) });

it('a run without a queue loads nothing of what a queue needs', async () => {
  const bundle = join(root, 'dist', 'bin');
  const withQueue = readdirSync(bundle).filter((file) => file.endsWith('.js') && readFileSync(join(bundle, file), 'utf8').includes('moveStalledJobsToWait'));
  expect(withQueue.length).toBeGreaterThan(0);
  const run = new Started([entry, 'run', demoPhotos[0] ?? '', '--report', join(folder, 'out.csv')], { NODE_V8_COVERAGE: folder });
  expect(await run.end()).toBe(0);
  const loaded = readdirSync(folder).filter((file) => file.startsWith('coverage-'))
    .flatMap((file) => coverage.parse(JSON.parse(readFileSync(join(folder, file), 'utf8'))).result.map(({ url }) => url));
  expect(loaded.filter((url) => url.includes('/dist/bin/')).length).toBeGreaterThan(0);
  expect(loaded.filter((url) => /node_modules\/(bullmq|ioredis)\//.test(url) || withQueue.some((file) => url.endsWith(`/dist/bin/${file}`)))).toEqual([]);
});
