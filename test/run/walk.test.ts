import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readRegularFile } from '../../src/files/regular-file.js';
import { writeDrawing, writeGray } from '../../src/image/draw.js';
import { findPhotos } from '../../src/run/walk.js';
import { unfinishedName } from '../../src/sort/place.js';
import { demoPhotos } from '../support/shared-data.js';

let folder: string;
const inside = { followLinks: false };

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'walk-')));
});

function put(name: string, content?: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  if (content === undefined) cpSync(demoPhotos[0] ?? '', join(folder, name));
  else writeFileSync(join(folder, name), content);
}

async function names(inputs: readonly string[] = [folder], options = inside): Promise<string[]> {
  return (await findPhotos(inputs, options)).photos.map(({ photo }) => photo);
}

describe('findPhotos', () => {
  it('lists photos recursively, by path, relative to the folder', async () => {
    put('b.jpg'); put('a/z.PNG', 'x'); put('a/B.jpeg', 'x'); put('a b/ü.webp', 'x');
    expect(await names()).toEqual(['a b/ü.webp', 'a/B.jpeg', 'a/z.PNG', 'b.jpg']);
  });

  it('leaves out sidecars, texts and hidden files, and takes a photo without an ending', async () => {
    put('a.jpg'); put('a.xmp', '<x/>'); put('notes.txt', 'hello'); put('._a.jpg', 'x'); put('.trash/b.jpg'); put('scan');
    expect(await names()).toEqual(['a.jpg', 'scan']);
  });

  it('leaves out what was left half-written, even where it holds a whole photo', async () => {
    put('a.jpg'); put(basename(unfinishedName('a.jpg'))); put('b.jpg.part'); put('out.html.4711.part', '<!doctype html>'); put('apart.jpg');
    expect(await names()).toEqual(['a.jpg', 'apart.jpg']);
  });

  it('takes single files, and several folders under the names that tell them apart', async () => {
    put('one/1.jpg'); put('two/1.jpg'); put('3.jpg');
    expect(await names([join(folder, '3.jpg')])).toEqual(['3.jpg']);
    expect(await names([join(folder, 'one'), join(folder, 'two')])).toEqual(['one/1.jpg', 'two/1.jpg']);
  });

  it('lists a photo that is reached twice once', async () => {
    put('one/1.jpg');
    expect(await names([folder, join(folder, 'one'), join(folder, 'one', '1.jpg')])).toEqual(['one/1.jpg']);
  });

  it('survives links in a circle, and lists a link that leads nowhere so that its row can say so', async () => {
    put('sub/1.jpg');
    symlinkSync(folder, join(folder, 'sub', 'up'));
    symlinkSync(join(folder, 'b.jpg'), join(folder, 'a.jpg'));
    symlinkSync(join(folder, 'a.jpg'), join(folder, 'b.jpg'));
    expect(await names()).toEqual(['a.jpg', 'b.jpg', 'sub/1.jpg']);
  });

  it('follows links that lead outside only when told to', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    cpSync(demoPhotos[0] ?? '', join(outside, 'far.jpg'));
    put('near.jpg');
    symlinkSync(outside, join(folder, 'link'));
    const walk = await findPhotos([folder], inside);
    expect(walk.photos.map(({ photo }) => photo)).toEqual(['near.jpg']);
    expect(walk.skippedLinks).toEqual(['link']);
    expect(await names([folder], { followLinks: true })).toEqual(['link/far.jpg', 'near.jpg']);
  });

  it('lists a pipe under a photo\'s name, so that its row can say so, and waits for none', async () => {
    put('a.jpg');
    for (const name of ['pipe.jpg', 'pipe']) execFileSync('mkfifo', [join(folder, name)]);
    expect(await names()).toEqual(['a.jpg', 'pipe.jpg']);
  });

  it('lists links to what is hidden within the folder, as git-annex has them, under the names of the links', async () => {
    put('.git/annex/objects/SHA256-1.jpg'); put('.git/annex/objects/SHA256-2');
    mkdirSync(join(folder, 'day'));
    symlinkSync('../.git/annex/objects/SHA256-1.jpg', join(folder, 'day', 'bride.jpg'));
    symlinkSync('../.git/annex/objects/SHA256-1.jpg', join(folder, 'day', 'copy.jpg'));
    symlinkSync('.git/annex/objects/SHA256-2', join(folder, 'groom'));
    symlinkSync('.git/annex/objects/not-here.jpg', join(folder, 'gone.jpg'));
    expect(await names()).toEqual(['day/bride.jpg', 'day/copy.jpg', 'gone.jpg', 'groom']);
  });

  it('leaves out the pictures of --debug-crops by what they say themselves, not by their names alone', async () => {
    put('a.jpg');
    put('own.faces.jpg'); put('own.eye-1.png');
    await writeGray(join(folder, 'a.jpg.eye-1.png'), { data: new Uint8Array(100), width: 10, height: 10 });
    await writeDrawing(join(folder, 'a.jpg.faces.jpg'), { data: new Uint8Array(300), width: 10, height: 10, channels: 3 }, []);
    expect(await names()).toEqual(['a.jpg', 'own.eye-1.png', 'own.faces.jpg']);
  });

  it.skipIf(process.platform !== 'linux')('keeps names apart that are not UTF-8', async () => {
    put('a\ufffd.jpg');
    for (const byte of [0xfc, 0xfd]) {
      mkdirSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([byte])]));
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([byte]), Buffer.from('/'), Buffer.from([byte]), Buffer.from('.jpg')]), 'x');
    }
    const { photos } = await findPhotos([folder], inside);
    expect(photos.map(({ photo }) => photo)).toEqual(['\\xfc/\\xfc.jpg', '\\xfd/\\xfd.jpg', 'a\ufffd.jpg']);
    for (const { path } of photos.slice(0, 2)) expect(String(await readRegularFile(path))).toBe('x');
  });

  it.skipIf(process.platform !== 'linux')('tells of a folder that cannot be looked into, and goes on', async () => {
    put('z.jpg');
    // Deeper than a path may be long.
    execFileSync('sh', ['-c', `cd "$1" && for i in $(seq 20); do mkdir ${'d'.repeat(250)} && cd -P ${'d'.repeat(250)}; done; : > a.jpg`, 'sh', folder]);
    const { photos, unreadFolders } = await findPhotos([folder], inside);
    expect(photos.map(({ photo }) => photo)).toEqual(['z.jpg']);
    expect(unreadFolders).toHaveLength(1);
    expect(unreadFolders[0]?.reason).toMatch(/longer than the system takes/);
  });

  it('refuses a folder that does not exist, by name', async () => {
    await expect(names([join(folder, 'nope')])).rejects.toThrow(/no file or folder called .*nope/);
  });
});
