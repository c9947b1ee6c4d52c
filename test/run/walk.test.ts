import { cpSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
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

  it('refuses a folder that does not exist, by name', async () => {
    await expect(names([join(folder, 'nope')])).rejects.toThrow(/no file or folder called .*nope/);
  });
});
