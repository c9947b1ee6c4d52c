/**
 * The CSV report (RFC 4180, UTF-8): one row a face, one row for a photo without faces.
 */
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { SceneOfPhoto } from '../core/capture.js';
import type { FaceResult, PhotoResult } from '../core/result.js';
import { faceStages } from '../pipeline/face-stages.js';

const photoColumns = ['photo', 'status', 'width', 'height', 'faces'] as const;
const faceColumns = ['face', 'face_x', 'face_y', 'face_width', 'face_height', 'face_score'] as const;
const verdictColumns = ['verdict', 'reasons', 'error'] as const;
const sceneColumns = ['scene', 'best_of_scene', 'scene_rank', 'scene_reason'] as const;
const fileColumns = ['file_size', 'file_modified'] as const;

/** The columns, in order; those of the stages stand after the face's. This is the contract with everyone who reads the report. */
export const csvColumns: readonly string[] = [
  ...photoColumns, ...faceColumns, ...faceStages.flatMap((stage) => Object.keys(stage.columns)), ...verdictColumns,
  ...sceneColumns, ...fileColumns,
];

/** A row as it is read back: a text a column, and those that no tool may do without by name. */
export type CsvRow = Readonly<Record<'photo' | 'verdict', string>> & Readonly<Record<string, string>>;

/** Rows as RFC 4180 has them, with line feeds of their own in quotes; the cells are not guarded against spreadsheets. */
function csvLines(rows: readonly (readonly string[])[]): string {
  return stringify(rows.map((row) => [...row]), { record_delimiter: '\r\n', quoted_match: /[\r\n]/ });
}

/** The header line. */
export function csvHeader(): string {
  return csvLines([csvColumns]);
}

/** A photo's rows, faces largest first. */
export function csvRows(result: PhotoResult): string {
  const faces = result.faces.length > 0 ? result.faces : [undefined];
  const rows = faces.map((face, index) =>
    [...photoCells(result), ...faceCells(face, index), ...verdictCells(result), ...sceneCells(result), ...fileCells(result)]);
  return csvLines(rows);
}

/**
 * Reads a report back, or choices in the same form: the cells without what guards them against spreadsheets.
 * @throws if the text is not such a report; the message says what is missing
 */
export function readCsvRows(text: string): CsvRow[] {
  const records: unknown = parse(text, { columns: true, bom: true, skip_empty_lines: true });
  return (Array.isArray(records) ? records : []).map((record: unknown) => {
    const cells = Object.entries(record ?? {}).flatMap(([column, value]): [string, string][] =>
      typeof value === 'string' ? [[column, plainText(value)]] : []);
    const row: Readonly<Record<string, string>> = Object.fromEntries(cells);
    const [photo, verdict] = [needed(row, 'photo'), needed(row, 'verdict')];
    return { ...row, photo, verdict };
  });
}

function needed(row: Readonly<Record<string, string>>, column: string): string {
  const value = row[column];
  if (value === undefined) throw new Error(`This is not a report of pipeline run: it has no column ${column}.`);
  return value;
}

function photoCells({ photo, status, width, height, faces }: PhotoResult): string[] {
  if (status === 'error') return [escaped(photo), status, '', '', ''];
  return [escaped(photo), status, String(width), String(height), String(faces.length)];
}

function faceCells(face: FaceResult | undefined, index: number): string[] {
  const columns = faceStages.flatMap((stage) => Object.values(stage.columns));
  if (face === undefined) return [...faceColumns, ...columns].map(() => '');
  const { x, y, width, height } = face.box;
  return [
    String(index + 1), ...[x, y, width, height].map((px) => px.toFixed(0)), face.score.toFixed(3),
    ...columns.map((cell) => escaped(cell(face))),
  ];
}

function verdictCells({ verdict, reasons, error }: PhotoResult): string[] {
  return [verdict, escaped(reasons.join('; ')), escaped(error ?? '')];
}

/** Empty for a photo that is alone in its moment. */
function sceneCells({ scene }: PhotoResult): string[] {
  if (scene === undefined) return sceneColumns.map(() => '');
  const { rank } = scene;
  return [String(scene.scene), bestOfScene(scene), rank === undefined ? '' : String(rank), escaped(scene.reason)];
}

/** Every frame of an exposure bracket is one to keep: they are put together later. */
export function bestOfScene({ rank }: SceneOfPhoto): 'yes' | 'no' | 'bracket' {
  return rank === undefined ? 'bracket' : rank === 1 ? 'yes' : 'no';
}

function fileCells({ file }: PhotoResult): string[] {
  return file === undefined ? ['', ''] : [String(file.size), timeText(file.modified)];
}

/** A file's time in a report: ISO 8601, UTC, whole seconds: disks and copies keep no more in common. Years have four digits; some disks know others. */
export function timeText(milliseconds: number): string {
  const time = Math.min(Math.max(milliseconds, Date.UTC(1000, 0)), Date.UTC(10_000, 0) - 1);
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

/** Spreadsheets run a cell that begins so as a formula; an apostrophe before it makes it text (OWASP, CSV injection). */
export function escaped(text: string): string {
  return /^[=+\-@\t\r\n'＝＋－＠]/.test(text) ? `'${text}` : text;
}

/** The text of a cell without the apostrophe that keeps spreadsheets from running it. */
export function plainText(text: string): string {
  return text.startsWith("'") ? text.slice(1) : text;
}
