/**
 * The Arrow report: the columns of the CSV with their types, a row a face, as an Apache Arrow IPC file (Feather V2), which pandas
 * and others open as it is.
 */
import {
  Bool, Field, Float64, Int32, makeBuilder, makeData, RecordBatch, RecordBatchFileWriter, Schema, Struct, Table, Utf8,
  type Builder, type Data, type DataType,
} from 'apache-arrow';
import type { FaceResult, PhotoResult } from '../core/result.js';
import { createReportFile } from '../files/growing-file.js';
import { packageVersion } from '../files/package.js';
import { faceStages } from '../pipeline/face-stages.js';
import { isMeasured } from '../pipeline/measured.js';
import type { ResultSink } from '../run/sink.js';

type Value = string | number | boolean | null;

/** What a row is made of: a photo and one of its faces, or none. */
interface Row {
  readonly result: PhotoResult;
  readonly face: FaceResult | undefined;
  /** From 1. */
  readonly number: number;
}

interface Column {
  readonly name: string;
  readonly type: 'text' | 'number' | 'integer' | 'truth';
  value(row: Row): Value;
}

/** Rows that are turned into a batch at once: what waits for that is kept as objects. */
const rowsABatch = 4096;

/** Begins an Arrow report. @throws UsageError where the place cannot be written to */
export async function createArrowReport(path: string): Promise<ResultSink> {
  const file = await createReportFile(path, '');
  const table = new TableBuilder(columns());
  return {
    write: (result) => {
      const faces = result.faces.length > 0 ? result.faces : [undefined];
      faces.forEach((face, index) => { table.add({ result, face, number: index + 1 }); });
      return Promise.resolve();
    },
    finish: async () => {
      await file.append(table.bytes());
      await file.commit();
    },
    abandon: async () => {
      await file.append(table.bytes());
      await file.keepPartial();
    },
    discard: () => file.discard(),
  };
}

/** The columns; those of the stages are numbers where what they write of an example is one. */
function columns(): Column[] {
  const example = faceExample();
  const ofFace = (name: string, type: Column['type'], value: (face: FaceResult) => Value): Column =>
    ({ name, type, value: ({ face }) => (face === undefined ? null : value(face)) });
  const isRead = ({ result }: Row): boolean => result.status !== 'error';
  return [
    { name: 'photo', type: 'text', value: ({ result }) => result.photo },
    { name: 'status', type: 'text', value: ({ result }) => result.status },
    { name: 'width', type: 'integer', value: (row) => (isRead(row) ? row.result.width : null) },
    { name: 'height', type: 'integer', value: (row) => (isRead(row) ? row.result.height : null) },
    { name: 'faces', type: 'integer', value: (row) => (isRead(row) ? row.result.faces.length : null) },
    { name: 'face', type: 'integer', value: ({ face, number }) => (face === undefined ? null : number) },
    ofFace('face_x', 'number', ({ box }) => box.x),
    ofFace('face_y', 'number', ({ box }) => box.y),
    ofFace('face_width', 'number', ({ box }) => box.width),
    ofFace('face_height', 'number', ({ box }) => box.height),
    ofFace('face_score', 'number', ({ score }) => score),
    ofFace('bystander', 'truth', ({ bystander }) => bystander),
    ...faceStages.flatMap((stage) => Object.entries(stage.columns).map(([name, cell]) => {
      const type = isNumber(cell(example)) ? 'number' : 'text';
      return ofFace(name, type, (face) => valueOf(cell(face), type));
    })),
    ofFace('face_reasons', 'text', ({ reasons }) => reasons.map(({ text }) => text).join('; ')),
    { name: 'verdict', type: 'text', value: ({ result }) => result.verdict },
    { name: 'reasons', type: 'text', value: ({ result }) => result.reasons.join('; ') },
    { name: 'error', type: 'text', value: ({ result }) => result.error ?? null },
  ];
}

/** A face of which every stage measured its example. */
function faceExample(): FaceResult {
  const measured = Object.fromEntries(faceStages.map((stage) => [stage.name, stage.example]));
  if (!isMeasured(measured)) throw new Error('A stage has no example.');
  return { box: { x: 0, y: 0, width: 100, height: 100 }, score: 1, eyeBoxes: {}, measured, bystander: false, reasons: [] };
}

function isNumber(cell: string): boolean {
  return cell !== '' && Number.isFinite(Number(cell));
}

function valueOf(cell: string, type: Column['type']): Value {
  if (cell === '') return null;
  return type === 'number' ? Number(cell) : cell;
}

const types = { text: () => new Utf8(), number: () => new Float64(), integer: () => new Int32(), truth: () => new Bool() } as const;

/** Gathers rows into batches of columns. */
class TableBuilder {
  private rows: Row[] = [];
  private readonly batches: RecordBatch[] = [];
  private readonly schema: Schema;

  constructor(private readonly columns: readonly Column[]) {
    const fields = columns.map(({ name, type }) => new Field(name, types[type](), true));
    this.schema = new Schema(fields, new Map([['format', 'portrait-pipeline report'], ['version', packageVersion()]]));
  }

  add(row: Row): void {
    this.rows.push(row);
    if (this.rows.length === rowsABatch) this.pack();
  }

  /** The whole file. */
  bytes(): Uint8Array {
    if (this.rows.length > 0 || this.batches.length === 0) this.pack();
    return RecordBatchFileWriter.writeAll(new Table(this.schema, this.batches)).toUint8Array(true);
  }

  private pack(): void {
    const children = this.columns.map((column) => dataOf(column, this.rows));
    const data = makeData({ type: new Struct(this.schema.fields), length: this.rows.length, children, nullCount: 0 });
    this.batches.push(new RecordBatch(this.schema, data));
    this.rows = [];
  }
}

function dataOf({ type, value }: Column, rows: readonly Row[]): Data {
  const values = rows.map((row) => value(row));
  if (type === 'text') return build(makeBuilder<Utf8, null>({ type: new Utf8(), nullValues: [null] }), values.map((each) => (typeof each === 'string' ? each : null)));
  if (type === 'truth') return build(makeBuilder<Bool, null>({ type: new Bool(), nullValues: [null] }), values.map((each) => (typeof each === 'boolean' ? each : null)));
  const numbers = values.map((each) => (typeof each === 'number' ? each : null));
  return type === 'integer'
    ? build(makeBuilder<Int32, null>({ type: new Int32(), nullValues: [null] }), numbers)
    : build(makeBuilder<Float64, null>({ type: new Float64(), nullValues: [null] }), numbers);
}

function build<T extends DataType>(builder: Builder<T, null>, values: readonly (T['TValue'] | null)[]): Data {
  for (const value of values) builder.append(value);
  return builder.finish().flush();
}
