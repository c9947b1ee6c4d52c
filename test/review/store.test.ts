import { mkdtempSync, readFileSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PhotoFile } from '../../src/core/result.js';
import { UsageError } from '../../src/core/usage-error.js';
import { nameFromBytes, reportName, systemPath } from '../../src/files/file-name.js';
import { knownFrom } from '../../src/review/known.js';
import { createStore, readKnown, storePath } from '../../src/review/store.js';
import { face, photoResult } from '../support/results.js';

describe('what a review keeps beside a report', () => {
  let folder: string;
  const path = (): string => storePath(join(folder, 'out.csv'));
  const photo = (name: string): PhotoFile => ({ path: join(folder, name), photo: reportName(name) });

  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'review-')); });

  it.each(['somebody.txt', 'nothing.txt'])('is neither read nor written through a link to %s', async (target) => {
    writeFileSync(join(folder, 'somebody.txt'), 'precious');
    symlinkSync(join(folder, target), path());
    await expect(readKnown(path(), [], () => false)).rejects.toThrow(UsageError);
    expect(readFileSync(join(folder, 'somebody.txt'), 'utf8')).toBe('precious');
  });

  it('takes the place of no other file, such as a photo that has its name', async () => {
    writeFileSync(path(), Buffer.from([0xff, 0xd8, 0xff, 0xe0, 10, 1, 2, 10, 3]));
    await expect(readKnown(path(), [], () => false)).rejects.toThrow(/out\.csv\.review.* is another file\. Move it away/);
  });

  describe('of photos', () => {
    const scene = { scene: 1, frames: 2, rank: 2, reason: 'more eyes closed than b.jpg', people: [0, 1] };
    const results = [
      photoResult('a.jpg', { faces: [face(), face({ x: 900, eyes: 'closed', reasons: ['eyes closed'] })], verdict: 'reject', reasons: ['face 2: eyes closed'], scene }),
      photoResult('b.jpg', { faces: [face({ bystander: true })], scene: { ...scene, rank: 1, reason: 'best of 2', people: [0] } }),
      photoResult('c.jpg', { status: 'no_face', faces: [], verdict: 'review', reasons: ['no face found'] }),
    ];
    const photos = (): PhotoFile[] => results.map((result) => photo(result.photo));
    const [a, b, c] = results.map(knownFrom);
    const write = (file: string, content: string): void => {
      writeFileSync(file, content);
      utimesSync(file, 1.6e9, 1.6e9);
    };
    const known = async (isSame: Parameters<typeof readKnown>[2] = () => false): ReturnType<typeof readKnown> => readKnown(path(), photos(), isSame);

    beforeEach(async () => {
      for (const { path: file } of photos()) write(file, 'content');
      const before = b === undefined ? [] : [b];
      const store = await createStore(path(), before, (name) => join(folder, name));
      for (const result of results.filter(({ photo: name }) => name !== 'b.jpg')) await store.write(result);
      await store.finish();
    });

    it('is given back as it was, both what was known before and what came', async () => {
      expect(await known()).toEqual([a, b, c]);
    });

    it('does not count for a photo whose file has another time, or another size, since', async () => {
      utimesSync(join(folder, 'a.jpg'), 1.7e9, 1.7e9);
      expect(await known()).toEqual([b, c]);
      write(join(folder, 'b.jpg'), 'longer than it was');
      expect(await known()).toEqual([c]);
    });

    it('counts for a photo that looks otherwise but is the same: only marks were written into it', async () => {
      utimesSync(join(folder, 'a.jpg'), 1.7e9, 1.7e9);
      utimesSync(join(folder, 'b.jpg'), 1.7e9, 1.7e9);
      const asked: unknown[] = [];
      const isSame = (name: string, then: { readonly modified: number }, now: { readonly modified: number }): boolean => {
        asked.push([name, then.modified, now.modified]);
        return name === 'a.jpg';
      };
      expect(await known(isSame)).toEqual([a, c]);
      expect(asked).toEqual([['a.jpg', 1.6e12, 1.7e12], ['b.jpg', 1.6e12, 1.7e12]]);
    });
  });

  it.skipIf(process.platform !== 'linux')('has photos whose names are not UTF-8, too', async () => {
    const odd = photo(nameFromBytes(Buffer.from('odd\xff.jpg', 'latin1')));
    writeFileSync(systemPath(odd.path), 'content');
    const store = await createStore(path(), [], () => odd.path);
    await store.write(photoResult(odd.photo));
    await store.finish();
    expect((await readKnown(path(), [odd], () => false)).map(({ photo: name }) => name)).toEqual(['odd\\xff.jpg']);
  });
});
