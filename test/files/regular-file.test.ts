import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NotRegularError, readRegularFile } from '../../src/files/regular-file.js';

const folder = mkdtempSync(join(tmpdir(), 'regular-file-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });
writeFileSync(join(folder, 'file'), 'content');
symlinkSync('file', join(folder, 'link'));

describe('reading a regular file', () => {
  it('gives its content, also through a link', async () => {
    expect(String(await readRegularFile(join(folder, 'file')))).toBe('content');
    expect(String(await readRegularFile(join(folder, 'link')))).toBe('content');
  });

  it('refuses a link where that is asked for', async () => {
    await expect(readRegularFile(join(folder, 'link'), { refuseLinks: true })).rejects.toThrow(new NotRegularError('it is a link.'));
  });

  it.skipIf(process.platform === 'win32')('does not wait for the writer of a pipe', { timeout: 5000 }, async () => {
    execFileSync('mkfifo', [join(folder, 'pipe.jpg')]);
    await expect(readRegularFile(join(folder, 'pipe.jpg'))).rejects.toThrow(new NotRegularError('it is a pipe, not a file.'));
  });

  it.skipIf(process.platform === 'win32')('says that it is a socket', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => { server.listen(join(folder, 'socket.jpg'), resolve); });
    await expect(readRegularFile(join(folder, 'socket.jpg'))).rejects.toThrow(new NotRegularError('it is a socket, not a file.'));
    server.close();
  });

  it.skipIf(!existsSync('/dev/zero'))('says that it is a device, without reading it', async () => {
    await expect(readRegularFile('/dev/zero')).rejects.toThrow(new NotRegularError('it is a device, not a file.'));
  });

  it('refuses what is longer than the caller allows', async () => {
    await expect(readRegularFile(join(folder, 'file'), { maxBytes: 6 })).rejects.toThrow(NotRegularError);
    expect(String(await readRegularFile(join(folder, 'file'), { maxBytes: 7 }))).toBe('content');
  });

  it('says that it is a folder, and leaves what the system says of a missing file as it is', async () => {
    mkdirSync(join(folder, 'sub'));
    await expect(readRegularFile(join(folder, 'sub'))).rejects.toThrow(new NotRegularError('it is a folder.'));
    await expect(readRegularFile(join(folder, 'none'))).rejects.toThrow(/ENOENT/);
  });
});
