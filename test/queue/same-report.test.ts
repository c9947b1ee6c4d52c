/**
 * Many machines give the report of one, byte for byte.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { afterAll, describe, expect, it } from 'vitest';
import { entry, pipeline } from '../support/pipeline.js';
import { hasRedis, TestRedis, withoutRedis } from '../support/redis.js';
import { demoPhotos } from '../support/shared-data.js';
import { endAll, Started } from '../support/started.js';

const folder = mkdtempSync(join(tmpdir(), 'queue-test-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

/** Demo photos, what else lies in folders, and a tar of some. @returns what is named to the run */
async function makePhotos(): Promise<string[]> {
  const photos = join(folder, 'shared', 'day 1');
  mkdirSync(join(photos, 'deep'), { recursive: true });
  for (const photo of demoPhotos) cpSync(photo, join(photos, basename(photo)), { preserveTimestamps: true });
  writeFileSync(join(photos, 'deep', 'empty.jpg'), '');
  writeFileSync(join(photos, 'damaged.jpg'), readFileSync(demoPhotos[0] ?? '').subarray(0, 20_000));
  writeFileSync(Buffer.concat([Buffer.from(join(photos, 'deep', 'no text ')), Buffer.from([0xff]), Buffer.from('.jpg')]), 'no photo');
  writeFileSync(join(photos, 'a\\x5cname, "quoted" ä.jpg'), 'no photo either');
  symlinkSync('nowhere', join(photos, 'broken link.jpg'));
  const tar = pack();
  for (const photo of demoPhotos.slice(0, 2)) tar.entry({ name: `in a tar/${basename(photo)}` }, readFileSync(photo));
  tar.entry({ name: 'damaged.jpg' }, 'no photo');
  tar.finalize();
  writeFileSync(join(folder, 'shared', 'shard-0.tar'), await buffer(tar));
  return [photos, join(folder, 'shared', 'shard-0.tar')];
}

const reports = ['csv', 'jsonl', 'json', 'arrow', 'html'];

function reportOptions(name: string): string[] {
  return [...reports.flatMap((format) => ['--report', join(folder, `${name}.${format}`)]), '--no-times'];
}

describe.skipIf(!hasRedis)(`two workers${withoutRedis}`, () => {
  it('find what one machine finds, in every format, with the pictures of a page', async () => {
    const photos = await makePhotos();
    const redis = await TestRedis.start();
    try {
      const local = await pipeline('run', ...photos, ...reportOptions('local'));
      expect(local.code).toBe(3);
      const workers = [1, 2].map(() => new Started([entry, 'worker', '--queue', redis.address, '--root', join(folder, 'shared'), '--workers', '1']));
      const run = new Started([
        entry, 'run', ...photos, ...reportOptions('queue'), '--queue', redis.address, '--root', join(folder, 'shared'), '--set', 'queue.batch=2',
      ]);
      expect([await run.end(), run.output]).toEqual([3, expect.stringMatching(/judged by .*\n.*judged by/)]);
      for (const format of reports) {
        const [one, many] = ['local', 'queue'].map((name) => readFileSync(join(folder, `${name}.${format}`)));
        // Where they differ, the lines that do are shown; bytes count all the same.
        if (format === 'csv') expect(many?.toString('latin1')).toBe(one?.toString('latin1'));
        expect(one?.equals(many ?? Buffer.alloc(0)), format).toBe(true);
      }
      for (const worker of workers) {
        worker.signal('SIGTERM');
        expect(await worker.end()).toBe(0);
      }
      expect(redis.ask('keys', '*')).toBe('');
    } finally {
      await endAll();
      await redis.remove();
    }
  });
});
