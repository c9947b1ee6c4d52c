import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC, tableToIPC, tableFromArrays } from 'apache-arrow';
import { afterAll, describe, expect, it } from 'vitest';
import { canvasBytes } from '../../../src/train/data/canvas.js';
import { datasetOf, openPackedFile, PackedFileError, writePackedFile } from '../../../src/train/data/packed-file.js';

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
  });

  it('says whether it holds eyes, faces or photos, whose canvases differ', () => {
    const [row] = [{ pixels: new Uint8Array(canvasBytes('face')).map((_, i) => i % 256), label: 1, source: 's', group: 'g', path: 'p', cropWidth: 90, kind: '', turn: 0 } as const];
    const faces = datasetOf([row, row], 'face');
    const path = join(folder, 'faces.arrow');
    writePackedFile(path, faces);
    expect(openPackedFile(path)).toEqual(faces);
    expect([openPackedFile(packed('eyes.arrow')).crop, faces.crop, canvasBytes('photo')]).toEqual(['eye', 'face', 40_000]);
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
