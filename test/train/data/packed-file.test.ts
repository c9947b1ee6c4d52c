import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Table, tableFromIPC, tableToIPC, tableFromArrays, Uint8, vectorFromArray, type Vector } from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { canvasBytes } from '../../../src/train/data/canvas.js';
import { countLabel, datasetOf, openPackedFile, PackedFileError, writePackedFile } from '../../../src/train/data/packed-file.js';

const CANVAS_BYTES = canvasBytes('eye');

const folder = mkdtempSync(join(tmpdir(), 'packed-'));
afterAll(() => { rmSync(folder, { recursive: true, force: true }); });

const dataset = datasetOf(Array.from({ length: 5 }, (_, row) => ({
  pixels: new Uint8Array(CANVAS_BYTES).map((_, i) => (i * 7 + row * 31) % 256),
  label: row === 4 ? 2 : row === 1 ? 1 : 0,
  source: 'größe', group: `person ${String(row >> 1)}`, path: `open/Ünï "${String(row)}".jpg#left`, cropWidth: 20 + row / 2,
  kind: row === 3 ? 'narrow' : '', turn: row / 8,
} as const)));

function packed(name: string): string {
  const path = join(folder, name);
  writePackedFile(path, dataset);
  return path;
}

describe('a packed file', () => {
  it('gives back every column and pixel, the pixels in shared memory', () => {
    const opened = openPackedFile(packed('whole.arrow'));
    expect(opened).toEqual(dataset);
    expect(opened.pixels.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...opened.cropWidths]).toEqual([20, 20.5, 21, 21.5, 22]);
    expect([...opened.turns]).toEqual([0, 0.125, 0.25, 0.375, 0.5]);
    expect([...opened.labels]).toEqual([0, 1, 0, 0, 2]);
    expect([opened.kinds[3], opened.groups[3], opened.paths[3], opened.sources[3]]).toEqual(['narrow', 'person 1', 'open/Ünï "3".jpg#left', 'größe']);
    expect(opened.pixels[3 * CANVAS_BYTES + 2]).toBe(2 * 7 + 3 * 31);
  });

  it('says whether it holds eyes, faces or photos, whose canvases differ', () => {
    const [row] = [{ pixels: new Uint8Array(canvasBytes('face')).map((_, i) => i % 256), label: 1, source: 's', group: 'g', path: 'p', cropWidth: 90, kind: '', turn: 0 } as const];
    const faces = datasetOf([row, row], 'face');
    const path = join(folder, 'faces.arrow');
    writePackedFile(path, faces);
    expect(openPackedFile(path)).toEqual(faces);
    expect([openPackedFile(packed('eyes.arrow')).crop, faces.crop, canvasBytes('photo')]).toEqual(['eye', 'face', 40_000]);
    const photos = join(folder, 'photos.arrow');
    writePackedFile(photos, datasetOf([row], 'photo'));
    expect(openPackedFile(photos).crop).toBe('photo');
  });

  it('gives back the pixels of files that were written in pieces', () => {
    const [first, second] = [tableFromIPC(readFileSync(packed('first.arrow'))), tableFromIPC(readFileSync(packed('second.arrow')))];
    const path = join(folder, 'pieces.arrow');
    writeFileSync(path, tableToIPC(first.concat(second), 'file'));
    const opened = openPackedFile(path);
    expect(opened.length).toBe(10);
    expect(Buffer.from(opened.pixels).equals(Buffer.concat([dataset.pixels, dataset.pixels]))).toBe(true);
    expect(opened.paths).toEqual([...dataset.paths, ...dataset.paths]);
  });

  it('whose index says that it has no end is refused, and not read for ever', () => {
    const whole = readFileSync(packed('endless.arrow'));
    const path = join(folder, 'endless.arrow');
    const problemWith = (place: number): string => {
      const bytes = Buffer.from(whole);
      bytes[bytes.length - place] = 0x7f;
      writeFileSync(path, bytes);
      try {
        openPackedFile(path);
        return '';
      } catch (error) {
        expect(error).toBeInstanceOf(PackedFileError);
        return String(error);
      }
    };
    // Somewhere in the index at the end stands the number of batches, of which this is the highest byte.
    const places = Array.from({ length: 60 }, (_, index) => 11 + index).filter((place) => whole[whole.length - place] === 0);
    expect(places.some((place) => problemWith(place).includes('is damaged (its index has no end)'))).toBe(true);
  });

  it('is an Arrow file with the column types that pandas reads', () => {
    const table = tableFromIPC(readFileSync(packed('types.arrow')));
    expect(table.schema.fields.map(({ name, type }) => `${name}: ${String(type)}`)).toEqual([
      `pixels: FixedSizeBinary[${String(CANVAS_BYTES)}]`, 'label: Uint8', 'source: Utf8', 'group: Utf8', 'path: Utf8', 'kind: Utf8',
      'crop_width: Float32', 'turn: Float32',
    ]);
  });

  it('leaves nothing beside it, and an earlier one as it was where it cannot be written', () => {
    const path = packed('beside.arrow');
    expect(() => { writePackedFile(join(folder, 'missing', 'x.arrow'), dataset); }).toThrow(PackedFileError);
    expect(() => { writePackedFile(path, datasetOf([])); }).toThrow(/no eye/);
    expect(openPackedFile(path).length).toBe(5);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('says so where it is missing, no Arrow file, or somebody else\'s', () => {
    const foreign = join(folder, 'foreign.arrow');
    writeFileSync(foreign, tableToIPC(tableFromArrays({ label: [1, 2] }), 'file'));
    const text = join(folder, 'text.arrow');
    writeFileSync(text, 'path,label\n');
    expect(() => openPackedFile(join(folder, 'none.arrow'))).toThrow(/pipeline pack/);
    expect(() => openPackedFile(folder)).toThrow(/is a folder\. Pack it first/);
    expect(() => openPackedFile(text)).toThrow(/not a packed file/);
    expect(() => openPackedFile(foreign)).toThrow(/not one that "pipeline pack" wrote/);
  });

  it.each([0.1, 0.5, 0.9, 0.999])('says so where it is cut short (%d of it left)', (share) => {
    const bytes = readFileSync(packed('short.arrow'));
    const path = join(folder, 'cut.arrow');
    writeFileSync(path, bytes.subarray(0, Math.floor(bytes.length * share)));
    expect(() => openPackedFile(path)).toThrow(/cut short|damaged/);
  });

  it('says which version it is of where that is another one', () => {
    const table = tableFromIPC(readFileSync(packed('version.arrow')));
    table.schema.metadata.set('format_version', '0');
    const path = join(folder, 'old.arrow');
    writeFileSync(path, tableToIPC(table, 'file'));
    expect(() => openPackedFile(path)).toThrow(/version 0.*reads version 2.*Pack the images again/);
  });
});

/** A packed file with something changed in its table. */
function changed(name: string, change: (columns: Record<string, Vector>, metadata: Map<string, string>) => void): string {
  const table = tableFromIPC(readFileSync(packed(`from-${name}`)));
  const columns = Object.fromEntries(table.schema.fields.map((field) => {
    const column = table.getChild(field.name);
    if (column === null) throw new Error(`no column ${field.name}`);
    return [field.name, column];
  }));
  const metadata = new Map(table.schema.metadata);
  change(columns, metadata);
  const other = new Table(columns);
  for (const [key, value] of metadata) other.schema.metadata.set(key, value);
  const path = join(folder, name);
  writeFileSync(path, tableToIPC(other, 'file'));
  return path;
}

describe('a packed file that somebody changed', () => {
  it('is read as it is where nothing that matters was', () => {
    expect(openPackedFile(changed('same.arrow', (_, metadata) => { metadata.set('note', 'mine'); }))).toEqual(dataset);
  });

  it.each(['label', 'source', 'group', 'path', 'kind', 'crop_width', 'turn', 'pixels'])('says so where the column %s is gone', (name) => {
    const path = changed(`without-${name}.arrow`, (columns) => { Reflect.deleteProperty(columns, name); });
    expect(() => openPackedFile(path)).toThrow(new PackedFileError(`${path} has no column "${name}". Pack the images again.`));
  });

  it('says which row has a label that is none', () => {
    const path = changed('label.arrow', (columns) => { columns['label'] = vectorFromArray([0, 1, 0, 3, 2], new Uint8()); });
    expect(() => openPackedFile(path)).toThrow(new PackedFileError(`${path}: row 3 has label 3; 0 is closed, 1 is open, 2 is hidden.`));
    const first = changed('first-label.arrow', (columns) => { columns['label'] = vectorFromArray([200, 1, 0, 3, 2], new Uint8()); });
    expect(() => openPackedFile(first)).toThrow(/row 0 has label 200/);
  });

  it('says so where its pixels are not as many as its canvases have', () => {
    const path = changed('pixels.arrow', (columns) => { columns['pixels'] = vectorFromArray([1, 2, 3, 4, 5], new Uint8()); });
    expect(() => openPackedFile(path)).toThrow(new PackedFileError(`${path}: the pixels are not 3456 bytes an eye. Pack the images again.`));
    const faces = changed('shown.arrow', (_, metadata) => { metadata.set('shows', 'face').set('canvas', '200x200'); });
    expect(() => openPackedFile(faces)).toThrow(/the pixels are not 40000 bytes an eye/);
  });

  it('says so where its canvas is another one, or it has no version', () => {
    const canvas = changed('canvas.arrow', (_, metadata) => { metadata.set('canvas', '64x64'); });
    expect(() => openPackedFile(canvas)).toThrow(
      new PackedFileError(`${canvas} is of format version 2 with canvas 64x64; this program reads version 2 with canvas 72x48. Pack the images again.`));
    const bare = changed('bare.arrow', (_, metadata) => { metadata.delete('canvas'); metadata.delete('format_version'); });
    expect(() => openPackedFile(bare)).toThrow(/format version none with canvas none/);
  });

  it('holds eyes where it does not say what it shows', () => {
    expect(openPackedFile(changed('old-eyes.arrow', (_, metadata) => { metadata.delete('shows'); })).crop).toBe('eye');
  });
});

describe('what a packed file says of itself', () => {
  it('is its format, what it shows, the canvas, the crop in its middle and the classes', () => {
    expect(Object.fromEntries(tableFromIPC(readFileSync(packed('about.arrow'))).schema.metadata)).toEqual({
      format: 'portrait-pipeline eyes', format_version: '2', shows: 'eye', canvas: '72x48', crop: '48x32', labels: 'closed,open,hidden',
    });
  });
});

describe('a packed file that cannot be written or read', () => {
  it('says which, why, and what to do', () => {
    const nowhere = join(folder, 'missing', 'x.arrow');
    expect(() => { writePackedFile(nowhere, dataset); }).toThrow(/^Cannot write .*x\.arrow: /);
    expect(() => { writePackedFile('eyes.arrow', datasetOf([])); }).toThrow(new PackedFileError('There is no eye to write into eyes.arrow.'));
    const none = join(folder, 'none.arrow');
    expect(() => openPackedFile(none)).toThrow(new PackedFileError(`There is no file ${none}. Make one with: pipeline pack FOLDER -o ${none}`));
    expect(() => openPackedFile(folder)).toThrow(new PackedFileError(`${folder} is a folder. Pack it first: pipeline pack ${folder} -o eyes.arrow`));
  });
});

describe('labels of a dataset', () => {
  it('are counted among some of its rows', () => {
    expect([0, 1, 2].map((label) => countLabel(dataset, Int32Array.of(0, 1, 2, 4), label))).toEqual([2, 1, 1]);
    expect(countLabel(dataset, new Int32Array(), 0)).toBe(0);
  });
});
