import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
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

  it('removes what killed runs have left beside it, and nothing of a run that is still on its way', async () => {
    const ended = spawnSync(process.execPath, ['--version']).pid;
    const running = spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60000)']);
    for (const name of [`out.csv.${ended}.part`, `out.csv.${running.pid}.part`, `other.csv.${ended}.part`, 'out.csv.notes.part']) {
      writeFileSync(join(folder, name), 'half a report');
    }
    const file = await createReportFile(path, 'head');
    await file.commit();
    running.kill();
    expect(readdirSync(folder).sort()).toEqual([`other.csv.${ended}.part`, 'out.csv', `out.csv.${running.pid}.part`, 'out.csv.notes.part'].sort());
  });

  it('that cannot take the place of what is there says so', async () => {
    mkdirSync(join(folder, 'a.csv', 'sub'), { recursive: true });
    const file = await createReportFile(join(folder, 'a.csv'), 'head');
    await expect(file.commit()).rejects.toThrow(/Cannot write the report .*a\.csv: /);
  });
});
