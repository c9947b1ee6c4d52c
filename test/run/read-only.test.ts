import { createHash } from 'node:crypto';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canLoseRights, canMount, Disk, withoutMount, withoutRights, withRights } from '../support/disk.js';
import { pipeline, pipelineUnder, type Finished } from '../support/pipeline.js';
import { demoPhotos } from '../support/shared-data.js';

/** Everything that can be told of a folder from outside: names, modes, times and contents. */
function everything(folder: string): string[] {
  return ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })].sort().map((name) => {
    const path = join(folder, name);
    const { mode, mtimeMs, ctimeMs, size } = statSync(path);
    const content = statSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
    return [name, mode, mtimeMs, ctimeMs, size, content].join(' ');
  });
}

/** A folder of photos with what lies beside photos, and an open one for reports. */
async function prepare(): Promise<{ readonly base: string; readonly photos: string }> {
  const base = mkdtempSync(join(tmpdir(), 'read-only-'));
  const photos = join(base, 'photos');
  mkdirSync(join(photos, 'day 2'), { recursive: true });
  for (const [index, photo] of demoPhotos.slice(0, 3).entries()) {
    await sharp(photo).resize(800).toFile(join(photos, index === 2 ? 'day 2' : '.', `${String(index)}.jpg`));
  }
  writeFileSync(join(photos, '0.xmp'), 'somebody\'s sidecar');
  writeFileSync(join(photos, 'cut.jpg'), readFileSync(join(photos, '1.jpg')).subarray(0, 5000));
  chmodSync(base, 0o777);
  return { base, photos };
}

const ways = [
  { way: 'a folder without the permission to write', possible: canLoseRights, why: withRights, reason: 'the folder cannot be written to' },
  { way: 'a disk that can only be read', possible: canMount, why: withoutMount, reason: 'the disk can only be read' },
];

for (const { way, possible, why, reason } of ways) {
  describe.skipIf(!possible)(`${way}${why}`, () => {
    let base: string;
    let photos: string;
    let disk: Disk | undefined;
    let before: string[];
    let launcher: string[];

    beforeAll(async () => {
      ({ base, photos } = await prepare());
      if (reason.startsWith('the disk')) {
        disk = await Disk.readOnly(photos);
        launcher = disk.launcher;
      } else {
        launcher = withoutRights();
        for (const folder of [join(photos, 'day 2'), photos]) chmodSync(folder, 0o555);
      }
      before = everything(photos);
    });

    afterAll(() => disk?.close());

    const run = (...more: string[]): Promise<Finished> => pipelineUnder(launcher, 'run', photos, ...more);

    it('is judged as any other, and nothing in it changes', async () => {
      const [here, open] = [join(base, 'here.csv'), join(base, 'open.csv')];
      const { code, stderr } = await run('--report', here);
      expect(code, stderr).toBe(3);
      expect(everything(photos)).toEqual(before);
      const copy = join(mkdtempSync(join(tmpdir(), 'open-')), 'photos');
      cpSync(photos, copy, { recursive: true, preserveTimestamps: true });
      await pipeline('run', copy, '--report', open);
      expect(readFileSync(here, 'utf8')).toBe(readFileSync(open, 'utf8'));
    });

    it('takes no report: said before the work', async () => {
      const { code, stderr } = await run('--report', join(photos, 'out.csv'));
      expect(stderr).toContain(`Cannot write the report ${join(photos, 'out.csv')}: ${reason}`);
      expect(code).toBe(2);
      expect(everything(photos)).toEqual(before);
    });

    it('takes no sidecars: --xmp is refused before the work', async () => {
      const report = join(base, 'xmp.csv');
      const { code, stderr } = await run('--xmp', 'lightroom', '--report', report);
      expect(stderr).toContain(`Cannot write sidecars (--xmp) into ${photos}: ${reason}`);
      expect(code).toBe(2);
      expect(readdirSync(base)).not.toContain('xmp.csv');
      expect(everything(photos)).toEqual(before);
    });

    it('lets no photo be moved out of it, which is said before any is copied; copies can be made', async () => {
      const [report, to] = [join(base, 'sort.csv'), join(base, 'sorted')];
      await run('--report', report);
      const sort = (action: string): Promise<Finished> => pipelineUnder(launcher, 'sort', photos, '--report', report, '--to', to, action);
      const moved = await sort('--move');
      expect(moved.stderr).toMatch(new RegExp(`Cannot move photos out of ${photos}.*: ${reason}\\. Use --copy`));
      expect(moved.code).toBe(2);
      expect(readdirSync(base)).not.toContain('sorted');
      const copied = await sort('--copy');
      expect(copied.code, copied.stderr).toBe(0);
      expect(everything(photos)).toEqual(before);
      rmSync(to, { recursive: true });
    });

    it('cannot be sorted into', async () => {
      const report = join(base, 'into.csv');
      await run('--report', report);
      const { code, stderr } = await pipelineUnder(launcher, 'sort', photos, '--report', report, '--to', join(photos, 'sorted'));
      expect(stderr).toContain(`Cannot sort into ${join(photos, 'sorted')}: ${reason}`);
      expect(code).toBe(2);
      expect(everything(photos)).toEqual(before);
    });
  });
}

describe.skipIf(!canLoseRights)(`a folder of which one sub-folder cannot be written to${withRights}`, () => {
  it('gets its sidecars elsewhere, a line for each that could not be written, and exit code 1', async () => {
    const { base, photos } = await prepare();
    chmodSync(photos, 0o777);
    chmodSync(join(photos, 'day 2'), 0o555);
    const review = ['--set', 'xmp.keep_stars=3'];
    const { code, stderr } = await pipelineUnder(withoutRights(), 'run', photos, '--xmp', 'darktable', '--report', join(base, 'out.csv'), ...review);
    expect(stderr).toMatch(/day 2\/2\.jpg\.xmp was left as it is: the folder cannot be written to\./);
    expect(stderr).toMatch(/1 sidecar could not be written/);
    expect(code).toBe(1);
    expect(readdirSync(photos)).toEqual(expect.arrayContaining(['0.jpg.xmp', '1.jpg.xmp']));
  });
});
