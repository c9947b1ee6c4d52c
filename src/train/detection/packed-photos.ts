/**
 * Packed photos with boxes: one Apache Arrow IPC file, a row a photo, the picture still compressed.
 */
import { intAt } from '../../core/typed-array.js';
import { readFileSync } from 'node:fs';
import {
  Binary, Field, Int32, RecordBatch, RecordBatchFileWriter, Schema, Struct, Table, Utf8, makeData, vectorFromArray,
  type Data,
} from 'apache-arrow';
import { z } from 'zod';
import { writeWholeFile } from '../../files/whole-file.js';
import { readArrowTable } from '../../files/arrow-table.js';
import { PackedFileError } from '../data/packed-file.js';
import { faceSchema, type CropFace } from './faces.js';

const FORMAT_VERSION = '1';
const FORMAT_NAME = 'portrait-pipeline photos';

/** One photo and the faces on it. */
export interface PackedPhoto {
  /** JPEG, PNG or whatever else the tool opens; no larger than `PACKED_SIDE`. */
  readonly bytes: Uint8Array;
  /** px, upright. */
  readonly width: number;
  readonly height: number;
  /** Name of the folder that it came from. */
  readonly source: string;
  /** Path of the image inside its source. */
  readonly path: string;
  /** px of the packed picture. */
  readonly faces: readonly CropFace[];
}

/** Longest side of a packed picture, px. */
export const PACKED_SIDE = 1024;

/** Whether a packed file holds photos with boxes: then a detector is trained on it. */
export function holdsPhotos(path: string): boolean {
  try {
    return readArrowTable(readFileSync(path)).schema.metadata.get('format') === FORMAT_NAME;
  } catch {
    return false;
  }
}

/**
 * Writes a packed file, whole or not at all.
 * @throws PackedFileError if there is nothing to write or the disk refuses
 */
export function writePackedPhotos(path: string, photos: readonly PackedPhoto[]): void {
  if (photos.length === 0) throw new PackedFileError(`There is no photo to write into ${path}.`);
  try {
    writeWholeFile(path, encode(photos));
  } catch (error) {
    throw new PackedFileError(`Cannot write ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function encode(photos: readonly PackedPhoto[]): Uint8Array {
  const offsets = new Int32Array(photos.length + 1);
  photos.forEach(({ bytes }, index) => { offsets[index + 1] = intAt(offsets, index) + bytes.length; });
  const pictures = new Uint8Array(intAt(offsets, photos.length));
  photos.forEach(({ bytes }, index) => { pictures.set(bytes, offsets[index]); });
  const whole = (values: readonly number[]): Data =>
    makeData({ type: new Int32(), length: values.length, data: Int32Array.from(values) });
  const columns: Record<string, Data> = {
    picture: makeData({ type: new Binary(), length: photos.length, valueOffsets: offsets, data: pictures }),
    width: whole(photos.map(({ width }) => width)),
    height: whole(photos.map(({ height }) => height)),
    source: textColumn(photos.map(({ source }) => source)),
    path: textColumn(photos.map(({ path }) => path)),
    faces: textColumn(photos.map(({ faces }) => JSON.stringify(faces))),
  };
  const fields = Object.entries(columns).map(([name, column]) => new Field(name, column.type, false));
  const schema = new Schema(fields, new Map([['format', FORMAT_NAME], ['format_version', FORMAT_VERSION]]));
  const rows = makeData({ type: new Struct(fields), length: photos.length, children: Object.values(columns), nullCount: 0 });
  return RecordBatchFileWriter.writeAll(new Table(schema, [new RecordBatch(schema, rows)])).toUint8Array(true);
}

function textColumn(values: readonly string[]): Data {
  const [data] = vectorFromArray(values, new Utf8()).data;
  if (data === undefined) throw new Error('a column without values');
  return data;
}

const rowSchema = z.object({
  picture: z.instanceof(Uint8Array), width: z.number().int(), height: z.number().int(), source: z.string(), path: z.string(),
  faces: z.string().transform((text) => z.array(faceSchema).parse(JSON.parse(text))),
});

/**
 * Opens packed photos; the pictures stay compressed.
 * @throws PackedFileError if the file is missing, damaged, or not of this kind
 */
export function openPackedPhotos(path: string): PackedPhoto[] {
  let table: Table;
  try {
    table = readArrowTable(readFileSync(path));
  } catch (error) {
    throw new PackedFileError(`${path} cannot be read (${error instanceof Error ? error.message : String(error)}). `
      + 'Copy it again, or pack it again.');
  }
  if (table.schema.metadata.get('format') !== FORMAT_NAME || table.schema.metadata.get('format_version') !== FORMAT_VERSION) {
    throw new PackedFileError(`${path} does not hold photos with boxes of this version of the tool. Pack them again: `
      + `pipeline pack FOLDER --kind boxes -o ${path}`);
  }
  return Array.from({ length: table.numRows }, (_, row) => {
    const parsed = rowSchema.safeParse(table.get(row)?.toJSON());
    if (!parsed.success) throw new PackedFileError(`${path}: row ${String(row)} is damaged. Pack the photos again.`);
    const { picture, ...rest } = parsed.data;
    return { ...rest, bytes: picture };
  });
}
