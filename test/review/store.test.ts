import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { PhotoFile } from '../../src/core/result.js';
import { UsageError } from '../../src/core/usage-error.js';
import { nameFromBytes, reportName, systemPath } from '../../src/files/file-name.js';
import { createStore, readKnown, storePath } from '../../src/review/store.js';
import { photoResult } from '../support/results.js';

describe('what a review keeps beside a report', () => {
  let folder: string;
  const path = (): string => storePath(join(folder, 'out.csv'));
  const photo = (name: string): PhotoFile => ({ path: join(folder, name), photo: reportName(name) });

  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'review-')); });

  it.each(['somebody.txt', 'nothing.txt'])('is neither read nor written through a link to %s', async (target) => {
    writeFileSync(join(folder, 'somebody.txt'), 'precious');
    symlinkSync(join(folder, target), path());
    await expect(readKnown(path(), [], () => false)).rejects.toThrow(UsageError);
    expect(readFileSync(join(folder, 'somebody.txt'), 'utf8')).toBe('precious');
  });

  it.skipIf(process.platform !== 'linux')('has photos whose names are not UTF-8, too', async () => {
    const odd = photo(nameFromBytes(Buffer.from('odd\xff.jpg', 'latin1')));
    writeFileSync(systemPath(odd.path), 'content');
    const store = await createStore(path(), [], () => odd.path);
    await store.write(photoResult(odd.photo));
    await store.finish();
    expect((await readKnown(path(), [odd], () => false)).map(({ photo: name }) => name)).toEqual(['odd\\xff.jpg']);
  });
});
