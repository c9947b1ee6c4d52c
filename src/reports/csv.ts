/**
 * The CSV report (RFC 4180, UTF-8): one row a face, one row for a photo without faces.
 */
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import type { FaceResult, PhotoResult } from '../core/result.js';

/** The columns, in order. This is the contract with everyone who reads the report. */
export const csvColumns = [
  'photo', 'status', 'width', 'height', 'faces', 'face', 'face_x', 'face_y', 'face_width', 'face_height', 'face_score',
  'left_eye_open', 'right_eye_open', 'eyes', 'sharpness', 'blur', 'verdict', 'reasons', 'error',
] as const;

export type CsvColumn = (typeof csvColumns)[number];
export type CsvRow = Readonly<Record<CsvColumn, string>>;

/** The header line. */
export function csvHeader(): string {
  return stringify([[...csvColumns]], { record_delimiter: '\r\n' });
}

/** A photo's rows, faces largest first. */
export function csvRows(result: PhotoResult): string {
  const faces = result.faces.length > 0 ? result.faces : [undefined];
  const rows = faces.map((face, index) => csvColumns.map((column) => cells(result, face, index)[column]));
  return stringify(rows, { record_delimiter: '\r\n' });
}

/**
 * Reads a report back.
 * @throws if the text is not such a report; the message says what is missing
 */
export function readCsvRows(text: string): CsvRow[] {
  const records: unknown = parse(text, { columns: true, bom: true, skip_empty_lines: true });
  if (!Array.isArray(records)) return [];
  return records.map((record: unknown) => {
    const row = Object.fromEntries(csvColumns.map((column) => [column, plainText(field(record, column))]));
    return { ...emptyRow, ...row };
  });
}

const emptyRow: CsvRow = {
  photo: '', status: '', width: '', height: '', faces: '', face: '', face_x: '', face_y: '', face_width: '',
  face_height: '', face_score: '', left_eye_open: '', right_eye_open: '', eyes: '', sharpness: '', blur: '',
  verdict: '', reasons: '', error: '',
};

function field(record: unknown, column: string): string {
  const fields = new Map(Object.entries(record ?? {}));
  const value: unknown = fields.get(column);
  if (typeof value !== 'string') throw new Error(`This is not a report of pipeline run: it has no column ${column}.`);
  return value;
}

function cells(result: PhotoResult, face: FaceResult | undefined, index: number): CsvRow {
  const number = (value: number | undefined, digits: number): string => value === undefined ? '' : value.toFixed(digits);
  const unread = result.status === 'error';
  return {
    ...emptyRow,
    photo: escaped(result.photo),
    status: result.status,
    width: unread ? '' : String(result.width),
    height: unread ? '' : String(result.height),
    faces: unread ? '' : String(result.faces.length),
    face: face === undefined ? '' : String(index + 1),
    face_x: number(face?.box.x, 0),
    face_y: number(face?.box.y, 0),
    face_width: number(face?.box.width, 0),
    face_height: number(face?.box.height, 0),
    face_score: number(face?.score, 3),
    left_eye_open: number(face?.leftEye.open, 3),
    right_eye_open: number(face?.rightEye.open, 3),
    eyes: face?.eyes ?? '',
    sharpness: number(face?.blur.sharpness, 1),
    blur: face?.blur.verdict ?? '',
    verdict: result.verdict,
    reasons: escaped(result.reasons.join('; ')),
    error: escaped(result.error ?? ''),
  };
}

/** Spreadsheets run a cell that begins so as a formula; an apostrophe before it makes it text (OWASP, CSV injection). */
function escaped(text: string): string {
  return /^[=+\-@\t\r'＝＋－＠]/.test(text) ? `'${text}` : text;
}

/** The text of a cell without the apostrophe that keeps spreadsheets from running it. */
export function plainText(text: string): string {
  return text.startsWith("'") ? text.slice(1) : text;
}
