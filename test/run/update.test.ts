import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { reportSchema } from '../../src/reports/schema.js';
import { pipeline, type Finished } from '../support/pipeline.js';
import { demoPhotos } from '../support/shared-data.js';

const names = ['out.csv', 'out.json', 'out.jsonl', 'out.arrow', 'out.html'];

describe('a run with --update', () => {
  const folder = mkdtempSync(join(tmpdir(), 'update-'));
  const photos = join(folder, 'photos');
  const [updated, whole] = [join(folder, 'updated'), join(folder, 'whole')];

  /** One of the demo photos, small, taken at a second of one minute. */
  const take = async (name: string, photo: number, second: number): Promise<void> => {
    const taken = `2026:11:24 10:00:${String(second).padStart(2, '0')}`;
    await sharp(demoPhotos[photo]).resize(600).withExif({ IFD0: { Make: 'X' }, IFD2: { DateTimeOriginal: taken } }).jpeg().toFile(join(photos, name));
  };
  const run = (to: string, ...options: readonly string[]): Promise<Finished> =>
    pipeline('run', photos, '--workers', '1', ...names.flatMap((name) => ['--report', join(to, name)]), ...options);
  const hashes = (of: string): string[] => names.map((name) => createHash('sha256').update(readFileSync(join(of, name))).digest('hex'));
  /** When each photo was judged is in how long that took. */
  const times = (): Map<string, unknown> =>
    new Map(reportSchema.parse(JSON.parse(readFileSync(join(updated, 'out.json'), 'utf8'))).photos.map(({ photo, times_ms }) => [photo, times_ms]));

  beforeAll(async () => {
    for (const each of [photos, updated, whole]) mkdirSync(each);
    await take('a.jpg', 0, 1);
    await take('b.jpg', 0, 2);
    await take('c.jpg', 1, 30);
    await take('gone.jpg', 2, 50);
    const { stderr, code } = await run(updated, '--update');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/Nothing is kept of an earlier run of this report; all photos are judged, and the next --update knows them\./);
    expect(readdirSync(updated).sort()).toEqual([...names, 'out.csv.found'].sort());
  });

  it('judges what is new or changed, leaves out what is gone, and writes what a whole run writes', { timeout: 120_000 }, async () => {
    const before = times();
    await take('b.jpg', 2, 2);
    await take('bb.jpg', 0, 3);
    rmSync(join(photos, 'gone.jpg'));
    const { stderr, code } = await run(updated, '--update');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/3 of 4 photos were done before; those that have changed since are judged again\./);
    const after = times();
    expect([...after.keys()]).toEqual(['a.jpg', 'b.jpg', 'bb.jpg', 'c.jpg']);
    expect(['a.jpg', 'b.jpg', 'c.jpg'].filter((photo) => JSON.stringify(before.get(photo)) === JSON.stringify(after.get(photo)))).toEqual(['a.jpg', 'c.jpg']);

    await run(updated, '--update', '--no-times');
    await run(whole, '--no-times');
    expect(hashes(updated)).toEqual(hashes(whole));
    expect(readFileSync(join(updated, 'out.csv.found'), 'utf8').trimEnd().split('\n'), 'a header and the photos that there are').toHaveLength(5);
  });

  it('judges all again where the settings are others, and says so', { timeout: 120_000 }, async () => {
    const { stderr } = await run(updated, '--update', '--set', 'detect.min_score=0.65');
    expect(stderr).toMatch(/The settings, the model or the folder are not those of the earlier run; all photos are judged anew\./);
    expect((await run(updated, '--update', '--set', 'detect.min_score=0.65')).stderr).toMatch(/4 of 4 photos were done before/);
  });

  it('is about a report that is a file', async () => {
    const { stderr, code } = await pipeline('run', photos, '--report', '-', '--update');
    expect(stderr).toMatch(/--update is about a report that is a file/);
    expect(code).toBe(2);
  });
});
