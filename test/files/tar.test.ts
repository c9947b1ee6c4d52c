import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listTar, TarError } from '../../src/files/tar.js';

const hasTar = spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout.includes('GNU');

let folder: string;
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'tar-')); });
afterEach(() => { rmSync(folder, { recursive: true }); });

/** A tar of these headers; a file's content is its name. */
async function tarOf(...headers: readonly (Partial<Header> & { readonly name: string })[]): Promise<string> {
  const tar = pack();
  for (const header of headers) {
    if (header.type === undefined || header.type === 'file') tar.entry(header, header.name);
    else tar.entry(header);
  }
  tar.finalize();
  const path = join(folder, 'shard.tar');
  writeFileSync(path, await buffer(tar));
  return path;
}

/** Name and content of what is listed. */
async function contents(path: string): Promise<string[][]> {
  const bytes = readFileSync(path);
  return (await listTar(path)).map(({ name, offset, length }) => [name, bytes.toString('utf8', offset, offset + length)]);
}

describe('the list of a tar', () => {
  it('has its files, however long their names are, and where their content lies', async () => {
    const long = `${'d'.repeat(90)}/${'e'.repeat(90)}/${'f'.repeat(90)}/ü 🙂.jpg`;
    expect(await contents(await tarOf({ name: '0001.jpg' }, { name: '0001.json' }, { name: long }, { name: './sub//b.jpg' })))
      .toEqual([['0001.jpg', '0001.jpg'], ['0001.json', '0001.json'], [long, long], ['sub/b.jpg', './sub//b.jpg']]);
  });

  it('has neither folders, links nor devices', async () => {
    expect(await contents(await tarOf(
      { name: 'sub/', type: 'directory' }, { name: 'link.jpg', type: 'symlink', linkname: '/etc/passwd' },
      { name: 'hard.jpg', type: 'link', linkname: '../x' }, { name: 'null.jpg', type: 'character-device' }, { name: 'a.jpg' },
    ))).toEqual([['a.jpg', 'a.jpg']]);
  });

  it('has the later of two files with one name, as unpacking would leave it', async () => {
    const path = await tarOf({ name: './a.jpg' }, { name: 'b.jpg' }, { name: 'a.jpg' });
    expect(await contents(path)).toEqual([['b.jpg', 'b.jpg'], ['a.jpg', 'a.jpg']]);
  });

  it('is empty of an empty tar', async () => {
    expect(await listTar(await tarOf())).toEqual([]);
  });

  it.skipIf(!hasTar).each(['gnu', 'pax', 'ustar', 'v7'])('is that of GNU tar --format=%s', async (format) => {
    mkdirSync(join(folder, 'in', 'sub'), { recursive: true });
    const names = ['a.jpg', `sub/${(format === 'v7' ? 'b' : 'long').repeat(22)}.jpg`];
    for (const name of names) writeFileSync(join(folder, 'in', name), name.repeat(300));
    symlinkSync('a.jpg', join(folder, 'in', 'link.jpg'));
    const path = join(folder, 'out.tar');
    execFileSync('tar', ['--format', format, '--sort=name', '-C', join(folder, 'in'), '-cf', path, '.']);
    expect(await contents(path)).toEqual(names.map((name) => [name, name.repeat(300)]));
  });
});

describe('a tar that somebody else has made', () => {
  it.each(['../x.jpg', 'sub/../../x.jpg', '/etc/x.jpg', '..', './'])('is refused where a name leads out of it: %s', async (name) => {
    const path = await tarOf({ name: 'a.jpg' }, { name, type: 'file' });
    if (name === './') expect(await contents(path)).toEqual([['a.jpg', 'a.jpg']]);
    else await expect(listTar(path)).rejects.toThrow(/a name in it leads out of it/);
  });

  it('is refused where it is cut short, whatever a header says of its length', async () => {
    const path = await tarOf({ name: 'a.jpg' }, { name: 'b'.repeat(600) });
    truncateSync(path, statSync(path).size - 2048);
    await expect(listTar(path)).rejects.toThrow(new TarError('it is cut short.'));
  });

  it('is refused where it is no tar, or damaged', async () => {
    const path = join(folder, 'no.tar');
    writeFileSync(path, 'x'.repeat(2000));
    await expect(listTar(path)).rejects.toThrow(new TarError('it is no tar.'));
    const tar = await tarOf({ name: 'a.jpg' }, { name: 'b.jpg' });
    const bytes = readFileSync(tar);
    bytes.write('zzz', 1024 + 10);
    writeFileSync(tar, bytes);
    await expect(listTar(tar)).rejects.toThrow(/it is damaged at byte 1024/);
  });

  it('ends the list with an error, and never the process or the patience, whatever bytes are changed', async () => {
    const path = await tarOf({ name: 'a.jpg' }, { name: `${'long'.repeat(60)}.jpg` }, { name: 'c.jpg' });
    const whole = readFileSync(path);
    let state = 1;
    const random = (below: number): number => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    for (let round = 0; round < 500; round += 1) {
      const bytes = Buffer.from(whole);
      const at = 512 * random(Math.floor(bytes.length / 512));
      for (let change = 0; change < 3; change += 1) bytes.writeUInt8(random(256), at + ([0, 124, 156, 345, 10].at(random(5)) ?? 0) + random(8));
      // What a header is damaged in would be told by its checksum; a hostile one has the right one.
      const sum = bytes.subarray(at, at + 512).reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
      bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
      writeFileSync(path, bytes);
      const entries = await listTar(path).catch((error: unknown) => {
        expect(error).toBeInstanceOf(TarError);
        return [];
      });
      for (const { offset, length } of entries) expect(offset + length).toBeLessThanOrEqual(bytes.length);
    }
  });
});
