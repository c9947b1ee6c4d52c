import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { realDisk } from '../../src/files/disk.js';

describe('a disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'disk-'));
  const at = (name: string): string => join(folder, name);

  it.skipIf(process.platform === 'win32')('copies and flushes files, and waits for no pipe that lies there in their place', async () => {
    writeFileSync(at('a.jpg'), 'content');
    await realDisk.copy(at('a.jpg'), at('b.jpg'));
    await realDisk.flushFile(at('b.jpg'));
    expect(readFileSync(at('b.jpg'), 'utf8')).toBe('content');
    expect((await realDisk.look(at('b.jpg')))?.modified).toBeCloseTo((await realDisk.look(at('a.jpg')))?.modified ?? 0, -1);
    execFileSync('mkfifo', [at('pipe.jpg')]);
    await expect(realDisk.copy(at('pipe.jpg'), at('c.jpg'))).rejects.toThrow('it is a pipe');
    await expect(realDisk.flushFile(at('pipe.jpg'))).rejects.toThrow('it is a pipe');
    expect(await realDisk.look(at('c.jpg'))).toBeUndefined();
  });

  it('has nothing under a name that is longer than a name can be', async () => {
    expect(await realDisk.look(at('n'.repeat(300)))).toBeUndefined();
  });
});
