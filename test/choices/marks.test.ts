import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ChoicesFile } from '../../src/choices/file.js';
import { marksOf } from '../../src/choices/marks.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { csvHeader, csvRows } from '../../src/reports/csv.js';
import { pipeline } from '../support/pipeline.js';
import { photoResult } from '../support/results.js';

const { xmp } = loadConfig();

describe('marks for editors', () => {
  it('are the stars and colours that a person gave, and a reject is -1', () => {
    expect(marksOf({ stars: 4, colour: 'Green' }, 'reject', xmp)).toEqual({ rating: 4, label: 'Green' });
    expect(marksOf({ verdict: 'reject', stars: 4 }, 'keep', xmp)).toEqual({ rating: -1, label: 'Red', pick: 'reject' });
  });

  it('follow from the verdict where nothing is chosen', () => {
    expect(marksOf({}, 'review', xmp)).toEqual({ rating: 2, label: 'Yellow' });
    expect(marksOf({ verdict: 'keep' }, 'reject', xmp)).toEqual({ rating: undefined, label: undefined, pick: 'pick' });
    expect(marksOf({}, 'reject', xmp)).not.toHaveProperty('pick');
  });
});

describe('pipeline xmp', () => {
  let base: string;
  const photos = (name: string): string => join(base, 'photos', name);

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'xmp-'));
    mkdirSync(join(base, 'photos'));
    for (const name of ['a.cr2', 'b.jpg', 'c.jpg']) writeFileSync(photos(name), `content of ${name}`);
    writeFileSync(join(base, 'out.csv'), csvHeader() + csvRows(photoResult('a.cr2')) + csvRows(photoResult('b.jpg', { verdict: 'reject' })) + csvRows(photoResult('c.jpg')));
    const file = await ChoicesFile.open(join(base, 'choices.jsonl'));
    const bytes = readFileSync(photos('a.cr2'));
    await file.choose([{ photo: { key: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, photo: 'a.cr2' }, change: { stars: 5, colour: 'Blue' } }]);
    await file.close();
  });

  it('writes choices before verdicts, and says which sidecars Lightroom will not see', async () => {
    const { code, stderr } = await pipeline('xmp', join(base, 'out.csv'));
    expect(code).toBe(0);
    expect(readFileSync(photos('a.xmp'), 'utf8')).toMatch(/Rating="5"/);
    expect(readFileSync(photos('a.xmp'), 'utf8')).toMatch(/Label="Blue"/);
    expect(readFileSync(photos('b.xmp'), 'utf8')).toMatch(/Rating="-1"/);
    expect(stderr).toMatch(/will not see the sidecars of 2 photo\(s\) that are no RAW.*Add --embed/);
    expect(readFileSync(photos('b.jpg'), 'utf8')).toBe('content of b.jpg');
  });

  it('writes what was chosen only, by the names of darktable, where that is asked for', async () => {
    expect((await pipeline('xmp', join(base, 'out.csv'), '--editor', 'darktable', '--only-chosen')).code).toBe(0);
    expect(readFileSync(photos('a.cr2.xmp'), 'utf8')).toMatch(/Rating="5"/);
    expect(existsSync(photos('b.jpg.xmp'))).toBe(false);
  });
});
