import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/core/usage-error.js';
import { hasAnnotations, openAnnotatedSource } from '../../../src/train/detection/annotations.js';

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
    expect(await hasAnnotations(plain)).toBe(false);
    await expect(openAnnotatedSource(plain)).rejects.toThrow('annotations.csv');
    await expect(openAnnotatedSource(join(root, 'none'))).rejects.toThrow(UsageError);
    await expect(openAnnotatedSource(folder({ 'annotations.csv': 'image,x,y,width,height\na.jpg,1,2,three,4\n' })))
      .rejects.toThrow('row 2');
    await expect(openAnnotatedSource(folder({ 'annotations.csv': 'image,x,y,width,height\nelsewhere.jpg,1,2,3,4\n' })))
      .rejects.toThrow('none of the 1 images');
  });
});
