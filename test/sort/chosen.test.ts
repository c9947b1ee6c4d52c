import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { ChoicesFile } from '../../src/choices/file.js';
import { csvHeader, csvRows } from '../../src/reports/csv.js';
import { framesKept, onlyBest, withChoices } from '../../src/sort/chosen.js';
import { pipeline } from '../support/pipeline.js';
import { photoResult } from '../support/results.js';

const judged = {
  photos: new Map([
    ['alone.jpg', { verdict: 'keep' }], ['1.jpg', { verdict: 'keep', sceneRank: 2 }], ['2.jpg', { verdict: 'review', sceneRank: 1 }],
    ['3.jpg', { verdict: 'keep', sceneRank: 3 }],
  ] as const),
  hash: 'of the report',
};

describe('sorting scenes', () => {
  it('rejects all but the best frames; these keep the verdict that they have', () => {
    const verdicts = (kept: number): string[] => [...onlyBest(judged, kept).photos.values()].map(({ verdict }) => verdict);
    expect(verdicts(1)).toEqual(['keep', 'reject', 'review', 'reject']);
    expect(verdicts(2)).toEqual(['keep', 'keep', 'review', 'reject']);
  });

  it('is asked for as best or best:N', () => {
    expect([framesKept('best'), framesKept('best:3')]).toEqual([1, 3]);
    for (const wrong of ['worst', 'best:0', 'best:', 'best:x']) expect(() => framesKept(wrong)).toThrow('best:2');
  });

  it('is another sort than one without, or with other choices', () => {
    const hashes = [judged, onlyBest(judged, 1), onlyBest(judged, 2), withChoices(judged, new Map(), 'a'), withChoices(judged, new Map(), 'b')];
    expect(new Set(hashes.map(({ hash }) => hash)).size).toBe(5);
  });
});

describe('pipeline sort', () => {
  let base: string;
  const sorted = (): string[] => readdirSync(join(base, 'sorted'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jpg')).sort();
  const sort = (...more: string[]): ReturnType<typeof pipeline> =>
    pipeline('sort', join(base, 'photos'), '--report', join(base, 'out.csv'), '--to', join(base, 'sorted'), ...more);

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'chosen-'));
    mkdirSync(join(base, 'photos'));
    const names = ['a.jpg', 'b.jpg', 'c.jpg'];
    for (const name of names) writeFileSync(join(base, 'photos', name), `content of ${name}`);
    const scene = (rank: number): object => ({ scene: { scene: 1, frames: 3, rank, reason: '', people: [0] } });
    writeFileSync(join(base, 'out.csv'), csvHeader() + names.map((name, index) => csvRows(photoResult(name, scene(index + 1)))).join(''));
    const file = await ChoicesFile.open(join(base, 'choices.jsonl'));
    const bytes = readFileSync(join(base, 'photos', 'c.jpg'));
    const photo = { key: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, photo: 'c.jpg' };
    await file.choose([{ photo, change: { verdict: 'keep' } }]);
    await file.close();
  });

  it('keeps the best of each scene, and what a person chose before it', async () => {
    const { code, stderr } = await sort('--scenes', 'best');
    expect([code, stderr]).toEqual([0, expect.stringContaining('Your own choices about 1 photo(s)')]);
    expect(sorted()).toEqual(['keep/a.jpg', 'keep/c.jpg', 'reject/b.jpg']);
  });

  it('goes by the report alone where that is asked for', async () => {
    expect((await sort('--scenes', 'best', '--no-choices')).code).toBe(0);
    expect(sorted()).toEqual(['keep/a.jpg', 'reject/b.jpg', 'reject/c.jpg']);
  });

  it('says what is wrong with its options before it does anything', async () => {
    expect((await sort('--scenes', 'worst')).code).toBe(2);
    expect((await sort('--choices', join(base, 'none.jsonl'))).stderr).toContain('There are no choices');
    expect(readdirSync(base)).not.toContain('sorted');
  });
});
