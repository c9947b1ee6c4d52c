import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { csvHeader, csvRows } from '../../src/reports/csv.js';
import { jsonPhoto } from '../../src/reports/json.js';
import { writeReport } from '../support/reports.js';
import type { PhotoResult } from '../../src/core/result.js';
import { stemsOf } from '../../src/sort/companions.js';
import { UsageError } from '../../src/core/usage-error.js';
import { takeLock } from '../../src/files/lock.js';
import { currentUser, realDisk, type Disk } from '../../src/files/disk.js';
import { lastSession } from '../../src/sort/journal.js';
import { Placer, unfinishedName, type Action, type Step } from '../../src/sort/place.js';
import { beginSort } from '../../src/sort/session.js';
import { pipeline, pipelineUnder } from '../support/pipeline.js';
import { photoResult } from '../support/results.js';
import { demoPhotos } from '../support/shared-data.js';

const failingDisk = new URL('../support/failing-disk.js', import.meta.url).href;
const entry = fileURLToPath(new URL('../../bin/pipeline.js', import.meta.url));

/** Name and content of every file below a folder, the journals of sorts apart; nothing where there is no folder. */
function contents(folder: string): Record<string, string> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('.journal')).sort();
  return Object.fromEntries(names.filter((name) => statSync(join(folder, name)).isFile()).map((name) =>
    [name, createHash('sha256').update(readFileSync(join(folder, name))).digest('hex').slice(0, 12)]));
}

describe('pipeline sort', () => {
  let base: string;
  let photos: string;
  let to: string;
  let report: string;
  let before: Record<string, string>;

  beforeEach(() => {
    base = realpathSync(mkdtempSync(join(tmpdir(), 'sort-')));
    [photos, to, report] = [join(base, 'photos'), join(base, 'sorted'), join(base, 'out.csv')];
    mkdirSync(join(photos, 'day 2'), { recursive: true });
    const verdicts = { 'a.jpg': 'keep', '=b.jpg': 'reject', 'day 2/a.jpg': 'review', 'c.png': 'review', 'gone.jpg': 'keep' } as const;
    Object.keys(verdicts).forEach((name, index) => {
      if (name !== 'gone.jpg') copyFileSync(demoPhotos[index] ?? '', join(photos, name));
    });
    for (const name of ['a.CR2', 'a.xmp', 'a.CR2.xmp', 'day 2/a.nef', 'a2.jpg']) writeFileSync(join(photos, name), `content of ${name}`);
    writeFileSync(report, csvHeader() + Object.entries(verdicts).map(([photo, verdict]) => csvRows(photoResult(photo, { verdict }))).join(''));
    before = contents(photos);
  });

  const sort = (...more: string[]): ReturnType<typeof pipeline> => pipeline('sort', photos, '--report', report, '--to', to, ...more);
  const sorted = ['keep/a.CR2', 'keep/a.CR2.xmp', 'keep/a.jpg', 'keep/a.xmp', 'reject/=b.jpg', 'review/c.png', 'review/day 2/a.jpg',
    'review/day 2/a.nef'];

  it('copies by default, with twins and sidecars, and leaves the photos as they are', async () => {
    const { code, stderr } = await sort();
    expect(code).toBe(0);
    expect(stderr).toMatch(/1 photo\(s\) of the report are not in/);
    expect(stderr).toMatch(/8 file\(s\) copied/);
    expect(Object.keys(contents(to))).toEqual(sorted);
    expect(contents(to)['keep/a.jpg']).toBe(before['a.jpg']);
    expect(contents(photos)).toEqual(before);
  });

  it('links without taking space', async () => {
    await sort('--link');
    expect(statSync(join(to, 'keep', 'a.jpg')).ino).toBe(statSync(join(photos, 'a.jpg')).ino);
  });

  it('moves, and leaves what the report does not name', async () => {
    await sort('--move');
    expect(Object.keys(contents(to))).toEqual(sorted);
    expect(Object.keys(contents(photos))).toEqual(['a2.jpg']);
  });

  it('does nothing in a dry run but say what it would do', async () => {
    const { stdout } = await sort('--move', '--dry-run');
    expect(stdout).toContain(`move ${join(photos, 'a.CR2')} -> ${join(to, 'keep', 'a.CR2')}`);
    expect(existsSync(to)).toBe(false);
    expect(contents(photos)).toEqual(before);
  });

  it('does nothing either in a dry run of an undo', async () => {
    await sort('--move');
    const moved = contents(to);
    const { stdout } = await pipeline('sort', photos, '--to', to, '--undo', '--dry-run');
    expect(stdout).toContain(`move ${join(to, 'keep', 'a.CR2')} -> ${join(photos, 'a.CR2')}`);
    expect(contents(to)).toEqual(moved);
    expect(Object.keys(contents(photos))).toEqual(['a2.jpg']);
  });

  describe('with a report that says which files were judged', () => {
    const looks = (name: string, changes: { size?: number; modified?: number } = {}): { file: { size: number; modified: number } } => {
      const { size, mtimeMs: modified } = statSync(join(photos, name));
      return { file: { size, modified, ...changes } };
    };
    const write = async (...results: readonly PhotoResult[]): Promise<void> => {
      report = join(base, 'out.json');
      writeFileSync(report, `{"photos":[${results.map((result) => jsonPhoto(result, false)).join()}]}`);
      writeFileSync(join(base, 'out.csv'), csvHeader() + results.map(csvRows).join(''));
      writeFileSync(join(base, 'out.jsonl'), results.map((result) => `${jsonPhoto(result, false)}\n`).join(''));
      await writeReport(join(base, 'out.arrow'), results);
    };

    it('leaves a photo that is another one, or was written to since, and its companions', async () => {
      await write(photoResult('a.jpg', looks('a.jpg', { size: 1 })), photoResult('c.png', looks('c.png')));
      for (const name of ['out.csv', 'out.json', 'out.jsonl', 'out.arrow']) {
        const { code, stderr } = await pipeline('sort', photos, '--report', join(base, name), '--to', join(base, name.slice(4)));
        expect(stderr).toMatch(/Left as it is: .*a\.jpg: it is not the file that was judged: its size or time is another\. Judge it again\./);
        expect(code).toBe(1);
        expect(contents(join(base, name.slice(4)))).toEqual({ 'keep/c.png': before['c.png'] });
      }
    });

    it('does nothing in another folder of the same names', async () => {
      await write(photoResult('a.jpg', looks('a.jpg', { modified: 1e12 })), photoResult('c.png', looks('c.png', { size: 1 })));
      const { code, stderr } = await sort('--move');
      expect(stderr).toMatch(/have the names of those in .*out\.json, such as a\.jpg, but are other files.*Name the folder that was judged/);
      expect(code).toBe(2);
      expect(contents(photos)).toEqual(before);
    });

    it('takes a time for the same that differs by no more than FAT keeps', async () => {
      await write(photoResult('c.png', looks('c.png', { modified: statSync(join(photos, 'c.png')).mtimeMs - 1900 })));
      expect((await sort()).code).toBe(0);
    });
  });

  it('gives a name that is taken a number, the same for twins and sidecars', async () => {
    mkdirSync(join(to, 'keep'), { recursive: true });
    writeFileSync(join(to, 'keep', 'a.CR2'), 'somebody else\'s');
    await sort();
    expect(readFileSync(join(to, 'keep', 'a.CR2'), 'utf8')).toBe('somebody else\'s');
    expect(readdirSync(join(to, 'keep')).sort()).toEqual(['a-2.CR2', 'a-2.CR2.xmp', 'a-2.jpg', 'a-2.xmp', 'a.CR2']);
  });

  it('copies nothing twice', async () => {
    await sort();
    const { stderr } = await sort();
    expect(stderr).toMatch(/8 file\(s\) are there already/);
    expect(Object.keys(contents(to))).toEqual(sorted);
  });

  it.each(['--copy', '--link', '--move'])('takes %s back with --undo', async (action) => {
    await sort(action);
    const { code, stderr } = await pipeline('sort', photos, '--to', to, '--undo');
    expect(code, stderr).toBe(0);
    expect(contents(photos)).toEqual(before);
    expect(existsSync(to)).toBe(false);
  });

  it('says of a link that leads to nothing, and of a photo that vanished, that it is the photo that is missing', async () => {
    rmSync(join(photos, 'c.png'));
    symlinkSync(join(base, 'nothing.png'), join(photos, 'c.png'));
    const { code, stderr } = await sort();
    expect(code).toBe(1);
    expect(stderr).toMatch(/Left as it is: .*c\.png: it is a link that leads to nothing\./);
    expect(stderr).not.toMatch(/Make the folder/);
    const step = { from: join(photos, 'vanished.jpg'), to: join(to, 'keep', 'vanished.jpg'), size: 1, modified: 0 };
    const plan = { folder: photos, target: to, action: 'copy', steps: [step], missing: [], others: [], already: 0, left: [] } as const;
    const { left } = await beginSort(realDisk, plan, '0'.repeat(64), 0);
    expect(left).toEqual([`${step.from}: it is not there any more.`]);
  });

  it('stops where a line of its journal was cut short, so that it can be read again, and is taken back', async () => {
    mkdirSync(to);
    const steps = ['a.jpg', 'c.png', '=b.jpg'].map((name) => {
      const { size, mtimeMs: modified } = statSync(join(photos, name));
      return { from: join(photos, name), to: join(to, 'keep', name), size, modified };
    });
    const plan = { folder: photos, target: to, action: 'move', steps, missing: [], others: [], already: 0, left: [] } as const;
    let lines = 0;
    const failing: Disk = {
      ...realDisk,
      append: async (path, text) => {
        lines += 1;
        await realDisk.append(path, lines === 3 ? text.slice(0, 4) : text);
        if (lines === 3) throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
      },
    };
    await expect(beginSort(failing, plan, '0'.repeat(64), 0)).rejects.toThrow(/Stopped after 1 file\(s\), at .*c\.png: the disk reports an error\. The same command goes on/);
    const { code, stderr } = await pipeline('sort', photos, '--to', to, '--undo');
    expect([code, stderr]).toEqual([0, expect.stringMatching(/2 file\(s\) taken back/)]);
    expect(contents(photos)).toEqual(before);
  });

  it.each(['--move', '--undo'])('says where it stopped on a disk that can only be read from some moment on, at whatever step of %s', { timeout: 120_000 }, async (verb) => {
    writeFileSync(report, csvHeader() + ['c.png', '=b.jpg'].map((photo) => csvRows(photoResult(photo))).join(''));
    const what = verb === '--undo' ? ['--undo'] : ['--report', report, '--move'];
    if (verb === '--undo') await sort('--move');
    for (let from = 1; ; from += 1) {
      const launcher = ['env', `NODE_OPTIONS=--import ${failingDisk}`, `FAILING_FOLDER=${base}`, 'FAILING_CODE=EROFS', `FAILING_FROM=${String(from)}`];
      const { code, stderr } = await pipelineUnder(launcher, 'sort', photos, '--to', to, ...what);
      expect([from, stderr]).toEqual([from, expect.not.stringContaining('raw')]);
      if (code === 0) break;
      for (const name of existsSync(to) ? readdirSync(to) : []) if (name.startsWith('.sort.lock')) rmSync(join(to, name));
      expect(stderr.replace(/\s+/g, ' ')).toMatch(/(Cannot sort into|Cannot write|Stopped after \d file).*: the disk can only be read\./);
    }
    await pipeline('sort', photos, '--to', to, '--undo');
    expect(contents(photos)).toEqual(before);
  });

  it('leaves a copy that was worked on, and one whose original is gone', async () => {
    await sort('--copy');
    writeFileSync(join(to, 'keep', 'a.xmp'), 'an hour of work');
    rmSync(join(photos, 'c.png'));
    const { code, stderr } = await pipeline('sort', photos, '--to', to, '--undo');
    expect(code).toBe(1);
    expect(stderr).toMatch(/a\.xmp: it was changed since/);
    expect(stderr).toMatch(/c\.png: its original is gone/);
    expect(Object.keys(contents(to))).toEqual(['keep/a.xmp', 'review/c.png']);
  });

  it('does not move a file back over a new one', async () => {
    await sort('--move');
    writeFileSync(join(photos, 'c.png'), 'new');
    const { stderr } = await pipeline('sort', photos, '--to', to, '--undo');
    expect(stderr).toMatch(/another file at .*c\.png now/);
    expect(readFileSync(join(photos, 'c.png'), 'utf8')).toBe('new');
    expect(contents(to)['review/c.png']).toBe(before['c.png']);
  });

  it.each(['--copy', '--move'])('killed half-way, %s is finished by the same command or taken back', { timeout: 120_000 }, async (action) => {
    for (let file = 0; file < 150; file += 1) {
      copyFileSync(demoPhotos[file % 6] ?? '', join(photos, `many-${String(file)}.jpg`));
      writeFileSync(report, csvRows(photoResult(`many-${String(file)}.jpg`)), { flag: 'a' });
    }
    const all = contents(photos);
    for (const end of ['finish', 'undo']) {
      const child = spawn(process.execPath, [entry, 'sort', photos, '--report', report, '--to', to, action], { stdio: 'ignore' });
      const ended = new Promise((resolve) => { child.on('exit', resolve); });
      while (child.exitCode === null && (!existsSync(join(to, 'keep')) || readdirSync(join(to, 'keep')).length < 5)) await sleep(2);
      child.kill('SIGKILL');
      await ended;
      if (end === 'finish') {
        const { code } = await sort(action);
        expect(code).toBe(0);
        expect(Object.values(contents(to)).length).toBe(sorted.length + 150);
        expect(Object.values({ ...contents(photos), ...contents(to) }).length).toBeGreaterThanOrEqual(Object.values(all).length);
      }
      const { code, stderr } = await pipeline('sort', photos, '--to', to, '--undo');
      expect(code, stderr).toBe(0);
      expect(contents(photos)).toEqual(all);
      expect(contents(to)).toEqual({});
    }
  });

  it('begins anew where it was killed while the plan was written, and clears away what a kill left half-copied', async () => {
    mkdirSync(join(to, 'keep'), { recursive: true });
    writeFileSync(join(to, 'sort-1.journal'), '{"journal":"portrait-pipeline sort","version":1,"us');
    writeFileSync(unfinishedName(join(to, 'keep', 'a.jpg')), readFileSync(join(photos, 'a.jpg')).subarray(0, 1000));
    const { code, stderr } = await sort();
    expect(code).toBe(0);
    expect(stderr).toMatch(/8 file\(s\) copied/);
    expect(Object.keys(contents(to))).toEqual(sorted);
    expect(readdirSync(to).filter((name) => name.endsWith('.journal'))).toEqual(['sort-1.journal']);
  });

  it('clears no file away that only has the name of a journal', async () => {
    mkdirSync(to);
    writeFileSync(join(to, 'sort-1.journal'), 'a photo of mine, without a line feed');
    const { code, stderr } = await sort();
    expect([code, stderr]).toEqual([2, expect.stringMatching(/sort-1\.journal is not a journal .* it is another file\. Nothing was done/)]);
    expect(readFileSync(join(to, 'sort-1.journal'), 'utf8')).toBe('a photo of mine, without a line feed');
  });

  it('leaves a photo whose name is too long for a number, and sorts the others', async () => {
    const name = `${'n'.repeat(251)}.jpg`;
    writeFileSync(join(photos, name), 'the photo');
    mkdirSync(join(to, 'keep'), { recursive: true });
    writeFileSync(join(to, 'keep', name), 'another');
    writeFileSync(report, csvHeader() + csvRows({ ...photoResult(name), verdict: 'keep' }) + csvRows({ ...photoResult('a.jpg'), verdict: 'keep' }));
    const { code, stderr } = await sort('--move');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Left as it is: .*nnn\.jpg: its name is longer than this disk takes/)]);
    expect([readFileSync(join(photos, name), 'utf8'), existsSync(join(photos, 'a.jpg'))]).toEqual(['the photo', false]);
  });

  it('takes the sidecar along of a photo with dots in its name', async () => {
    for (const name of ['2024.05.01.jpg', '2024.05.01.xmp', '2024.05.jpg', '2024.05.jpg.xmp']) writeFileSync(join(photos, name), name);
    report = join(base, 'dots.csv');
    writeFileSync(report, csvHeader() + csvRows(photoResult('2024.05.01.jpg')));
    expect((await sort('--move')).code).toBe(0);
    expect(Object.keys(contents(to)).map((name) => name.split('/')[1])).toEqual(['2024.05.01.jpg', '2024.05.01.xmp']);
  });

  /** The journal of a sort of c.png alone that was killed before its first step. */
  const interrupted = (changes: Readonly<Record<string, unknown>> = {}): string => {
    const { size, mtimeMs } = statSync(join(photos, 'c.png'));
    const hash = createHash('sha256').update(readFileSync(report)).digest('hex');
    return `${JSON.stringify({
      journal: 'portrait-pipeline sort', version: 1, user: process.getuid?.() ?? -1, folder: photos, target: to, report: hash, action: 'copy',
      made: { inside: ['keep'], above: 0 }, steps: [{ from: 'c.png', to: 'keep/c.png', size, modified: mtimeMs }], ...changes,
    })}\n`;
  };

  it.each<[string, string[], boolean]>([
    ['plan', [], true], ['plan, and an undo', ['--undo'], true], ['mark', [], false], ['mark, and an undo', ['--undo'], false],
  ])('leaves the journal of a sort that was killed as it is in a dry run: a %s cut short', async (_, more, isPlanCut) => {
    mkdirSync(to);
    const journal = isPlanCut ? interrupted().slice(0, 40) : `${interrupted()}{"do`;
    writeFileSync(join(to, 'sort-1.journal'), journal);
    await sort('--dry-run', ...more);
    expect(readdirSync(to)).toEqual(['sort-1.journal']);
    expect(readFileSync(join(to, 'sort-1.journal'), 'utf8')).toBe(journal);
  });

  it('goes on behind a mark that was cut short', async () => {
    mkdirSync(to);
    const path = join(to, 'sort-1.journal');
    writeFileSync(path, `${interrupted()}{"do`);
    const { code, stderr } = await sort();
    expect(code, stderr).toBe(0);
    expect(readFileSync(path, 'utf8')).toBe(`${interrupted()}{"done":0}\n{"finished":true}\n`);
  });

  describe('believes no journal', () => {
    const secret = (): string => join(base, 'id_rsa');
    const step = (changes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
      ({ steps: [{ from: 'c.png', to: 'keep/c.png', size: 1, modified: 0, ...changes }] });

    it.each<[string, () => Readonly<Record<string, unknown>>]>([
      ['that moves a file from outside', () => ({ action: 'move', ...step({ from: '../id_rsa' }) })],
      ['with an absolute path', () => ({ action: 'move', ...step({ from: secret() }) })],
      ['that puts files outside', () => step({ to: '../c.png' })],
      ['that puts files beside the folders of the verdicts', () => step({ to: '.profile' })],
      ['with an action that there is not', () => ({ action: 'delete' })],
      ['with something more in it', () => ({ also: 'this' })],
      ['of another user', () => ({ user: 4711 })],
      ['of another version', () => ({ version: 2 })],
      ['of another target', () => ({ target: join(base, 'elsewhere') })],
      ['that names a place twice', () => ({ steps: [0, 1].map(() => ({ from: 'c.png', to: 'keep/c.png', size: 1, modified: 0 })) })],
      ['of the version before', () => ({ journal: undefined })],
    ])('%s', async (_, changes) => {
      mkdirSync(to);
      writeFileSync(join(to, 'sort-1.journal'), interrupted(changes()));
      await expect(lastSession(realDisk, to)).rejects.toThrow(/is not a journal of a sort of yours into this folder: .*Nothing was done\./);
      await expect(lastSession(realDisk, to)).rejects.toThrow(UsageError);
    });

    it.each<[string, () => Readonly<Record<string, unknown>>, string[]]>([
      ['that moves a file from outside', () => ({ action: 'move', ...step({ from: '../id_rsa' }) }), ['--undo']],
      ['of another folder', () => ({ folder: base, action: 'move', ...step({ from: 'id_rsa' }) }), ['--move']],
      ['of another folder, for an undo', () => ({ folder: base, action: 'move', ...step({ from: 'id_rsa' }) }), ['--undo']],
      ['of another report', () => ({ report: '1'.repeat(64) }), []],
    ])('%s: exit code 2, and nothing is touched', async (_, changes, more) => {
      writeFileSync(secret(), 'secret');
      mkdirSync(to);
      const journal = interrupted(changes());
      writeFileSync(join(to, 'sort-1.journal'), journal);
      const all = contents(base);
      const { code, stderr } = await sort(...more);
      expect(stderr).toMatch(/is not a journal of a sort of yours|was another one|was of the folder/);
      expect(code).toBe(2);
      expect(contents(base)).toEqual(all);
      expect(readFileSync(join(to, 'sort-1.journal'), 'utf8')).toBe(journal);
    });

    it.skipIf(process.platform === 'win32')('that is a link or a pipe', async () => {
      mkdirSync(to);
      symlinkSync(join(base, 'real.journal'), join(to, 'sort-1.journal'));
      writeFileSync(join(base, 'real.journal'), interrupted());
      expect((await sort()).stderr).toMatch(/is not a journal of a sort of yours into this folder: it is a link/);
      rmSync(join(to, 'sort-1.journal'));
      execFileSync('mkfifo', [join(to, 'sort-1.journal')]);
      expect((await sort()).stderr).toMatch(/it is a pipe/);
      expect(contents(photos)).toEqual(before);
    });

    it('and undoes nothing without being told the folder, but says which one it was', async () => {
      await sort('--move');
      const moved = contents(to);
      const { code, stderr } = await pipeline('sort', '--to', to, '--undo');
      expect(code).toBe(2);
      expect(stderr).toContain(`pipeline sort ${photos} --to ${to} --undo`);
      expect(contents(to)).toEqual(moved);
    });
  });

  it.each(['../out.csv', '../photos', '../photos/a.jpg', '/etc/passwd', 'day 2/../../out.csv', '.', './'])(
    'refuses a report that names something outside the folder: %s', async (name) => {
      writeFileSync(join(base, 'photos.jpg'), 'beside the folder, with its name');
      writeFileSync(report, csvHeader() + csvRows(photoResult('a.jpg')) + csvRows(photoResult(name)));
      const { code, stderr } = await sort('--move');
      expect(code).toBe(2);
      expect(stderr).toMatch(/lies outside/);
      expect(contents(photos)).toEqual(before);
      expect(existsSync(join(base, 'photos.jpg'))).toBe(true);
    });

  it.skipIf(process.platform === 'win32')('follows no link out of the folder, neither of a folder nor of a file', async () => {
    mkdirSync(join(base, 'ssh'));
    writeFileSync(join(base, 'ssh', 'id.jpg'), 'secret');
    symlinkSync(join(base, 'ssh'), join(photos, 'sub'));
    symlinkSync(join(base, 'ssh', 'id.jpg'), join(photos, 'link.jpg'));
    writeFileSync(report, csvHeader() + ['a.jpg', 'sub/id.jpg', 'link.jpg'].map((photo) => csvRows(photoResult(photo))).join(''));
    for (const action of ['--copy', '--link', '--move']) {
      const { code, stderr } = await sort(action);
      expect(code).toBe(1);
      expect(stderr).toMatch(/sub.id\.jpg: its folder is a link that leads out of .*photos, to .*ssh\./);
      expect(stderr).toMatch(/link\.jpg: it is a link that leads out of the folder, to .*ssh.id\.jpg\./);
      expect(Object.keys(contents(to))).not.toContain('keep/link.jpg');
      expect(readFileSync(join(base, 'ssh', 'id.jpg'), 'utf8')).toBe('secret');
      await pipeline('sort', photos, '--to', to, '--undo');
    }
  });

  it.skipIf(process.platform === 'win32')('copies what a link in the folder leads to, gives it a second name, and does not move the link', async () => {
    rmSync(join(photos, 'c.png'));
    symlinkSync(join('day 2', 'a.jpg'), join(photos, 'c.png'));
    writeFileSync(report, csvHeader() + csvRows(photoResult('c.png')));
    const moved = await sort('--move');
    expect(moved.stderr).toMatch(/c\.png: it is a link; --move takes files, not links to them\. Use --copy/);
    expect(moved.code).toBe(1);
    for (const action of ['--copy', '--link']) {
      const { code, stderr } = await sort(action);
      expect(code, stderr).toBe(0);
      expect(contents(to)).toEqual({ 'keep/c.png': before['day 2/a.jpg'] });
      await pipeline('sort', photos, '--to', to, '--undo');
      expect(existsSync(to)).toBe(false);
      expect(contents(photos)).toEqual({ ...before, 'c.png': before['day 2/a.jpg'] });
    }
  });

  it.skipIf(process.platform === 'win32')('never moves a photo onto itself through a link or another way to its folder', async () => {
    mkdirSync(to);
    symlinkSync(photos, join(to, 'keep'));
    const { code, stderr } = await sort('--move');
    expect(code).toBe(2);
    expect(stderr).toMatch(/sorted.keep is a link, to .*photos\. A sort follows no links/);
    expect(contents(photos)).toEqual(before);
  });

  it.skipIf(process.platform === 'win32')('does not wait for pipes that have the name of a photo or a sidecar', { timeout: 20_000 }, async () => {
    rmSync(join(photos, 'c.png'));
    for (const name of ['c.png', 'day 2/a.xmp']) execFileSync('mkfifo', [join(photos, name)]);
    const { code, stderr } = await sort();
    expect(code).toBe(1);
    expect(stderr).toMatch(/c\.png: it is a pipe, a socket or a device/);
    expect(stderr).toMatch(/a\.xmp: it is a pipe, a socket or a device/);
    expect(Object.keys(contents(to))).toContain('review/day 2/a.jpg');
  });

  it.skipIf(process.platform !== 'linux')('moves photos whose name or folder is no text and back, and prints no control characters', async () => {
    const [dark, odd] = [Buffer.concat([Buffer.from(`${photos}/`), Buffer.from([0x61, 0xff, 0x2e, 0x6a, 0x70, 0x67])]), join(photos, 'x\u001b[2K\n.jpg')];
    const folder = Buffer.concat([Buffer.from(`${photos}/`), Buffer.from([0xff, 0x2f])]);
    const inside = Buffer.concat([folder, Buffer.from('b.jpg')]);
    mkdirSync(folder);
    for (const [path, text] of [[dark, 'dark'], [odd, 'odd'], [inside, 'inside']] as const) writeFileSync(path, text);
    writeFileSync(report, csvHeader() + [String.raw`a\xff.jpg`, 'x\u001b[2K\n.jpg', String.raw`\xff/b.jpg`].map((photo) => csvRows(photoResult(photo))).join(''));
    const dry = await sort('--move', '--dry-run');
    expect(dry.stdout).not.toContain('\u001b');
    expect(dry.stdout.trim().split('\n')).toHaveLength(3);
    const { code, stderr } = await sort('--move');
    expect(code, stderr).toBe(0);
    expect(readFileSync(Buffer.concat([Buffer.from(`${to}/keep/`), dark.subarray(photos.length + 1)]), 'utf8')).toBe('dark');
    expect([dark, inside].map((path) => existsSync(path))).toEqual([false, false]);
    const undone = await pipeline('sort', photos, '--to', to, '--undo');
    expect(undone.code, undone.stderr).toBe(0);
    expect([dark, odd, inside].map((path) => existsSync(path))).toEqual([true, true, true]);
  });

  it.skipIf(process.platform !== 'linux')('reads no way out of the folder from a name that is written with escapes', async () => {
    writeFileSync(report, `photo,verdict\r\n${String.raw`\x2e\x2e/out.csv`},keep\r\n`);
    const { code, stderr } = await sort();
    expect(stderr).toMatch(/lies outside/);
    expect(code).toBe(2);
  });

  it('takes all spellings of a photo for one, in a time that grows with their number', { timeout: 20_000 }, async () => {
    const spellings = Array.from({ length: 60_000 }, (_, index) => `${'./'.repeat(index % 250)}${'.//'.repeat(Math.floor(index / 250))}a.jpg`);
    writeFileSync(report, `photo,verdict\n${spellings.map((photo) => `${photo},keep\n`).join('')}`);
    const { code, stderr } = await sort();
    expect(code, stderr).toBe(0);
    expect(Object.keys(contents(to))).toEqual(['keep/a.CR2', 'keep/a.CR2.xmp', 'keep/a.jpg', 'keep/a.xmp']);
  });

  it('refuses a second sort while one is at work on the target, and takes over from one that died', async () => {
    mkdirSync(to);
    const lock = takeLock(join(to, '.sort.lock'), 'the test');
    const { code, stderr } = await sort();
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`Another run is at work on the folder .*sorted \\(process ${String(process.pid)} on `));
    expect(readdirSync(to)).toEqual(['.sort.lock']);
    lock.release();
    const held = JSON.stringify({ host: hostname(), process: spawnSync(process.execPath, ['--version']).pid, started: 'then', id: 'a' });
    writeFileSync(join(to, '.sort.lock'), held);
    expect((await sort()).code).toBe(0);
    expect(readdirSync(to).sort()).toEqual(['keep', 'reject', 'review', 'sort-1.journal']);
  });

  it('takes back the folders that it made, and no other', async () => {
    mkdirSync(join(to, 'reject'), { recursive: true });
    await sort('--move');
    await pipeline('sort', photos, '--to', to, '--undo');
    expect(readdirSync(to, { recursive: true })).toEqual(['reject']);
    rmSync(to, { recursive: true });
    const deep = join(base, 'new', 'deeper');
    await pipeline('sort', photos, '--report', report, '--to', deep, '--move');
    await pipeline('sort', photos, '--to', deep, '--undo');
    expect(existsSync(join(base, 'new'))).toBe(false);
  });

  describe('with a folder that has none of the photos', () => {
    const sortIn = (folder: string, ...more: string[]): ReturnType<typeof pipeline> =>
      pipeline('sort', folder, '--report', report, '--to', to, ...more);

    beforeEach(() => {
      writeFileSync(report, csvHeader() + csvRows(photoResult('a.jpg')) + csvRows(photoResult('day 2/a.jpg')));
    });

    it.each([[[]], [['--dry-run']]])('says so and which folder the report seems to belong to: exit code 2 (%j)', async (more) => {
      mkdirSync(join(base, 'other'));
      const { code, stderr } = await sortIn(join(base, 'other'), ...more);
      expect(stderr).toMatch(/The 2 photo\(s\) of .*out\.csv, such as a\.jpg, are not in the folder .*other\./);
      expect(stderr).toContain(`The report seems to belong to ${photos}.`);
      expect(code).toBe(2);
      expect(existsSync(to)).toBe(false);
    });

    it.each<[string, string, RegExp]>([
      ['a folder that is missing', 'nosuch', /There is no folder .*nosuch\. The 2 photo/], ['a file', 'out.csv', /out\.csv is not a folder/],
    ])('says that it is %s: exit code 2', async (_, name, message) => {
      const { code, stderr } = await sortIn(join(base, name));
      expect(stderr).toMatch(message);
      expect(code).toBe(2);
    });

    it('asks for the right one where none is near', async () => {
      rmSync(photos, { recursive: true });
      expect((await sortIn(join(base, 'photos'))).stderr).toMatch(/Name the folder that was judged/);
    });

    it('takes it as done where the last sort has moved them', async () => {
      await sortIn(photos, '--move');
      const { code, stderr } = await sortIn(photos, '--move');
      expect(stderr).toMatch(/nothing to do: the last sort into .* moved these photos/);
      expect(code).toBe(0);
    });
  });

  it('takes the choices that were saved from an HTML report', async () => {
    writeFileSync(report, 'photo,verdict,stars,chosen_by,tool_verdict,reasons\r\na.jpg,reject,0,me,keep,\r\n\'=b.jpg,keep,3,me,reject,\r\n');
    await sort();
    expect(readdirSync(join(to, 'reject'))).toContain('a.jpg');
    expect(readdirSync(join(to, 'keep'))).toEqual(['=b.jpg']);
  });

  it.each<[string, string, string]>([
    ['an HTML report', 'out.html', '<!doctype html>\n<title>secret "x", y</title>\n'],
    ['a photo', 'a.jpg', '\u00ff\u00d8"secret\n"\u0000,,"\n'],
    ['a CSV report on one line', 'one.csv', 'secret'],
    ['a JSON report that is cut short', 'cut.json', '[{"photo": "secret.jpg", "ver'],
    ['a CSV report with a broken row', 'row.csv', 'photo,verdict\na.jpg,keep\nb.jpg,"secret"secret\n'],
  ])('says of %s that it is no report, and prints nothing of it', async (_, name, text) => {
    writeFileSync(join(base, name), text);
    const { code, stdout, stderr } = await pipeline('sort', photos, '--report', join(base, name), '--to', to);
    expect(stderr).toMatch(/is not a report in CSV, JSON, JSON Lines or Arrow: .*Choices made in an HTML report are saved from its page, as CSV or JSON\./);
    expect(stdout + stderr).not.toMatch(/secret/);
    expect(code).toBe(2);
  });

  it('keeps a RAW and its twin together in the better verdict', async () => {
    writeFileSync(report, csvHeader() + csvRows(photoResult('a.jpg', { verdict: 'reject' })) + csvRows(photoResult('a.CR2', { verdict: 'review' })));
    await sort();
    expect(readdirSync(join(to, 'review'))).toEqual(['a.CR2', 'a.CR2.xmp', 'a.jpg', 'a.xmp']);
  });

  it.each<[string, string[], RegExp]>([
    ['a file that is no report', [], /is not a report|Cannot read/], ['two actions at once', ['--copy', '--move'], /Choose one/],
  ])('%s: exit code 2', async (_, more, message) => {
    if (more.length === 0) writeFileSync(report, 'not,a,report\n1,2,3\n');
    const { code, stderr } = await sort(...more);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('placing a file', () => {
  const folder = (parent = tmpdir()): string => realpathSync(mkdtempSync(join(parent, 'place-')));
  const placeFile = async (from: string, to: string, action: Action): Promise<void> => {
    const { size, mtimeMs: modified } = statSync(from);
    await new Placer(realDisk, [dirname(from), dirname(to)]).place({ from, to, size, modified }, action);
  };
  const otherDisk = existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync(tmpdir()).dev;

  it.skipIf(!otherDisk)(`moves to another disk by copy, verify, remove${otherDisk ? '' : ' (skipped: no second disk here)'}`, async () => {
    const [from, to] = [join(folder(), 'a.jpg'), join(folder('/dev/shm'), 'sub', 'a.jpg')];
    copyFileSync(demoPhotos[0] ?? '', from);
    const { mtimeMs } = statSync(from);
    await placeFile(from, to, 'move');
    expect(existsSync(from)).toBe(false);
    expect(readFileSync(to).equals(readFileSync(demoPhotos[0] ?? ''))).toBe(true);
    expect(Math.abs(statSync(to).mtimeMs - mtimeMs)).toBeLessThan(2);
    expect(readdirSync(dirname(to))).toEqual(['a.jpg']);
    await expect(placeFile(to, join(folder(), 'a.jpg'), 'link')).rejects.toThrow(/another disk.*--copy/);
    rmSync(dirname(dirname(to)), { recursive: true });
  });

  it.each(['copy', 'move'] as const)('takes names as long as the disk does (%s)', async (action) => {
    const [from, to] = [join(folder(), 'a.jpg'), join(folder(), `${'x'.repeat(251)}.jpg`)];
    writeFileSync(from, 'content');
    await placeFile(from, to, action);
    expect(readFileSync(to, 'utf8')).toBe('content');
    expect(readdirSync(dirname(to))).toHaveLength(1);
  });

  it('never takes the original away for a link that leads to it', async () => {
    const base = folder();
    writeFileSync(join(base, 'a.jpg'), 'the only one');
    symlinkSync(join(base, 'a.jpg'), join(base, 'b.jpg'));
    await expect(placeFile(join(base, 'a.jpg'), join(base, 'b.jpg'), 'move')).rejects.toThrow(/another file/);
    expect(readFileSync(join(base, 'a.jpg'), 'utf8')).toBe('the only one');
  });

  it('copies another user\'s file that the system allows no second name for, rather than rename it over one that comes meanwhile', async () => {
    const [from, to] = [join(folder(), 'a.jpg'), join(folder(), 'a.jpg')];
    writeFileSync(from, 'the photo');
    const look: Disk['look'] = async (path) => {
      const entry = await realDisk.look(path);
      return entry === undefined || path !== from ? entry : { ...entry, owner: currentUser + 1 };
    };
    const forbidding: Disk = {
      ...realDisk, look,
      link: (path, name) => (path === from ? Promise.reject(Object.assign(new Error('EPERM'), { code: 'EPERM' })) : realDisk.link(path, name)),
      rename: () => Promise.reject(new Error('renamed')),
    };
    const { size, mtimeMs: modified } = statSync(from);
    await new Placer(forbidding, [dirname(from), dirname(to)]).place({ from, to, size, modified }, 'move');
    expect([existsSync(from), readFileSync(to, 'utf8'), readdirSync(dirname(to))]).toEqual([false, 'the photo', ['a.jpg']]);
  });

  describe('keeps the last copy, under whatever name', () => {
    const photo = 'the photo';
    let [from, to, part] = ['', '', ''];
    let step: Step;
    let placer: Placer;

    beforeEach(() => {
      [from, to] = [join(folder(), 'a.jpg'), join(folder(), 'a.jpg')];
      part = unfinishedName(to);
      step = { from, to, size: photo.length, modified: Date.now() };
      placer = new Placer(realDisk, [dirname(from), dirname(to)]);
    });

    it('an unfinished copy that is complete is put in place, by a sort and by an undo', async () => {
      writeFileSync(part, photo);
      await placer.place(step, 'move');
      expect([readFileSync(to, 'utf8'), existsSync(from), existsSync(part)]).toEqual([photo, false, false]);
      renameSync(to, part);
      await placer.takeBack(step, 'move');
      expect([readFileSync(from, 'utf8'), existsSync(to), existsSync(part)]).toEqual([photo, false, false]);
    });

    it('one that is cut short is left, and named', async () => {
      writeFileSync(part, 'the ph');
      await expect(placer.takeBack(step, 'move')).rejects.toThrow(`What an interrupted copy has left of it is ${part}.`);
      await expect(placer.place(step, 'move')).rejects.toThrow(part);
      expect(readFileSync(part, 'utf8')).toBe('the ph');
    });

    it('one is left where another file has the photo\'s name now, and goes where the photo is as it was', async () => {
      writeFileSync(from, 'another one');
      writeFileSync(part, photo);
      await expect(placer.takeBack(step, 'move')).rejects.toThrow(/an unfinished copy of another content was left beside/);
      await expect(placer.place(step, 'copy')).rejects.toThrow(/an unfinished copy of another content was left beside/);
      expect(readFileSync(part, 'utf8')).toBe(photo);
      writeFileSync(from, photo);
      utimesSync(from, step.modified / 1000, step.modified / 1000);
      writeFileSync(part, 'the ph');
      await placer.takeBack(step, 'move');
      expect([readFileSync(from, 'utf8'), existsSync(part)]).toEqual([photo, false]);
    });

    it.each<[string, () => void]>([
      ['another photo', () => { writeFileSync(part, 'another'); }],
      ['a longer file', () => { writeFileSync(part, `${photo} and more`); }],
      ['a link', () => { symlinkSync(from, part); }],
      ['a folder', () => { mkdirSync(part); }],
    ])('%s that has the name of an unfinished copy stays, and so does the photo', async (_, make) => {
      writeFileSync(from, photo);
      utimesSync(from, step.modified / 1000, step.modified / 1000);
      make();
      await expect(placer.place(step, 'move')).rejects.toThrow(/an unfinished copy of another content was left beside/);
      expect([readdirSync(dirname(part)).includes(basename(part)), readFileSync(from, 'utf8')]).toEqual([true, photo]);
    });

    it('a part of the photo, also one in which nothing was written yet, makes place', async () => {
      const large = Buffer.alloc(3 << 20, photo);
      for (const unfinished of [large.subarray(0, 2.5e6), Buffer.alloc(2.5e6), Buffer.concat([large.subarray(0, 8192), Buffer.alloc(5000)])]) {
        writeFileSync(from, large);
        writeFileSync(part, unfinished);
        const { size, mtimeMs: modified } = statSync(from);
        await placer.place({ ...step, size, modified }, 'move');
        expect([readFileSync(to).equals(large), existsSync(part)]).toEqual([true, false]);
        rmSync(to);
      }
    });

    it('a name that turns out to be another way to the same file is no copy', async () => {
      writeFileSync(from, photo);
      const twoWays: Disk = { ...realDisk, look: (path) => realDisk.look(path === to ? from : path) };
      const other = new Placer(twoWays, [dirname(from), dirname(to)]);
      for (const act of [() => other.place(step, 'move'), () => other.takeBack(step, 'move'), () => other.takeBack(step, 'link')]) {
        await expect(act()).rejects.toThrow();
        expect(readFileSync(from, 'utf8')).toBe(photo);
      }
    });

    it.each<Action>(['move', 'copy'])('the copy that stays is flushed before the other goes, whoever wrote it: %s', async (action) => {
      writeFileSync(from, photo);
      writeFileSync(to, photo);
      const [stays, goes] = action === 'move' ? [to, from] : [from, to];
      const calls: string[] = [];
      const noted: Disk = {
        ...realDisk,
        flushFile: (path) => { calls.push(`flush ${path}`); return realDisk.flushFile(path); },
        remove: (path) => { calls.push(`remove ${path}`); return realDisk.remove(path); },
      };
      const other = new Placer(noted, [dirname(from), dirname(to)]);
      await (action === 'move' ? other.place(step, action) : other.takeBack(step, action));
      expect(calls).toEqual([`flush ${stays}`, `remove ${goes}`]);
    });

    it.each(['move', 'copy'] as const)('and, where the folder of a name that goes is another one in the last moment, what has that name there: %s', async (action) => {
      const [goes, stays] = action === 'move' ? [from, to] : [to, from];
      writeFileSync(from, photo);
      if (action === 'copy') copyFileSync(from, to);
      const elsewhere = folder();
      writeFileSync(join(elsewhere, 'a.jpg'), 'of somebody else');
      const swapping: Disk = {
        ...realDisk,
        flushFile: async (path) => {
          await realDisk.flushFile(path);
          renameSync(dirname(goes), `${dirname(goes)}.away`);
          symlinkSync(elsewhere, dirname(goes));
        },
      };
      const other = new Placer(swapping, [dirname(from), dirname(to)]);
      await expect(action === 'move' ? other.place(step, action) : other.takeBack(step, action)).rejects.toThrow(/written to while|changed since/);
      expect([readFileSync(join(elsewhere, 'a.jpg'), 'utf8'), readFileSync(stays, 'utf8')]).toEqual(['of somebody else', photo]);
    });

    it('a photo that is written to while it is copied to another disk stays', async () => {
      writeFileSync(from, photo);
      const twoDisks: Disk = {
        ...realDisk,
        link: (a, b) => a === from ? Promise.reject(Object.assign(new Error('EXDEV'), { code: 'EXDEV' })) : realDisk.link(a, b),
        flushFolder: async (path) => {
          if (path === dirname(to) && existsSync(to)) writeFileSync(from, 'an hour of work');
          await realDisk.flushFolder(path);
        },
      };
      await expect(new Placer(twoDisks, [dirname(from), dirname(to)]).place(step, 'move')).rejects.toThrow(/it was written to while it was moved/);
      expect(readFileSync(from, 'utf8')).toBe('an hour of work');
    });
  });

  it.skipIf(process.getuid?.() === 0)('leaves the original where the target cannot be written', async () => {
    const base = folder();
    writeFileSync(join(base, 'a.jpg'), 'content');
    mkdirSync(join(base, 'locked'));
    chmodSync(join(base, 'locked'), 0o500);
    await expect(placeFile(join(base, 'a.jpg'), join(base, 'locked', 'a.jpg'), 'move')).rejects.toThrow();
    expect(existsSync(join(base, 'a.jpg'))).toBe(true);
  });
});

describe('companions of a photo', () => {
  it.each([
    ['IMG.jpg', 'IMG'], ['IMG.CR2', 'IMG'], ['IMG.xmp', 'IMG'], ['IMG.CR2.xmp', 'IMG'], ['IMG.edit.jpg', 'IMG.edit'],
    ['IMG.edit.jpg.xmp', 'IMG.edit'], ['no extension', 'no extension'],
  ])('%s belongs to %s', (name, stem) => {
    expect(stemsOf([name])).toEqual([stem]);
  });

  it('are told by what else is there, where a name has dots', () => {
    const names = ['2024.05.01.jpg', '2024.05.01.xmp', '2024.05.jpg', '2024.05.jpg.xmp', 'a', 'a.xmp', 'b.CR2', 'b.CR2.jpg', 'b.CR2.xmp'];
    expect(stemsOf(names)).toEqual(['2024.05.01', '2024.05.01', '2024.05', '2024.05', 'a', 'a', 'b', 'b.CR2', 'b']);
  });
});
