import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/core/usage-error.js';
import { openFolder } from '../../../src/train/data/sources.js';
import { openAnnotatedSource, readAnnotated, unfitTable } from '../../../src/train/detection/annotations.js';

const root = mkdtempSync(join(tmpdir(), 'annotations-'));
afterAll(() => { rmSync(root, { recursive: true, force: true }); });

let count = 0;
function folder(files: Readonly<Record<string, string>>): string {
  count += 1;
  const path = join(root, `set${String(count)}`);
  for (const [name, content] of Object.entries({ 'images/a.jpg': '', 'images/b.jpg': '', ...files })) {
    mkdirSync(join(path, name, '..'), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

const box = { x: 10, y: 20, width: 30, height: 40 };

describe('photos with boxes', () => {
  it('are read from annotations.csv, with eyes and rows that do not count', async () => {
    const source = await openAnnotatedSource(folder({
      'annotations.csv': 'image,x,y,width,height,invalid,right_eye,left_eye\na.jpg,10,20,30,40,0,open,hidden\na.jpg,1,2,3,4,1,,\nb.jpg,0,0,0,0,,,\ngone.jpg,1,1,5,5,,,\n',
    }));
    expect(source.format).toBe('annotations.csv');
    expect(source.photos.map(({ path, faces }) => ({ path, faces }))).toEqual([
      { path: 'images/a.jpg', faces: [
        { ...box, ignored: false, eyes: [{ visible: 1, open: 1 }, { visible: 0 }] },
        { x: 1, y: 2, width: 3, height: 4, ignored: true, eyes: [{}, {}] },
      ] },
      { path: 'images/b.jpg', faces: [] },
    ]);
    expect(source.missing).toEqual(['gone.jpg']);
    expect(source.unnamed).toBe(0);
  });

  it('have eyes in the words of labels', async () => {
    const words = ['open', 'narrow', 'Closed', 'lowered', 'hidden', 'sunglasses', 'unclear', ''];
    const { photos, unnamed } = await openAnnotatedSource(folder({
      'annotations.csv': `image,x,y,width,height,right_eye\n${words.map((word) => `a.jpg,10,20,30,40,${word}\n`).join('')}`,
    }));
    const [open, shut, hidden] = [{ visible: 1, open: 1 }, { visible: 1, open: 0 }, { visible: 0 }];
    expect(photos[0]?.faces.map(({ eyes: [right] }) => right)).toEqual([open, open, shut, shut, hidden, hidden, {}, {}]);
    expect(unnamed).toBe(1);
    await expect(openAnnotatedSource(folder({ 'annotations.csv': 'image,x,y,width,height,right_eye\na.jpg,1,2,3,4,shut\n' })))
      .rejects.toThrow(new UsageError('annotations.csv, row 2: an eye is open, narrow, closed, lowered, hidden, sunglasses, unclear, or not said; it is not "shut".'));
  });

  it('are read from a tar, which is unpacked for as long as it is open', async () => {
    const set = folder({ 'annotations.csv': 'image,x,y,width,height\na.jpg,10,20,30,40\n' });
    const tar = join(root, 'party.tar');
    execFileSync('tar', ['-cf', tar, '--transform', 's,^[.],party,', '-C', set, '.']);
    const source = await openAnnotatedSource(tar);
    expect([source.name, source.photos.map(({ path }) => path)]).toEqual(['party', ['images/a.jpg']]);
    expect(existsSync(source.photos[0]?.file ?? '')).toBe(true);
    source.close();
    expect(existsSync(dirname(source.photos[0]?.file ?? ''))).toBe(false);
  });

  it('are read from the list of WIDER FACE', async () => {
    const source = await openAnnotatedSource(folder({
      'boxes.txt': '0--Parade/a.jpg\n2\n10 20 30 40 0 0 0 0 0 0 \n5 5 8 8 2 0 0 1 0 0 \n0--Parade/b.jpg\n0\n0 0 0 0 0 0 0 0 0 0 \n',
    }));
    expect(source.photos.map(({ path, faces }) => [path, faces.map(({ x, ignored }) => [x, ignored])])).toEqual([
      ['images/a.jpg', [[10, false], [5, true]]], ['images/b.jpg', []],
    ]);
  });

  it('are read from COCO', async () => {
    const source = await openAnnotatedSource(folder({
      'instances.json': JSON.stringify({
        images: [{ id: 7, file_name: 'a.jpg' }, { id: 8, file_name: 'b.jpg' }],
        annotations: [{ image_id: 7, bbox: [10, 20, 30, 40], iscrowd: 0 }, { image_id: 7, bbox: [0, 0, 9, 9], iscrowd: 1 }],
      }),
    }));
    expect(source.photos.map(({ faces }) => faces.length)).toEqual([2, 0]);
    expect(source.photos[0]?.faces[0]).toEqual({ ...box, ignored: false, eyes: [{}, {}] });
    expect(source.photos[0]?.faces[1]?.ignored).toBe(true);
  });

  it('are read from Pascal VOC', async () => {
    const object = (difficult: number): string => `<object><name>face</name><difficult>${String(difficult)}</difficult>`
      + '<bndbox><xmin>10</xmin><ymin>20</ymin><xmax>40</xmax><ymax>60</ymax></bndbox></object>';
    const source = await openAnnotatedSource(folder({
      'labels/a.xml': `<annotation><filename>a.jpg</filename>${object(0)}${object(1)}</annotation>`,
    }));
    expect(source.photos[0]?.faces).toEqual([
      { ...box, ignored: false, eyes: [{}, {}] }, { ...box, ignored: true, eyes: [{}, {}] },
    ]);
  });

  it('say what is missing or wrong', async () => {
    const plain = folder({});
    expect(await readAnnotated(await openFolder(plain))).toBeUndefined();
    await expect(openAnnotatedSource(plain)).rejects.toThrow('put an annotations.csv (image,x,y,width,height)');
    await expect(openAnnotatedSource(join(root, 'none'))).rejects.toThrow(UsageError);
    await expect(openAnnotatedSource(folder({ 'annotations.csv': 'image,x,y,width,height\na.jpg,1,2,three,4\n' })))
      .rejects.toThrow(new UsageError('annotations.csv, row 2: width must be a number.'));
    await expect(openAnnotatedSource(folder({ 'annotations.csv': 'image,x,y,width,height\n,1,2,3,4\n' }))).rejects.toThrow('row 2: image must be a file.');
    await expect(openAnnotatedSource(folder({ 'annotations.csv': 'image,x,y,width,height\na.jpg,1,2\n' }))).rejects.toThrow(/^annotations.csv: .*line 2/);
    await expect(openAnnotatedSource(folder({ 'annotations.csv': 'image,x,y,width,height\nelsewhere.jpg,1,2,3,4\n' })))
      .rejects.toThrow('none of the 1 images');
    await expect(openAnnotatedSource(folder({ 'boxes.txt': 'a.jpg\n2\n10 20 30 40\nb.jpg\n1\n1 2 3 4\n' })))
      .rejects.toThrow(new UsageError('boxes.txt, line 4: expected a face\'s x, y, width and height, not "b.jpg".'));
    await expect(openAnnotatedSource(folder({ 'boxes.txt': 'a.jpg\n1\n1 2 3 4\nb.jpg\nmany\n1 2 3 4\n' }))).rejects.toThrow('line 5: expected the number of faces on b.jpg');
    await expect(openAnnotatedSource(folder({ 'a.json': '{"annotations": [{"bbox": [1, 2, 3]}]}' }))).rejects.toThrow('a.json is not COCO');
    await expect(openAnnotatedSource(folder({ 'a.json': '{"bbox"' }))).rejects.toThrow('a.json is not JSON');
    await expect(openAnnotatedSource(folder({ 'a.xml': '<annotation><object><bndbox><xmin>1</xmin></bndbox></object></annotation>' })))
      .rejects.toThrow(new UsageError('a.xml: an object\'s bndbox needs xmin, ymin, xmax and ymax as numbers.'));
    await expect(openAnnotatedSource(folder({ 'a.xml': '<annotation><object><bndbox></object>' }))).rejects.toThrow(/^a.xml is not XML: /);
  });

  it('are not in an annotations.csv with other columns, of which it is said what it lacks', async () => {
    const other = folder({ 'annotations.csv': 'image,box_x,box_y,width,height\na.jpg,1,2,3,4\n' });
    expect(await readAnnotated(await openFolder(other))).toBeUndefined();
    expect(await unfitTable(await openFolder(other))).toBe('annotations.csv lacks the columns x, y; its first line is "image,box_x,box_y,width,height"');
    await expect(openAnnotatedSource(other)).rejects.toThrow(/holds no boxes: annotations.csv lacks the columns x, y; .* forehead to the chin/);
    const semicolons = folder({ 'annotations.csv': 'image;x;y;width;height\na.jpg;1;2;3;4\n' });
    expect(await unfitTable(await openFolder(semicolons))).toContain('image, x, y, width, height; its first line is "image;x;y;width;height"');
    expect(await unfitTable(await openFolder(folder({ 'annotations.csv': '\uFEFFimage,x,y,width,height,note\n' })))).toBeUndefined();
  });
});
