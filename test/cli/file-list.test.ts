import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileList } from '../../src/cli/file-list.js';
import { UsageError } from '../../src/core/usage-error.js';
import { findPhotos } from '../../src/run/walk.js';
import { entry, pipeline } from '../support/pipeline.js';
import { demoPhotos } from '../support/shared-data.js';

let folder: string;
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'list-')); });
afterAll(() => { rmSync(folder, { recursive: true }); });

function list(text: string): string {
  const path = join(folder, 'list.txt');
  writeFileSync(path, text);
  return path;
}

describe('a list of files', () => {
  it('has a name a line, or NUL between names that may hold anything else', async () => {
    expect(await readFileList(list('a.jpg\nb c.jpg\r\n\nd.jpg'))).toEqual(['a.jpg', 'b c.jpg', 'd.jpg']);
    expect(await readFileList(list('a.jpg\0line\nfeed.jpg\0'))).toEqual(['a.jpg', 'line\nfeed.jpg']);
  });

  it.skipIf(process.platform !== 'linux')('leads to files whose names are not UTF-8, too', async () => {
    const name = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from('bad\xff.jpg', 'latin1')]);
    copyFileSync(demoPhotos[0] ?? '', name);
    writeFileSync(join(folder, 'bytes.txt'), Buffer.concat([name, Buffer.from('\n'), Buffer.from(join(folder, 'grün.jpg'))]));
    const [first = '', second] = await readFileList(join(folder, 'bytes.txt'));
    expect(second).toBe(join(folder, 'grün.jpg'));
    expect((await findPhotos([first], { followLinks: false })).photos.map(({ photo }) => photo)).toEqual(['bad\\xff.jpg']);
  });

  it('that is missing or names nothing is wrong usage', async () => {
    await expect(readFileList(join(folder, 'none.txt'))).rejects.toThrow(UsageError);
    await expect(readFileList(list('\n'))).rejects.toThrow(/names nothing/);
  });
});

describe('pipeline run --files-from', () => {
  it('judges what standard input names, and writes a line a photo and an Arrow table', async () => {
    const [lines, table] = [join(folder, 'out.jsonl'), join(folder, 'out.arrow')];
    const child = spawn(process.execPath, [entry, 'run', '--files-from', '-', '--report', lines, '--report', table, '--no-times'], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.end(demoPhotos.slice(0, 2).join('\0'));
    expect(await new Promise((resolve) => { child.on('close', resolve); })).toBe(0);
    const photos = readFileSync(lines, 'utf8').trimEnd().split('\n').map((line): unknown => JSON.parse(line));
    expect(photos).toMatchObject([{ photo: 'sample1.jpg', verdict: 'reject', faces: [{ bystander: false, reasons: [] }, { reasons: ['eyes closed'] }, {}] }, { photo: 'sample2.jpg' }]);
    expect(tableFromIPC(readFileSync(table)).numRows).toBe(6);
  });

  it('or a folder or photo has to be there', async () => {
    const { code, stderr } = await pipeline('run', '--report', '-');
    expect(code).toBe(2);
    expect(stderr).toContain('--files-from');
  });
});
