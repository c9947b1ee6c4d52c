/**
 * The Arrow report: the columns of the CSV with their types and what programs want besides, a row a face, as an Apache Arrow IPC
 * file (Feather V2), which pandas and others open as it is.
 */
import {
  AsyncByteQueue, Bool, Field, Float64, Int32, Int64, makeBuilder, makeData, RecordBatch, RecordBatchFileWriter, Schema, Struct,
  TimestampMillisecond, Utf8, type Data, type DataType,
} from 'apache-arrow';
import { landmarkNames, landmarkPoints } from '../core/face.js';
import type { FaceResult, PhotoResult } from '../core/result.js';
import { createReportFile } from '../files/growing-file.js';
import { faceStages } from '../pipeline/face-stages.js';
import { isMeasured } from '../pipeline/measured.js';
import type { ResultSink } from '../run/sink.js';
import { bestOfScene } from './csv.js';
import type { ReportHeader } from './header.js';

/** What a row is made of: a photo and one of its faces, or none. */
interface Row {
  readonly result: PhotoResult;
  readonly face: FaceResult | undefined;
  /** From 1. */
  readonly number: number;
}

/** A column on its way. */
interface Column {
  readonly field: Field;
  add(row: Row): void;
  /** What was added since the last time. */
  take(): Data;
}

/** Rows that are written at once: some MB. */
const rowsABatch = 4096;

/** Begins an Arrow report. @throws UsageError where the place cannot be written to */
export async function createArrowReport(path: string, header: ReportHeader): Promise<ResultSink> {
  const file = await createReportFile(path, '');
  const table = new TableWriter(columns(), header);
  return {
    write: async (result) => {
      const faces = result.faces.length > 0 ? result.faces : [undefined];
      faces.forEach((face, index) => { table.add({ result, face, number: index + 1 }); });
      await file.append(table.take());
    },
    finish: async () => {
      await file.append(table.end());
      await file.commit();
    },
    abandon: async () => {
      await file.append(table.end());
      await file.keepPartial();
    },
    discard: () => file.discard(),
  };
}

/** The columns; those of the stages are numbers where what they write of an example is one. */
function columns(): Column[] {
  const ofFace = <T extends DataType>(name: string, type: T, value: (face: FaceResult) => T['TValue'] | null): Column =>
    column(name, type, ({ face }) => (face === undefined ? null : value(face)));
  const ofRead = (name: string, value: (result: PhotoResult) => number): Column =>
    column(name, new Int32(), ({ result }) => (result.status === 'error' ? null : value(result)));
  return [
    column('photo', new Utf8(), ({ result }) => result.photo),
    column('status', new Utf8(), ({ result }) => result.status),
    ofRead('width', ({ width }) => width),
    ofRead('height', ({ height }) => height),
    ofRead('faces', ({ faces }) => faces.length),
    column('face', new Int32(), ({ face, number }) => (face === undefined ? null : number)),
    ofFace('face_x', new Float64(), ({ box }) => box.x),
    ofFace('face_y', new Float64(), ({ box }) => box.y),
    ofFace('face_width', new Float64(), ({ box }) => box.width),
    ofFace('face_height', new Float64(), ({ box }) => box.height),
    ofFace('face_score', new Float64(), ({ score }) => score),
    ofFace('bystander', new Bool(), ({ bystander }) => bystander),
    ...landmarkNames.flatMap((name) => (['x', 'y'] as const).map((axis) =>
      ofFace(`${name}_${axis}`, new Float64(), ({ landmarks }) => landmarkPoints(landmarks)[name][axis]))),
    ...(['yaw', 'pitch', 'roll'] as const).map((angle) => ofFace(angle, new Float64(), ({ pose }) => pose?.[angle] ?? null)),
    ...stageColumns(),
    ofFace('face_reasons', new Utf8(), ({ reasons }) => reasons.map(({ text }) => text).join('; ')),
    column('verdict', new Utf8(), ({ result }) => result.verdict),
    column('reasons', new Utf8(), ({ result }) => result.reasons.join('; ')),
    column('error', new Utf8(), ({ result }) => result.error ?? null),
    ...sceneColumns(),
    column('file_size', new Int64(), ({ result: { file } }) => (file === undefined ? null : BigInt(file.size))),
    column('file_modified', new TimestampMillisecond('UTC'), ({ result: { file } }) => (file === undefined ? null : Math.floor(file.modified / 1000) * 1000)),
    column('sha256', new Utf8(), ({ result }) => result.sha256 ?? null),
  ];
}

function stageColumns(): Column[] {
  const example = faceExample();
  return faceStages.flatMap((stage) => Object.entries(stage.columns).map(([name, cell]) => {
    const text = (face: FaceResult | undefined): string | null => {
      const value = face === undefined ? '' : cell(face);
      return value === '' ? null : value;
    };
    if (!isNumber(cell(example))) return column(name, new Utf8(), ({ face }) => text(face));
    return column(name, new Float64(), ({ face }) => {
      const value = text(face);
      return value === null ? null : Number(value);
    });
  }));
}

function sceneColumns(): Column[] {
  return [
    // The camera's own clock: no time zone is known.
    column('taken', new TimestampMillisecond(), ({ result: { capture } }) => (capture?.time === undefined ? null : Math.floor(capture.time))),
    column('camera', new Utf8(), ({ result: { capture } }) => capture?.camera ?? null),
    column('scene', new Int32(), ({ result: { scene } }) => scene?.scene ?? null),
    column('best_of_scene', new Utf8(), ({ result: { scene } }) => (scene === undefined ? null : bestOfScene(scene))),
    column('scene_rank', new Int32(), ({ result: { scene } }) => scene?.rank ?? null),
    column('scene_reason', new Utf8(), ({ result: { scene } }) => scene?.reason ?? null),
  ];
}

/** A face of which every stage measured its example. */
function faceExample(): FaceResult {
  const measured = Object.fromEntries(faceStages.map((stage) => [stage.name, stage.example]));
  if (!isMeasured(measured)) throw new Error('A stage has no example.');
  const point = { x: 50, y: 50 };
  const eye = { outer: point, inner: point, center: point };
  return {
    box: { x: 0, y: 0, width: 100, height: 100 }, score: 1, eyeBoxes: {}, measured, bystander: false, reasons: [],
    landmarks: { left: eye, right: eye, nose: point, mouth: { left: point, right: point }, faceScore: 1 },
  };
}

function isNumber(cell: string): boolean {
  return cell !== '' && Number.isFinite(Number(cell));
}

function column<T extends DataType>(name: string, type: T, value: (row: Row) => T['TValue'] | null): Column {
  const builder = makeBuilder<T, null>({ type, nullValues: [null] });
  return {
    field: new Field(name, type, true),
    add: (row) => { builder.append(value(row)); },
    take: () => builder.flush(),
  };
}

/** Takes rows, gives the bytes of a file: batch by batch, with an index at the end. */
class TableWriter {
  private readonly schema: Schema;
  private readonly written = new ByteList();
  private readonly writer = new RecordBatchFileWriter();
  private rows = 0;

  constructor(private readonly columns: readonly Column[], { format, format_version, tool_version, root, config, models }: ReportHeader) {
    this.schema = new Schema(columns.map(({ field }) => field), new Map([
      ['format', format], ['format_version', String(format_version)], ['tool_version', tool_version], ['root', root],
      ['config', JSON.stringify(config)], ['models', JSON.stringify(models)],
    ]));
    this.writer.reset(this.written, this.schema);
  }

  add(row: Row): void {
    for (const each of this.columns) each.add(row);
    this.rows += 1;
    if (this.rows === rowsABatch) this.pack();
  }

  /** The bytes since the last time. */
  take(): Uint8Array {
    return this.written.take();
  }

  /** The last bytes. */
  end(): Uint8Array {
    if (this.rows > 0) this.pack();
    this.writer.close();
    return this.written.take();
  }

  private pack(): void {
    const children = this.columns.map((each) => each.take());
    const data = makeData({ type: new Struct(this.schema.fields), length: this.rows, children, nullCount: 0 });
    this.writer.write(new RecordBatch(this.schema, data));
    this.rows = 0;
  }
}

/** Where a writer puts its bytes, to be taken at once: the library's own queue hands them out one by one, some time later. */
class ByteList extends AsyncByteQueue {
  private chunks: Uint8Array[] = [];

  override write(value: Parameters<AsyncByteQueue['write']>[0]): void {
    if (!(value instanceof Uint8Array)) throw new Error('The Arrow writer gave something else than bytes.');
    this.chunks.push(value);
  }

  take(): Uint8Array {
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    return bytes;
  }
}
