import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { createReportFile } from '../../src/files/growing-file.js';

describe('a report file', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'report-file-'));
    path = join(folder, 'out.csv');
    writeFileSync(path, 'earlier');
  });

  it('takes the place of an earlier one at once, when it is complete', async () => {
    const file = await createReportFile(path, 'head ');
    await file.append('rows');
    expect(readFileSync(path, 'utf8')).toBe('earlier');
    await file.commit();
    expect(readFileSync(path, 'utf8')).toBe('head rows');
    expect(readdirSync(folder)).toEqual(['out.csv']);
  });

  it('leaves nothing when it is given up', async () => {
    const file = await createReportFile(path, 'head');
    await file.discard();
    expect(readdirSync(folder)).toEqual(['out.csv']);
    expect(readFileSync(path, 'utf8')).toBe('earlier');
  });

  it('that cannot take the place of what is there says so, before any work', async () => {
    mkdirSync(join(folder, 'a.csv'));
    await expect(createReportFile(join(folder, 'a.csv'), 'head')).rejects.toThrow(/Cannot write the report .*a\.csv: it is a folder\. Name a file\./);
    chmodSync(path, 0o444);
    await expect(createReportFile(path, 'head')).rejects.toThrow(/Cannot write the report .*out\.csv: it is write-protected\./);
    expect(readFileSync(path, 'utf8')).toBe('earlier');
  });
});
