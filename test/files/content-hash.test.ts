import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { contentHash } from '../../src/files/content-hash.js';

const folder = mkdtempSync(join(tmpdir(), 'content-hash-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

describe('contentHash', () => {
  it('is the SHA-256 that others compute (FIPS 180-2, appendix B.3: a million times "a")', async () => {
    const file = join(folder, 'a');
    writeFileSync(file, 'a'.repeat(1_000_000));
    expect(await contentHash(file)).toBe('cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0');
  });

  it('throws where there is no file', async () => {
    await expect(contentHash(join(folder, 'none'))).rejects.toThrow(/ENOENT/);
  });
});
