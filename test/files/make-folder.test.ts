import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/core/usage-error.js';
import { makeFolder, makeNewFolder } from '../../src/files/make-folder.js';
import { entry } from '../support/pipeline.js';

const folder = mkdtempSync(join(tmpdir(), 'make-folder-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
const file = join(folder, 'file');
writeFileSync(file, '');

describe('a folder for results', () => {
  it('is made with all above it, and left alone where it is', () => {
    const deep = join(folder, 'a', 'b', 'c');
    makeFolder(deep, '--debug-crops');
    makeFolder(deep, '--debug-crops');
    expect(existsSync(deep)).toBe(true);
  });

  it.each([
    ['is a file', file],
    ['is below a file', join(file, 'a', 'b')],
    ['is a link to nowhere', (() => {
      const link = join(folder, 'link');
      symlinkSync(join(folder, 'nowhere'), link);
      return link;
    })()],
  ])('that cannot be made is told in words: it %s', (_, path) => {
    expect(() => { makeFolder(path, '--debug-crops'); }).toThrow(UsageError);
    expect(() => { makeFolder(path, '--debug-crops'); })
      .toThrow(/^Cannot make the folder .* \(--debug-crops\): .*(is not a folder|is there already)\. Name another one\.$/);
  });

  it('that must be new is refused where there is one', () => {
    expect(() => { makeNewFolder(folder, 'train.workdir'); }).toThrow(/\(train\.workdir\): .* is there already/);
  });

  // In a process of its own with a limit: this has hung without end.
  it.skipIf(!existsSync('/proc/self'))('is refused below /proc, where none can be made', () => {
    const { status, stderr } = spawnSync(process.execPath,
      [entry, 'evaluate', '--debug-crops', '/proc/results/wrong', imageFolder()], { timeout: 20_000, encoding: 'utf8' });
    expect(stderr).toContain('Cannot make the folder /proc/results/wrong (--debug-crops): /proc/results: nothing can be made there.');
    expect(status).toBe(2);
  });
});

/** A labelled image, so that the folder is what stops the verb. */
function imageFolder(): string {
  const open = join(folder, 'images', 'open');
  makeFolder(open, 'test');
  writeFileSync(join(open, 'a.jpg'), 'not a picture');
  return join(folder, 'images');
}
