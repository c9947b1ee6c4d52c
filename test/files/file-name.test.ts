import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listFolder, nameFromBytes, pathFromReport, reportName, systemPath } from '../../src/files/file-name.js';
import { readRegularFile } from '../../src/files/regular-file.js';

/** Names as bytes, in latin1: whole UTF-8, none, cut in a character, an overlong zero, and what looks like our own escapes. */
const names = ['plain.jpg', 'M\xc3\xbcller.jpg', 'M\xfcller.jpg', 'M\xfdller.jpg', '\xf0\x9f\x99.jpg', '\xc0\x80', '\xed\xb2\x80', '\xff', '\\xff', '\\x5cxff',
  'back\\slash', '\xef\xbf\xbd'];

describe('names of files', () => {
  it('are each another text inside the tool and another one in reports, and lead back to their bytes', () => {
    const texts = names.map((name) => nameFromBytes(Buffer.from(name, 'latin1')));
    const reported = texts.map(reportName);
    expect(new Set(texts).size).toBe(names.length);
    expect(new Set(reported).size).toBe(names.length);
    for (const [index, name] of names.entries()) {
      expect(Buffer.from(systemPath(texts[index] ?? '')).toString('latin1')).toBe(name);
      expect(pathFromReport(reported[index] ?? '')).toBe(texts[index]);
      // What a report is written as.
      expect(Buffer.from(reported[index] ?? '').toString()).toBe(reported[index]);
    }
  });

  it('that are UTF-8 stay as they are, with few exceptions', () => {
    expect(reportName('Müller/back\\slash.jpg')).toBe('Müller/back\\slash.jpg');
    expect(reportName('a\\x41.jpg')).toBe('a\\x5cx41.jpg');
    expect(reportName(nameFromBytes(Buffer.from('M\xfcller.jpg', 'latin1')))).toBe('M\\xfcller.jpg');
  });

  describe.skipIf(process.platform !== 'linux')('on a disk', () => {
    const folder = mkdtempSync(join(tmpdir(), 'names-'));
    afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

    it('are listed as what they are, and open', async () => {
      for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]), name);
      mkdirSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xfe])]));
      const entries = await listFolder(folder);
      expect(entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)).toEqual(['\udcfe']);
      const files = entries.filter((entry) => entry.isFile());
      expect(files).toHaveLength(names.length);
      for (const { name } of files) expect(reportName(nameFromBytes(Buffer.from(String(await readRegularFile(join(folder, name))), 'latin1')))).toBe(reportName(name));
    });
  });
});
