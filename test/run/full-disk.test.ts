import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { csvHeader, csvRows } from '../../src/reports/csv.js';
import { canMount, Disk, filesUpTo, withoutMount } from '../support/disk.js';
import { pipeline, pipelineUnder, type Finished } from '../support/pipeline.js';
import { photoResult } from '../support/results.js';
import { demoPhotos } from '../support/shared-data.js';

const base = mkdtempSync(join(tmpdir(), 'full-'));
const photos = join(base, 'photos');
/** Long names make long rows: a disk without room for one more page cannot take them. */
const deep = join('day '.repeat(50), 'table '.repeat(40));

/** What is in the files of a folder, by name; short, for the difference of two pages full of pictures helps nobody. */
function hashes(folder: string, names = readdirSync(folder).sort()): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, createHash('sha256').update(readFileSync(join(folder, name))).digest('hex')]));
}

/** Takes all the room that is left. */
function fill(path: string): void {
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeFileSync(path, block, { flag: 'a' });
  } catch {
    return;
  }
}

/** Fills a disk as soon as a run has judged its first photos. */
async function fillDuring(run: Promise<Finished>, journal: string, filler: string): Promise<Finished> {
  const ended = new AbortController();
  void run.finally(() => { ended.abort(); });
  while (!ended.signal.aborted && (!existsSync(journal) || readFileSync(journal, 'latin1').split('\n').length < 3)) await sleep(2);
  fill(filler);
  return run;
}

beforeAll(async () => {
  mkdirSync(join(photos, deep), { recursive: true });
  for (const [index, photo] of demoPhotos.entries()) await sharp(photo).resize(800).toFile(join(photos, deep, `${String(index)}.jpg`));
});

describe('a disk that takes no more in the middle of a run', () => {
  it.each([
    ['out.csv', 12], ['out.json', 12], ['out.html', 150],
  ])('leaves the earlier %s as it was, says why, and the run can go on later', async (name, kilobytes) => {
    const [folder, whole] = [join(base, `limit-${name}`), join(base, `whole-${name}`)];
    mkdirSync(folder);
    mkdirSync(whole);
    writeFileSync(join(folder, name), 'precious');
    const run = ['run', photos, '--workers', '1', '--no-times', '--report'];

    const { code, stderr } = await pipelineUnder(filesUpTo(kilobytes), ...run, join(folder, name));
    expect(stderr).toMatch(/Cannot write the (report|run's journal) .*out\.\S+: it grew beyond/);
    expect(stderr).toMatch(/--resume goes on/);
    expect(code).toBe(1);
    expect(readFileSync(join(folder, name), 'utf8')).toBe('precious');
    expect(readdirSync(folder).sort()).toEqual([name, `${name}.journal`]);

    const resumed = await pipeline(...run, join(folder, name), '--resume');
    expect(resumed.stderr).toMatch(/[1-6] of 6 photos were done before/);
    expect(resumed.code).toBe(0);
    await pipeline(...run, join(whole, name));
    expect(hashes(folder)).toEqual(hashes(whole));
  });

  it('is said before the work where not even the beginning can be written', async () => {
    const folder = mkdtempSync(join(base, 'none-'));
    writeFileSync(join(folder, 'out.csv'), 'precious');
    const { code, stderr } = await pipelineUnder(filesUpTo(0), 'run', photos, '--report', join(folder, 'out.csv'));
    expect(stderr).toMatch(/Cannot write the report .*out\.csv: it grew beyond/);
    expect(code).toBe(2);
    expect(hashes(folder)).toEqual({ 'out.csv': createHash('sha256').update('precious').digest('hex') });
  });

  it('leaves out of a sort the photos that do not fit, and nothing of them half-written', async () => {
    const to = mkdtempSync(join(base, 'sorted-'));
    const report = join(base, 'sort-limit.csv');
    writeFileSync(report, csvHeader() + csvRows(photoResult(join(deep, '0.jpg'))));
    const { code, stderr } = await pipelineUnder(filesUpTo(20), 'sort', photos, '--report', report, '--to', to);
    expect(stderr).toMatch(/Left as it is: .*0\.jpg: it grew beyond/);
    expect(code).toBe(1);
    expect(readdirSync(to, { recursive: true }).filter((name) => /\.(jpg|pipeline-part)$/.test(String(name)))).toEqual([]);
  });
});

describe.skipIf(!canMount)(`a full disk${withoutMount}`, () => {
  let folder: string;
  let disk: Disk;
  let small: string;
  let large: string;

  const prepare = async (kilobytes: number): Promise<void> => { disk = await Disk.ofSize(small, kilobytes); };

  beforeEach(() => {
    folder = mkdtempSync(join(base, 'disk-'));
    [small, large] = [join(folder, 'small'), join(folder, 'large')];
    mkdirSync(small);
    mkdirSync(large);
  });

  afterEach(() => disk.close());

  it.each([
    ['the CSV report', ['large/a.csv', 'small/b.csv'], 400, /the report .*b\.csv: the disk is full/],
    ['the HTML report', ['large/a.csv', 'small/b.html'], 800, /the report .*b\.html: the disk is full/],
    ['the journal or the report beside it', ['small/a.json', 'large/b.html'], 900, /Cannot write the .*a\.json(\.journal)?: the disk is full/],
  ])('that cannot take %s any further: the earlier one stays, and --resume ends as an unbroken run does',
    async (_, names, kilobytes, message) => {
      await prepare(kilobytes);
      const onDisk = names.filter((name) => name.startsWith('small')).map((name) => name.slice('small/'.length));
      for (const name of onDisk) writeFileSync(disk.at(name), 'precious');
      const reports = names.map((name) => join(folder, name));
      const run = ['run', photos, '--workers', '1', '--no-times', ...reports.flatMap((path) => ['--report', path])];
      const journal = names[0] === 'small/a.json' ? disk.at('a.json.journal') : join(large, 'a.csv.journal');

      const { code, stderr } = await fillDuring(pipelineUnder(disk.launcher, ...run), journal, disk.at('filler'));
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/--resume goes on/);
      expect(code).toBe(1);
      for (const name of onDisk) expect(readFileSync(disk.at(name), 'utf8')).toBe('precious');
      const left = [...readdirSync(disk.at('')), ...readdirSync(large)].filter((name) => /part$|partial/.test(name));
      expect(left, 'half a report').toEqual([]);

      rmSync(disk.at('filler'));
      const resumed = await pipelineUnder(disk.launcher, ...run, '--resume');
      expect(resumed.stderr).toMatch(/[1-6] of 6 photos were done before/);
      expect(resumed.code).toBe(0);
      const whole = join(folder, 'whole');
      mkdirSync(whole);
      await pipeline('run', photos, '--workers', '1', '--no-times', ...names.flatMap((name) => ['--report', join(whole, name.slice('small/'.length))]));
      expect({ ...hashes(disk.at('')), ...hashes(large) }).toEqual(hashes(whole));
    });

  it('is said before the work starts where a report, with its journal, would not fit', async () => {
    await prepare(700);
    writeFileSync(disk.at('out.html'), 'precious');
    const { code, stderr } = await pipelineUnder(disk.launcher, 'run', photos, '--report', join(small, 'out.html'));
    expect(stderr).toMatch(/The disk is too full for the report .*out\.html: 0\.7 MB are free, 1\.5 MB may be needed/);
    expect(code).toBe(2);
    expect(readdirSync(disk.at(''))).toEqual(['out.html']);
  });

  it('is asked for no more than the rest of a run that is gone on with', async () => {
    const run = ['run', photos, '--workers', '1', '--no-times', '--report'];
    await pipeline(...run, join(large, 'out.csv'), '--update');
    // A run from its beginning is thought to need 84 KB.
    await prepare(90);
    cpSync(join(large, 'out.csv.found'), disk.at('out.csv.journal'));
    const resumed = await pipelineUnder(disk.launcher, ...run, join(small, 'out.csv'), '--resume');
    expect(resumed.stderr).toMatch(/6 of 6 photos were done before/);
    expect(resumed.code).toBe(0);
  });

  it('is said before the work starts where reports would fit one by one but not together', async () => {
    // Two reports and their journal are thought to need 96 KB, and each has begun with 8 KB when it is asked.
    await prepare(126);
    const reports = ['a.csv', 'b.csv', 'c.csv'].flatMap((name) => ['--report', join(small, name)]);
    const { code, stderr } = await pipelineUnder(disk.launcher, 'run', photos, ...reports);
    expect(stderr).toMatch(/too full for the report .*c\.csv/);
    expect(code).toBe(2);
  });

  it('that cannot take sidecars ends the run, leaves none half-written, and --resume writes the others', async () => {
    await prepare(2000);
    cpSync(photos, disk.at(''), { recursive: true });
    const sidecars = (): Record<string, string> => hashes(disk.at(deep));
    const run = ['run', small, '--workers', '1', '--xmp', 'darktable', '--report', join(large, 'out.csv')];
    const { code, stderr } = await fillDuring(pipelineUnder(disk.launcher, ...run), join(large, 'out.csv.journal'), disk.at('filler'));
    expect(stderr).toMatch(/Cannot write the sidecar .*\.jpg\.xmp: the disk is full/);
    expect(code).toBe(1);
    const before = sidecars();
    expect(Object.keys(before).filter((name) => !/\.jpg(\.xmp)?$/.test(name))).toEqual([]);

    rmSync(disk.at('filler'));
    const resumed = await pipelineUnder(disk.launcher, ...run, '--resume');
    expect(resumed.code).toBe(0);
    expect(sidecars()).toMatchObject(before);
    expect(Object.keys(sidecars()).length).toBeGreaterThan(Object.keys(before).length);
  });

  describe('that photos are sorted to', () => {
    const source = join(base, 'many');
    const report = join(base, 'many.csv');
    const count = 100;
    const sorted = (): string[] => readdirSync(join(disk.at('sorted'), 'keep')).sort();
    const sort = (): Promise<Finished> => pipelineUnder(disk.launcher, 'sort', source, '--report', report, '--to', join(small, 'sorted'));

    beforeAll(() => {
      mkdirSync(source);
      const names = Array.from({ length: count }, (_, index) => `${String(index).padStart(3, '0')}.jpg`);
      for (const name of names) writeFileSync(join(source, name), `content of ${name}`);
      writeFileSync(report, csvHeader() + names.map((name) => csvRows(photoResult(name))).join(''));
    });

    it('is found too full before the first copy where their size says so', async () => {
      await prepare(200);
      writeFileSync(join(source, '000.jpg'), Buffer.alloc(300_000));
      const { code, stderr } = await sort();
      writeFileSync(join(source, '000.jpg'), 'content of 000.jpg');
      expect(stderr).toMatch(/The disk is too full for the photos in .*sorted: 0\.2 MB are free, 0\.3 MB may be needed/);
      expect(code).toBe(2);
      expect(readdirSync(disk.at(''))).toEqual([]);
    });

    it('stops the sort where it fills up, with whole copies only, and the same command finishes it', async () => {
      // Each of these files has a few bytes and takes a page of 4 KB: what the size does not say.
      await prepare(200);
      const originals = hashes(source);
      const { code, stderr } = await sort();
      expect(stderr).toMatch(/Stopped after \d+ file\(s\), at .*\.jpg: the disk is full\. The same command goes on/);
      expect(code).toBe(1);
      const done = sorted().length;
      expect(done).toBeGreaterThan(0);
      expect(done).toBeLessThan(count);
      expect(originals).toMatchObject(hashes(join(disk.at('sorted'), 'keep')));

      disk.grow(2000);
      expect((await sort()).code).toBe(0);
      expect(hashes(join(disk.at('sorted'), 'keep'))).toEqual(originals);
      expect(hashes(source)).toEqual(originals);
    });
  });
});
