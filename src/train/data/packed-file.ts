/**
 * The packed training data: one Apache Arrow IPC file, a row an eye, pixels ready to use. pandas reads it too
 * (`pyarrow.feather.read_table(path).to_pandas()`).
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import {
  Field, FixedSizeBinary, Float32, RecordBatch, RecordBatchFileWriter, Schema, Struct, Table, Uint8,
  Utf8, makeData, vectorFromArray, type Data,
} from 'apache-arrow';
import { fileProblem } from '../../files/problem.js';
import { writeWholeFile } from '../../files/whole-file.js';
import { CROPS, type CropKind } from '../../core/eye.js';
import { isArrowFile, isWholeArrowFile, readArrowTable } from '../../files/arrow-table.js';
import { CANVASES, canvasBytes } from './canvas.js';
import { CLASSES, type Label } from './labels.js';

/** Raised when the columns or the geometry change. */
const FORMAT_VERSION = '2';
const FORMAT_NAME = 'portrait-pipeline eyes';

/** A packed file that cannot be used; the message says which, why and what to do. */
export class PackedFileError extends Error {
  override readonly name = 'PackedFileError';
}

/** One eye on its way into a packed file. */
export interface EyeRow {
  /** A canvas of luminance, see `cutCanvas`. */
  readonly pixels: Uint8Array;
  readonly label: Label;
  /** What kind of eye, in a word: the class, or more than that, as in `narrow` or `sunglasses`. */
  readonly kind: string;
  /** Name of the folder or tar that it came from. */
  readonly source: string;
  /** What must stay on one side of a split: a photo, a person, a burst. */
  readonly group: string;
  /** Path of the image inside its source; the eye of a whole photo is told by `#left` or `#right` behind it. */
  readonly path: string;
  /** Width of the classifier's crop in px of the source image: how much detail there really was. */
  readonly cropWidth: number;
  /** How far the head is turned, 0 frontal to 1; 0 where nobody knows. */
  readonly turn: number;
}

/** The columns of a packed file in memory; row i of each belongs to the same eye. */
export interface EyeDataset {
  readonly length: number;
  /** What they show: an eye each, a face, or a whole photo. */
  readonly crop: CropKind;
  /** `length` canvases of luminance, one behind the other; shared memory, so that loader threads read it without a copy. */
  readonly pixels: Uint8Array;
  /** Numbers of CLASSES: 0 closed, 1 open, 2 hidden. */
  readonly labels: Uint8Array;
  readonly kinds: readonly string[];
  readonly sources: readonly string[];
  readonly groups: readonly string[];
  readonly paths: readonly string[];
  /** Width of the classifier's crop in px of the source image. */
  readonly cropWidths: Float32Array;
  /** How far the heads are turned, 0 to 1. */
  readonly turns: Float32Array;
}

/** How many of these rows have a label. */
export function countLabel({ labels }: EyeDataset, rows: Int32Array, label: number): number {
  return rows.reduce((sum, row) => sum + (labels[row] === label ? 1 : 0), 0);
}

/** Gathers rows into a dataset in memory. @param crop what they show */
export function datasetOf(rows: readonly EyeRow[], crop: CropKind = 'eye'): EyeDataset {
  const bytes = canvasBytes(crop);
  const pixels = new Uint8Array(new SharedArrayBuffer(rows.length * bytes));
  rows.forEach((row, index) => { pixels.set(row.pixels, index * bytes); });
  return {
    length: rows.length, crop,
    pixels,
    labels: Uint8Array.from(rows, (row) => row.label),
    sources: rows.map((row) => row.source),
    groups: rows.map((row) => row.group),
    paths: rows.map((row) => row.path),
    kinds: rows.map((row) => row.kind),
    cropWidths: Float32Array.from(rows, (row) => row.cropWidth),
    turns: Float32Array.from(rows, (row) => row.turn),
  };
}

/**
 * Writes a packed file: beside first, then renamed, so that a file of that name is always whole.
 * @throws PackedFileError if there is nothing to write or the disk refuses
 */
export function writePackedFile(path: string, dataset: EyeDataset): void {
  if (dataset.length === 0) throw new PackedFileError(`There is no eye to write into ${path}.`);
  try {
    writeWholeFile(path, encode(dataset));
  } catch (error) {
    throw new PackedFileError(`Cannot write ${path}: ${fileProblem(error, 'write')}`);
  }
}

function encode(dataset: EyeDataset): Uint8Array {
  const columns: Record<string, Data> = {
    pixels: makeData({ type: new FixedSizeBinary(canvasBytes(dataset.crop)), length: dataset.length, data: dataset.pixels.slice() }),
    label: makeData({ type: new Uint8(), length: dataset.length, data: dataset.labels }),
    source: textColumn(dataset.sources),
    group: textColumn(dataset.groups),
    path: textColumn(dataset.paths),
    kind: textColumn(dataset.kinds),
    crop_width: makeData({ type: new Float32(), length: dataset.length, data: dataset.cropWidths }),
    turn: makeData({ type: new Float32(), length: dataset.length, data: dataset.turns }),
  };
  const fields = Object.entries(columns).map(([name, column]) => new Field(name, column.type, false));
  const schema = new Schema(fields, new Map(Object.entries({
    format: FORMAT_NAME,
    format_version: FORMAT_VERSION,
    shows: dataset.crop,
    canvas: sizeText(CANVASES[dataset.crop]),
    crop: sizeText(CROPS[dataset.crop]),
    labels: CLASSES.join(','),
  })));
  const rows = makeData({ type: new Struct(fields), length: dataset.length, children: Object.values(columns), nullCount: 0 });
  return RecordBatchFileWriter.writeAll(new Table(schema, [new RecordBatch(schema, rows)])).toUint8Array(true);
}

function sizeText({ width, height }: { readonly width: number; readonly height: number }): string {
  return `${String(width)}x${String(height)}`;
}

function textColumn(values: readonly string[]): Data {
  const [data] = vectorFromArray(values, new Utf8()).data;
  if (data === undefined) throw new Error('a column without values');
  return data;
}

/**
 * Opens a packed file. Nothing is decoded: the pixels are copied once, into shared memory.
 * @throws PackedFileError if it is missing, cut short, of another version, or not a packed file at all
 */
export function openPackedFile(path: string): EyeDataset {
  if (!existsSync(path)) throw new PackedFileError(`There is no file ${path}. Make one with: pipeline pack FOLDER -o ${path}`);
  if (statSync(path).isDirectory()) {
    throw new PackedFileError(`${path} is a folder. Pack it first: pipeline pack ${path} -o eyes.arrow`);
  }
  const bytes = readFileSync(path);
  if (!isArrowFile(bytes)) {
    throw new PackedFileError(`${path} is not a packed file (Apache Arrow IPC). Make one with: pipeline pack FOLDER -o eyes.arrow`);
  }
  if (!isWholeArrowFile(bytes)) {
    throw new PackedFileError(`${path} is cut short: its end is missing. Copy it again, or pack it again.`);
  }
  return readTable(readIpc(path, bytes), path);
}

function readIpc(path: string, bytes: Uint8Array): Table {
  let table: Table;
  try {
    table = readArrowTable(bytes);
  } catch (error) {
    throw new PackedFileError(
      `${path} is damaged (${error instanceof Error ? error.message : String(error)}). Copy it again, or pack it again.`);
  }
  const { metadata } = table.schema;
  if (metadata.get('format') !== FORMAT_NAME) {
    throw new PackedFileError(`${path} is an Arrow file, but not one that "pipeline pack" wrote.`);
  }
  const version = metadata.get('format_version') ?? 'none';
  const canvas = metadata.get('canvas') ?? 'none';
  const known = sizeText(CANVASES[shownIn(table)]);
  if (version !== FORMAT_VERSION || canvas !== known) {
    throw new PackedFileError(
      `${path} is of format version ${version} with canvas ${canvas}; this program reads version ${FORMAT_VERSION} with canvas ` +
      `${known}. Pack the images again.`);
  }
  return table;
}

/** What the rows show: eyes, where a file does not say. */
function shownIn(table: Table): CropKind {
  const shows = table.schema.metadata.get('shows');
  return shows === 'face' || shows === 'photo' ? shows : 'eye';
}

function readTable(table: Table, path: string): EyeDataset {
  const labels = Uint8Array.from(column(table, 'label', path), Number);
  const wrong = labels.findIndex((label) => label >= CLASSES.length);
  if (wrong >= 0) throw new PackedFileError(`${path}: row ${String(wrong)} has label ${String(labels[wrong])}; 0 is closed, 1 is open, 2 is hidden.`);
  return {
    length: table.numRows,
    crop: shownIn(table),
    pixels: readPixels(table, path),
    labels,
    sources: Array.from(column(table, 'source', path), String),
    groups: Array.from(column(table, 'group', path), String),
    paths: Array.from(column(table, 'path', path), String),
    kinds: Array.from(column(table, 'kind', path), String),
    cropWidths: Float32Array.from(column(table, 'crop_width', path), Number),
    turns: Float32Array.from(column(table, 'turn', path), Number),
  };
}

/** As many values as the table has rows. */
function column(table: Table, name: string, path: string): unknown[] {
  const vector = table.getChild(name);
  if (vector === null) throw new PackedFileError(`${path} has no column "${name}". Pack the images again.`);
  const values = Array.from(vector);
  if (values.length !== table.numRows) throw new PackedFileError(`${path}: the column "${name}" is not as long as the others. Copy it again, or pack it again.`);
  return values;
}

function readPixels(table: Table, path: string): Uint8Array {
  const each = canvasBytes(shownIn(table));
  const vector = table.getChild('pixels');
  if (vector === null) throw new PackedFileError(`${path} has no column "pixels". Pack the images again.`);
  const chunks = vector.data.map((chunk) => {
    const values: unknown = chunk.values;
    const bytes = chunk.length * each;
    if (!(values instanceof Uint8Array) || values.length < bytes) {
      throw new PackedFileError(`${path}: the pixels are not ${String(each)} bytes an eye. Pack the images again.`);
    }
    return values.subarray(0, bytes);
  });
  if (chunks.reduce((sum, { length }) => sum + length, 0) !== table.numRows * each) {
    throw new PackedFileError(`${path}: the pixels are not ${String(each)} bytes an eye. Pack the images again.`);
  }
  // Only now, for a number of rows may be written down without any.
  const pixels = new Uint8Array(new SharedArrayBuffer(table.numRows * each));
  let at = 0;
  for (const chunk of chunks) {
    pixels.set(chunk, at);
    at += chunk.length;
  }
  return pixels;
}
