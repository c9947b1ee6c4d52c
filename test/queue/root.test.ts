import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { containing } from '../support/matchers.js';
import { isSeenBelow, openRoot, pathBelow, placeBelow } from '../../src/queue/root.js';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'root-test-')));
const root = join(folder, 'root');
mkdirSync(join(root, 'day'), { recursive: true });
mkdirSync(join(folder, 'rootless'));
writeFileSync(join(root, 'day', 'a.jpg'), 'four');
writeFileSync(join(folder, 'rootless', 'b.jpg'), 'four');
symlinkSync(join(root, 'day', 'a.jpg'), join(root, 'within.jpg'));
symlinkSync(join(folder, 'rootless', 'b.jpg'), join(root, 'out.jpg'));
symlinkSync(join(folder, 'rootless'), join(root, 'out'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe('a name below the root', () => {
  it('leads to what lies there, through links too', async () => {
    expect(await placeBelow(root, 'day/a.jpg')).toEqual({ path: join(root, 'day', 'a.jpg') });
    expect(await placeBelow(root, 'within.jpg')).toEqual({ path: join(root, 'day', 'a.jpg') });
  });

  it('of something that is not there is kept: opening it says so', async () => {
    expect(await placeBelow(root, 'day/none.jpg')).toEqual({ path: join(root, 'day', 'none.jpg') });
  });

  it.each(['', '.', '..', '../rootless/b.jpg', 'day/../../rootless/b.jpg', '/etc/passwd', 'C:\\photo.jpg', '\\\\host\\share', 'day//a.jpg', './day/a.jpg', 'a\0.jpg'])(
    'leads nowhere where it is %j', async (name) => {
      expect(await placeBelow(root, name)).toEqual({ refused: containing('Its name leads out') });
    });

  it.each(['out.jpg', 'out/b.jpg'])('leads nowhere through a link that leads out (%s)', async (name) => {
    expect(await placeBelow(root, name)).toEqual({ refused: containing('a link that leads out') });
  });

  it('is told to others with / between its parts, and only where it lies below', () => {
    expect(pathBelow(root, join(root, 'day', 'a.jpg'))).toBe('day/a.jpg');
    expect(() => pathBelow(root, join(folder, 'rootless', 'b.jpg'))).toThrow(/does not lie in .*--root/);
  });

  it('is seen where a file as large as then is there', async () => {
    expect(await isSeenBelow(root, { photo: 'a', path: 'day/a.jpg', size: 4 })).toBe(true);
    expect(await isSeenBelow(root, { photo: 'a', path: 'day/a.jpg', size: 5 })).toBe(false);
    expect(await isSeenBelow(root, { photo: 'b', path: 'out.jpg', size: 4 })).toBe(false);
  });

  it('is seen in a tar that is there and holds it', async () => {
    const inTar = { photo: 'a.tar/a', path: 'day/a.jpg', size: 3 };
    expect(await isSeenBelow(root, { ...inTar, part: { offset: 1, length: 3 } })).toBe(true);
    expect(await isSeenBelow(root, { ...inTar, part: { offset: 2, length: 3 } })).toBe(false);
    expect(await isSeenBelow(root, { ...inTar, path: 'day/b.jpg', part: { offset: 0, length: 3 } })).toBe(false);
  });
});

describe('a root', () => {
  it('is a folder that is there', async () => {
    expect(await openRoot(root)).toBe(root);
    await expect(openRoot(join(root, 'day', 'a.jpg'))).rejects.toThrow(/is no folder/);
    await expect(openRoot(join(folder, 'none'))).rejects.toThrow(/cannot be used: it does not exist/);
  });
});
