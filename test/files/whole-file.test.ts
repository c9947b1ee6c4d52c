import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { NotRegularError } from '../../src/files/regular-file.js';
import { checkWholeFile, WholeFile, WriteProtectedError, writeWholeFile } from '../../src/files/whole-file.js';
import { filesUpTo } from '../support/disk.js';

describe('a file that is written whole or not at all', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'whole-file-'));
    path = join(folder, 'out.csv');
  });

  it('takes the place of an earlier one at once, and leaves nothing beside it', () => {
    writeFileSync(path, 'earlier');
    const file = WholeFile.begin(path);
    file.append('new ');
    file.append(Buffer.from('content'));
    expect(readFileSync(path, 'utf8')).toBe('earlier');
    file.commit();
    expect(readFileSync(path, 'utf8')).toBe('new content');
    file.discard();
    expect(readdirSync(folder)).toEqual(['out.csv']);
  });

  it('does not replace what a link leads to where that is refused', () => {
    writeFileSync(join(folder, 'real.csv'), 'earlier');
    symlinkSync('real.csv', path);
    expect(() => WholeFile.begin(path, { refuseLinks: true })).toThrow('it is a link');
    expect(readdirSync(folder).sort()).toEqual(['out.csv', 'real.csv']);
  });

  it('keeps the mode of what it replaces, and its owner where that can be', () => {
    writeFileSync(path, 'earlier');
    chmodSync(path, 0o640);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(path, 12345, 54321);
    writeWholeFile(path, 'new');
    expect(statSync(path).mode & 0o7777).toBe(0o640);
    if (isRoot) expect(statSync(path)).toMatchObject({ uid: 12345, gid: 54321 });
  });

  it.each([true, false])('replaces what a link leads to, and leaves the link (what it leads to is there: %s)', (isThere) => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'whole-file-'));
    if (isThere) writeFileSync(join(elsewhere, 'real.csv'), 'earlier');
    symlinkSync(elsewhere, join(folder, 'sub'));
    symlinkSync(join('sub', 'real.csv'), path);
    writeWholeFile(path, 'new');
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(elsewhere, 'real.csv'), 'utf8')).toBe('new');
    expect([...readdirSync(folder), ...readdirSync(elsewhere)].sort()).toEqual(['out.csv', 'real.csv', 'sub']);
  });

  it('does not replace what is write-protected, whoever asks', () => {
    writeFileSync(path, 'earlier', { mode: 0o444 });
    expect(() => { writeWholeFile(path, 'new'); }).toThrow(WriteProtectedError);
    expect(() => { checkWholeFile(path); }).toThrow(WriteProtectedError);
    expect(readFileSync(path, 'utf8')).toBe('earlier');
    expect(readdirSync(folder)).toEqual(['out.csv']);
  });

  it.skipIf(process.platform === 'win32')('does not replace a folder, a pipe or a link in a circle', () => {
    mkdirSync(path);
    spawnSync('mkfifo', [join(folder, 'pipe')]);
    symlinkSync('circle', join(folder, 'circle'));
    expect(() => { writeWholeFile(path, 'new'); }).toThrow(new NotRegularError('it is a folder. Name a file.'));
    expect(() => { writeWholeFile(join(folder, 'pipe'), 'new'); }).toThrow(new NotRegularError('it is a pipe, not a file. Name a file.'));
    expect(() => { writeWholeFile(join(folder, 'circle'), 'new'); }).toThrow(/circle/);
    expect(readdirSync(folder).sort()).toEqual(['circle', 'out.csv', 'pipe']);
  });

  it('that cannot be written to its end leaves what was there, and nothing beside it', () => {
    writeFileSync(path, 'earlier');
    const script = `
      import { writeWholeFile } from ${JSON.stringify(new URL('../../dist/files/whole-file.js', import.meta.url).href)};
      process.on('SIGXFSZ', () => undefined);
      try { writeWholeFile(process.argv[1], Buffer.alloc(1 << 20)); } catch (error) { process.stdout.write(error.code); }`;
    const [command, ...rest] = [...filesUpTo(100), process.execPath, '--input-type=module', '-e', script, path];
    expect(spawnSync(command, rest, { encoding: 'utf8' }).stdout).toBe('EFBIG');
    expect(readFileSync(path, 'utf8')).toBe('earlier');
    expect(readdirSync(folder)).toEqual(['out.csv']);
  });

  it('clears away what killed processes of this machine have left, and nothing of anybody else', () => {
    const ended = spawnSync(process.execPath, ['--version']).pid;
    const running = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60000)']);
    const file = WholeFile.begin(path);
    const [own = ''] = readdirSync(folder);
    file.discard();
    // The folder of this test was looked into now; another one was not.
    const other = mkdtempSync(join(tmpdir(), 'whole-file-'));
    const left = (pid: number | undefined): string => own.replace(`.${String(process.pid)}.`, `.${String(pid)}.`);
    const others = [left(running.pid), `out.csv.${String(ended)}.part`, 'out.csv.part', left(ended).replace(/^\.\w+\.\w+\./, '.0123456789abcdef.01234567.')];
    for (const name of [left(ended), ...others]) writeFileSync(join(other, name), 'half a file');
    writeWholeFile(join(other, 'new.csv'), 'new');
    running.kill();
    expect(readdirSync(other).sort()).toEqual([...others, 'new.csv'].sort());
  });

  it('says so where its folder vanished meanwhile', () => {
    const file = WholeFile.begin(path);
    renameSync(folder, `${folder}.gone`);
    expect(() => { file.commit(); }).toThrow(/ENOENT/);
    file.discard();
  });
});
