import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { labelsFromFolder, readLabelTable } from '../../../src/train/data/labels.js';
import { openSource } from '../../../src/train/data/sources.js';

const folder = mkdtempSync(join(tmpdir(), 'labels-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

function table(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

describe('the label of a folder', () => {
  it.each([
    ['open/a.jpg', 1, 'open'], ['closed/a.jpg', 0, 'closed'], ['hidden/a.jpg', 2, 'hidden'], ['sunglasses/a.jpg', 2, 'sunglasses'],
    ['open_narrow/a.jpg', 1, 'narrow'], ['closed/open_smile/a.jpg', 1, 'smile'], ['Open/more/a.jpg', 1, 'open'],
  ])('of %s is %d (%s), both eyes alike', (path, label, kind) => {
    expect(labelsFromFolder(path)).toEqual([{ left: { label, kind }, right: { label, kind } }]);
  });

  it.each(['wink/a.jpg', 'opening/a.jpg', 'open.jpg', '1/a.jpg'])('of %s is none', (path) => {
    expect(labelsFromFolder(path)).toEqual([]);
  });
});

describe('a table of labels', () => {
  it('takes lowered lids for closed, narrow eyes for open, sunglasses and what is unclear for hidden, and keeps the word', () => {
    const { of } = readLabelTable(table('words.csv', 'path,left,right\na.jpg,lowered,narrow\nb.jpg,sunglasses,none\nc.jpg,none,\n'));
    expect(of('any', 'a.jpg')).toEqual([{ left: { label: 0, kind: 'lowered' }, right: { label: 1, kind: 'narrow' } }]);
    expect(of('any', 'b.jpg')).toEqual([{ left: { label: 2, kind: 'sunglasses' } }]);
    expect(of('any', 'c.jpg')).toEqual([]);
    expect(of('any', 'd.jpg')).toBeUndefined();
    expect(readLabelTable(table('unclear.csv', 'path,label\na.jpg,unclear\n')).of('any', 'a.jpg')?.[0]?.left)
      .toEqual({ label: 2, kind: 'unclear' });
  });

  it('has a row a face where it has boxes', () => {
    const { of } = readLabelTable(table('boxes.csv',
      'path,x,y,width,height,right,left,note\na.jpg,10,20,30,40,open,closed,\na.jpg,100,20,30.5,40,hidden,hidden,child\n'));
    expect(of('any', 'images/a.jpg')).toEqual([
      { box: { x: 10, y: 20, width: 30, height: 40 }, right: { label: 1, kind: 'open' }, left: { label: 0, kind: 'closed' } },
      { box: { x: 100, y: 20, width: 30.5, height: 40 }, right: { label: 2, kind: 'hidden' }, left: { label: 2, kind: 'hidden' } },
    ]);
  });

  it('with sources speaks of no other one', () => {
    const { of } = readLabelTable(table('sources.csv', 'source,path,label\nmine,open/a.jpg,closed\n'));
    expect(of('mine', 'open/a.jpg')).toHaveLength(1);
    expect(of('yours', 'open/a.jpg')).toBeUndefined();
  });

  it.each(['opne', 'hiden', 'sunglases', 'unclera'])('refuses the mistyped word %s', (word) => {
    expect(() => readLabelTable(table('typo.csv', `path,label\nben.jpg,${word}\n`))).toThrow(/typo\.csv says of ben\.jpg .*Did you mean/);
  });
});

describe('a source with corrections', () => {
  it('believes them before its folders, leaves out what they say nothing of, and keeps the rest', async () => {
    const source = join(folder, 'mine');
    for (const path of ['open/a.jpg', 'open/b.jpg', 'open/c.jpg', 'wink/d.jpg']) {
      mkdirSync(join(source, path, '..'), { recursive: true });
      writeFileSync(join(source, path), 'x');
    }
    const corrections = table('corrections.csv',
      'source,path,left,right\nmine,open/b.jpg,lowered,lowered\nmine,open/c.jpg,none,none\nmine,wink/d.jpg,open,closed\n');
    const { images, unlabelled } = await openSource(source, { corrections: [corrections] });
    expect(images.map(({ path, faces: [face] }) => [path, face?.left?.kind, face?.right?.kind])).toEqual([
      ['open/a.jpg', 'open', 'open'], ['open/b.jpg', 'lowered', 'lowered'], ['wink/d.jpg', 'open', 'closed'],
    ]);
    expect(unlabelled).toBe(1);
  });
});
