/**
 * Reads reports back, of whatever format: for sorting, reviewing and sidecars. What somebody else may have written is parsed, and
 * what may be missing - in choices saved from an HTML report, in reports of older versions - is optional.
 */
import { createHash } from 'node:crypto';
import { extname } from 'node:path';
import { z } from 'zod';
import { readReason } from '../core/face-reason.js';
import type { Box, Point } from '../core/raster.js';
import type { FileLooks } from '../core/result.js';
import { verdicts, type Verdict } from '../core/verdict.js';
import { UsageError } from '../core/usage-error.js';
import { readArrowTable } from '../files/arrow-table.js';
import { fileProblem } from '../files/problem.js';
import { readRegularFile } from '../files/regular-file.js';
import { faceStages } from '../pipeline/face-stages.js';
import { readCsvRows } from './csv.js';

/** A face as a report has it. */
export interface ReportFace {
  /** px of the upright full-size photo. */
  readonly box: Box;
  /** False where the report does not say. */
  readonly bystander: boolean;
  readonly reasons: readonly string[];
  /** Where the eyes are, px of the upright full-size photo; none where the report does not say. */
  readonly eyes: readonly Point[];
  /** What the stages found, by the name of the CSV's column; what is not known is left out. */
  readonly cells: Readonly<Record<string, string>>;
}

/** A photo as a report has it. */
export interface ReportPhoto {
  readonly photo: string;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  readonly error?: string;
  /** What was found in it; absent in choices, which do not say. */
  readonly found?: { readonly status: 'ok' | 'no_face' | 'error'; readonly width: number; readonly height: number; readonly faces: readonly ReportFace[] };
  /** `rank` is absent in an exposure bracket. */
  readonly scene?: { readonly scene: number; readonly rank?: number; readonly reason: string };
  readonly file?: FileLooks;
}

export interface ReadReport {
  /** In the report's order, each once. */
  readonly photos: readonly ReportPhoto[];
  /** SHA-256 of the file, hexadecimal. */
  readonly hash: string;
}

/** Bytes; a JSON report of 60,000 group photos is shorter. */
const longestReport = 512e6;

/** What the rows of a report that is a table are read by. */
type Row = Readonly<Record<string, unknown>>;

/**
 * Reads a report of `pipeline run`: CSV, JSON, JSON Lines or Arrow by the ending of its name; or choices saved from an HTML report.
 * @throws UsageError where the file is none
 */
export async function readReport(path: string): Promise<ReadReport> {
  const bytes = await readRegularFile(path, { maxBytes: longestReport }).catch((error: unknown) => {
    throw new UsageError(`Cannot read the report ${path}: ${fileProblem(error, 'read')}`);
  });
  const photos = photosOf(bytes, path);
  if (photos.length === 0) throw notReport(path, 'there is no photo in it');
  return { photos: [...new Map(photos.map((photo) => [photo.photo, photo])).values()], hash: createHash('sha256').update(bytes).digest('hex') };
}

/** Whether the name of a report is that of a format that can be read back. */
export function isReadable(path: string): boolean {
  return ['.csv', '.json', '.jsonl', '.arrow', '.feather'].includes(extname(path).toLowerCase());
}

function photosOf(bytes: Buffer, path: string): ReportPhoto[] {
  switch (extname(path).toLowerCase()) {
    case '.json': return photosFromJson(parsed(path, () => withoutHeader(JSON.parse(bytes.toString('utf8')))), path);
    case '.jsonl': return photosFromJson(parsed(path, () => linesOf(bytes.toString('utf8'))), path);
    case '.arrow': case '.feather': return photosFromRows(parsed(path, () => arrowRows(bytes)), path);
    default: return photosFromRows(parsed(path, () => readCsvRows(bytes.toString('utf8'))), path);
  }
}

/** What may be thrown while a file is taken apart, in words. The parsers' own messages quote the file. */
function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof LineError) throw notReport(path, error.message);
    const line = error instanceof Error && 'lines' in error && typeof error.lines === 'number' ? error.lines : undefined;
    throw notReport(path, line === undefined ? `it is not complete, or of another kind; ${needed}` : `line ${String(line)} cannot be read`);
  }
}

class LineError extends Error {}

function notReport(path: string, why: string): UsageError {
  return new UsageError(`${path} is not a report in CSV, JSON, JSON Lines or Arrow: ${why}. `
    + 'Use a report that pipeline run wrote. Choices made in an HTML report are saved from its page, as CSV or JSON.');
}

const verdict = z.enum(verdicts);
const status = z.enum(['ok', 'no_face', 'error']);
const needed = `every row needs a photo and a verdict (${verdict.options.join(', ')})`;
const time = z.union([z.iso.datetime().transform((text) => Date.parse(text)), z.number()]);

/** What is optional in a report: absent, or of a kind that is not ours, as where a spreadsheet put a time in its own words. */
function maybe<T extends z.ZodType>(schema: T): z.ZodCatch<z.ZodOptional<T>> {
  return schema.optional().catch(undefined);
}

// A table has texts (CSV) or values (Arrow).
const number = z.union([z.number(), z.bigint().transform(Number), z.string().regex(/^-?\d+(?:\.\d+)?$/).transform(Number)]);
const natural = number.pipe(z.number().int().min(0));
const words = z.string().min(1);
const rowSchema = z.looseObject({
  photo: words, verdict,
  status: maybe(status), width: maybe(natural), height: maybe(natural), reasons: maybe(words), error: maybe(words),
  scene: maybe(natural), scene_rank: maybe(natural), scene_reason: maybe(words),
  file_size: maybe(natural), file_modified: maybe(time),
  face_x: maybe(number), face_y: maybe(number), face_width: maybe(number), face_height: maybe(number),
  face: maybe(natural), face_reasons: maybe(z.string()), bystander: maybe(z.boolean()),
  left_eye_center_x: maybe(number), left_eye_center_y: maybe(number), right_eye_center_x: maybe(number), right_eye_center_y: maybe(number),
});
type ParsedRow = z.infer<typeof rowSchema>;

/** Rows of one photo follow each other, or not: a spreadsheet may have sorted them. */
function photosFromRows(rows: readonly Row[], path: string): ReportPhoto[] {
  const checked = z.array(rowSchema).safeParse(rows);
  if (!checked.success) throw notReport(path, needed);
  const photos = new Map<string, ParsedRow[]>();
  for (const row of checked.data) {
    const known = photos.get(row.photo);
    if (known === undefined) photos.set(row.photo, [row]);
    else known.push(row);
  }
  return [...photos.values()].flatMap((of) => {
    const last = of.at(-1);
    return last === undefined ? [] : [photoFromRow(last, of)];
  });
}

function photoFromRow(row: ParsedRow, rows: readonly ParsedRow[]): ReportPhoto {
  const reasons = listed(row.reasons);
  const faces = rows.filter(({ face }) => face !== undefined);
  return {
    photo: row.photo, verdict: row.verdict, reasons,
    ...(row.error === undefined ? {} : { error: row.error }),
    ...(row.status === undefined ? {} : { found: {
      status: row.status, width: row.width ?? 0, height: row.height ?? 0, faces: faces.map((face) => faceFromRow(face, reasons, faces.length)),
    } }),
    ...sceneOf(row.scene, row.scene_rank, row.scene_reason),
    ...fileOf(row.file_size, row.file_modified),
  };
}

/** @param said about the photo: a CSV says of faces only what is said there, with the number of the face where there are several */
function faceFromRow(row: ParsedRow, said: readonly string[], faces: number): ReportFace {
  const ofFace = faces === 1 ? said : said.map((reason) => readReason(reason)).filter(({ faces: about }) => about.some((number) => number === row.face)).map(({ text }) => text);
  const point = (x: number | undefined, y: number | undefined): Point[] => (x === undefined || y === undefined ? [] : [{ x, y }]);
  return {
    box: { x: row.face_x ?? 0, y: row.face_y ?? 0, width: row.face_width ?? 0, height: row.face_height ?? 0 },
    bystander: row.bystander ?? false,
    reasons: row.face_reasons === undefined ? ofFace : listed(row.face_reasons),
    eyes: [...point(row.left_eye_center_x, row.left_eye_center_y), ...point(row.right_eye_center_x, row.right_eye_center_y)],
    cells: cellsOf(row),
  };
}

/** No reason has a semicolon in it. */
function listed(reasons: string | undefined): string[] {
  return reasons === undefined || reasons === '' ? [] : reasons.split('; ');
}

const point = z.looseObject({ x: z.number(), y: z.number() });
const jsonFace = z.looseObject({
  box: z.looseObject({ x: z.number(), y: z.number(), width: z.number().min(0), height: z.number().min(0) }),
  bystander: z.boolean(),
  reasons: z.array(z.string()),
  landmarks: maybe(z.looseObject({ left_eye_center: point, right_eye_center: point })),
});
const jsonPhoto = z.looseObject({
  photo: words, verdict,
  status: maybe(status), width: maybe(z.number().int().min(0)), height: maybe(z.number().int().min(0)),
  reasons: maybe(z.array(z.string())), error: maybe(words),
  scene: maybe(natural), scene_rank: maybe(natural), scene_reason: maybe(words),
  file_size: maybe(natural), file_modified: maybe(time),
  faces: maybe(z.array(jsonFace)),
});

function photosFromJson(values: unknown, path: string): ReportPhoto[] {
  const checked = z.array(jsonPhoto).safeParse(values);
  if (!checked.success) throw notReport(path, needed);
  return checked.data.map((photo) => ({
    photo: photo.photo, verdict: photo.verdict, reasons: photo.reasons ?? [],
    ...(photo.error === undefined ? {} : { error: photo.error }),
    ...(photo.status === undefined ? {} : { found: {
      status: photo.status, width: photo.width ?? 0, height: photo.height ?? 0, faces: (photo.faces ?? []).map(faceFromJson),
    } }),
    ...sceneOf(photo.scene, photo.scene_rank, photo.scene_reason),
    ...fileOf(photo.file_size, photo.file_modified),
  }));
}

function faceFromJson(face: z.infer<typeof jsonFace>): ReportFace {
  const { box: { x, y, width, height }, bystander, reasons, landmarks } = face;
  const eyes = landmarks === undefined ? [] : [landmarks.left_eye_center, landmarks.right_eye_center];
  return { box: { x, y, width, height }, bystander, reasons, eyes: eyes.map((eye) => ({ x: eye.x, y: eye.y })), cells: cellsOf(flat(face)) };
}

/** A face's keys as columns: what is known of its left eye is `left_eye_open` and so on. */
function flat(face: Row): Row {
  return Object.fromEntries(Object.entries(face).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.entries(value).map(([inner, each]): [string, unknown] => [`${key}_${inner}`, each])
      : [[key, value]]));
}

const stageColumns = faceStages.flatMap((stage) => Object.keys(stage.columns));

function cellsOf(row: Row): Record<string, string> {
  return Object.fromEntries(stageColumns.flatMap((name) => {
    const value = row[name];
    if (typeof value === 'number') return [[name, String(Math.round(value * 1000) / 1000)]];
    return typeof value === 'string' && value !== '' ? [[name, value]] : [];
  }));
}

function sceneOf(scene: number | undefined, rank: number | undefined, reason = ''): Pick<ReportPhoto, 'scene'> {
  if (scene === undefined) return {};
  return { scene: { scene, reason, ...(rank === undefined || rank === 0 ? {} : { rank }) } };
}

function fileOf(size: number | undefined, modified: number | undefined): Pick<ReportPhoto, 'file'> {
  return size === undefined || modified === undefined ? {} : { file: { size, modified } };
}

const withHeader = z.looseObject({ photos: z.array(z.unknown()) });

/** A report has a header before its photos, choices have none. */
function withoutHeader(value: unknown): unknown {
  return withHeader.safeParse(value).data?.photos ?? value;
}

function linesOf(text: string): unknown[] {
  return text.split('\n').flatMap((line, index): unknown[] => {
    if (line.trim() === '') return [];
    try {
      return [JSON.parse(line)];
    } catch {
      throw new LineError(`line ${String(index + 1)} cannot be read`);
    }
  });
}

/** Columns that are wanted of an Arrow report. */
const arrowColumns = [...Object.keys(rowSchema.shape), ...stageColumns];

function arrowRows(bytes: Buffer): Row[] {
  const table = readArrowTable(bytes);
  // A text takes four bytes of its offset at least, and each row has two; a number of rows may be written down without any.
  if (table.numRows > bytes.length / 8) throw new Error('it has more rows than it can hold');
  const columns = arrowColumns.flatMap((name) => {
    const vector = table.getChild(name);
    return vector === null ? [] : [{ name, vector }];
  });
  return Array.from({ length: table.numRows }, (_, index) =>
    Object.fromEntries(columns.map(({ name, vector }): [string, unknown] => [name, vector.get(index)])));
}
