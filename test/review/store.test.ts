import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/core/usage-error.js';
import { readKnown, storePath } from '../../src/review/store.js';

describe('what a review keeps beside a report', () => {
  it.each(['somebody.txt', 'nothing.txt'])('is neither read nor written through a link to %s', async (target) => {
    const folder = mkdtempSync(join(tmpdir(), 'review-'));
    writeFileSync(join(folder, 'somebody.txt'), 'precious');
    symlinkSync(join(folder, target), storePath(join(folder, 'out.csv')));
    await expect(readKnown(storePath(join(folder, 'out.csv')), [], () => false)).rejects.toThrow(UsageError);
    expect(readFileSync(join(folder, 'somebody.txt'), 'utf8')).toBe('precious');
  });
});
