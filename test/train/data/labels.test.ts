import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/core/usage-error.js';
import { labelsFromFolder, labelTogether, readLabelTable } from '../../../src/train/data/labels.js';
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

describe('what is known of several eyes', () => {
  const [closed, open, hidden] = [{ label: 0, kind: 'lowered' }, { label: 1, kind: 'narrow' }, { label: 2, kind: 'sunglasses' }] as const;

  it('is closed where one is, else open where one is, else hidden; nothing where nothing is known', () => {
    expect(labelTogether([open, closed, hidden])).toBe(closed);
    expect(labelTogether([hidden, open, undefined])).toBe(open);
    expect(labelTogether([undefined, hidden])).toBe(hidden);
    expect(labelTogether([undefined])).toBeUndefined();
    expect(labelTogether([])).toBeUndefined();
  });
});

describe('the columns of a table of labels', () => {
  it.each(['path', 'file', 'image'])('name an image as %s', (key) => {
    expect(readLabelTable(table('key.csv', `${key},label\na.jpg,open\n`)).of('any', 'a.jpg')).toHaveLength(1);
  });

  it('have a label for both eyes, or one for each, and one of an eye goes before that of both', () => {
    const { of, file } = readLabelTable(table('both.csv', 'path,label,left\na.jpg,open,\nb.jpg,open,closed\n'));
    expect(file).toMatch(/both\.csv$/);
    expect(of('any', 'b.jpg')).toEqual([{ left: { label: 0, kind: 'closed' }, right: { label: 1, kind: 'open' } }]);
  });

  it('may say a class by its number, and words in any case', () => {
    const { of } = readLabelTable(table('numbers.csv', 'path,label\na.jpg,0\nb.jpg,1\nc.jpg,2\nd.jpg,OPEN\n'));
    expect(['a', 'b', 'c', 'd'].map((name) => of('any', `${name}.jpg`)?.[0]?.left)).toEqual([
      { label: 0, kind: 'closed' }, { label: 1, kind: 'open' }, { label: 2, kind: 'hidden' }, { label: 1, kind: 'open' },
    ]);
  });

  it.each([['path', 'a.jpg'], ['label', 'open'], ['path,left', 'a.jpg,open'], ['path,right', 'a.jpg,open'], ['name,label', 'a.jpg,open']])(
    'have to name images and their labels: %s is not enough', (columns, row) => {
      expect(() => readLabelTable(table('columns.csv', `${columns}\n${row}\n`))).toThrow(
        new UsageError(`${join(folder, 'columns.csv')} needs the columns path,label (open or closed), or path,left,right; it has: ${columns}.`));
    });

  it('make a box where all four sides are numbers', () => {
    const { of } = readLabelTable(table('sides.csv', 'path,label,x,y,width,height\na.jpg,open,1,2,3,4\nb.jpg,open,1,2,3,wide\n'));
    expect(of('any', 'a.jpg')?.[0]).toMatchObject({ box: { x: 1, y: 2, width: 3, height: 4 } });
    expect(of('any', 'b.jpg')?.[0]).not.toHaveProperty('box');
    expect(readLabelTable(table('three.csv', 'path,label,x,y,width\na.jpg,open,1,2,3\n')).of('any', 'a.jpg')?.[0]).not.toHaveProperty('box');
  });

  it('may lie behind blanks, blank lines and the mark of Windows editors', () => {
    const { of } = readLabelTable(table('windows.csv', '\ufeffpath , label\r\n\r\n a.jpg , open \r\n'));
    expect(of('any', 'a.jpg')).toHaveLength(1);
  });

  it('cannot be read from what is no table, or not there', () => {
    expect(() => readLabelTable(join(folder, 'gone.csv'))).toThrow(/^Cannot read the labels in .*gone\.csv: ENOENT/);
    expect(() => readLabelTable(table('ragged.csv', 'path,label\na.jpg,open,closed\n'))).toThrow(UsageError);
    expect(() => readLabelTable(table('empty.csv', ''))).toThrow(/it has: \./);
  });

  it('leave out words that are nothing like a label, and those that say so', () => {
    const { of } = readLabelTable(table('others.csv', 'path,left,right\na.jpg,none,open\nb.jpg,whatever,open\nc.jpg,3,open\nd.jpg,,open\n'));
    for (const name of ['a', 'b', 'c', 'd']) expect(of('any', `${name}.jpg`)).toEqual([{ right: { label: 1, kind: 'open' } }]);
  });

  it('name the image and the eye of a mistyped word', () => {
    expect(() => readLabelTable(table('typo2.csv', 'path,left,right\nben.jpg,open,closd\n'))).toThrow(
      new UsageError(`${join(folder, 'typo2.csv')} says of ben.jpg "closd" (right). Did you mean closed?`));
    expect(() => readLabelTable(table('typo3.csv', 'path,label\nben.jpg,nome\n'))).toThrow(/Did you mean none\?/);
  });
});

describe('a table that speaks of images', () => {
  it('knows them by their path in the source, or by their names alone', () => {
    const { of } = readLabelTable(table('paths.csv', 'path,label\nsub/a.jpg,open\nb.jpg,closed\n'));
    expect(of('any', 'sub/a.jpg')).toHaveLength(1);
    expect(of('any', 'other/a.jpg')).toBeUndefined();
    expect(of('any', 'sub/b.jpg')).toHaveLength(1);
  });

  it('with sources knows them by their names alone, too, and rows without a source fit none', () => {
    const { of } = readLabelTable(table('sources2.csv', 'source,path,label\nmine,a.jpg,open\n,b.jpg,open\n'));
    expect(of('mine', 'sub/a.jpg')).toHaveLength(1);
    expect(of('mine', 'b.jpg')).toBeUndefined();
  });

  it('may have several rows of one image', () => {
    const { of } = readLabelTable(table('rows.csv', 'path,label,x,y,width,height\na.jpg,open,0,0,9,9\na.jpg,none,20,0,9,9\na.jpg,closed,40,0,9,9\n'));
    expect(of('any', 'a.jpg')?.map(({ box }) => box?.x)).toEqual([0, 40]);
  });
});
