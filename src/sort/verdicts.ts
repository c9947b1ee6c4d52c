/**
 * Reads from a report which photo goes where.
 */
import { createHash } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { extname } from 'node:path';
import { z } from 'zod';
import type { FileLooks } from '../core/result.js';
import { readRegularFile } from '../files/regular-file.js';
import { pathFromReport } from '../files/file-name.js';
import { fileProblem } from '../files/problem.js';
import { UsageError } from '../core/usage-error.js';
import { plainText } from '../reports/csv.js';

/** The folders that photos are sorted into, the best first. */
export const verdictFolders = ['keep', 'review', 'reject'] as const;
export type VerdictFolder = (typeof verdictFolders)[number];

/** What a report says of a photo, as far as sorting wants to know. */
export interface JudgedPhoto {
  readonly verdict: VerdictFolder;
  /** How its file looked when it was judged; undefined where the report does not say. */
  readonly file?: FileLooks;
  /** Its place among the frames of its moment, 1 is the best; undefined where it is alone, or every frame is needed. */
  readonly sceneRank?: number;
}

export interface JudgedPhotos {
  /** By name. */
  readonly photos: ReadonlyMap<string, JudgedPhoto>;
  /** SHA-256 of the report, hexadecimal. */
  readonly hash: string;
}

/** Bytes; a JSON report of 100,000 group photos is shorter. */
const longestReport = 512e6;

const time = z.iso.datetime().transform((text) => Date.parse(text));
const rowSchema = z.looseObject({
  photo: z.string().min(1),
  verdict: z.enum(verdictFolders),
  // A CSV has texts, and empty ones where a file could not be looked at; older reports have neither, and a spreadsheet may
  // have put a time in words of its own.
  file_size: z.union([z.string().regex(/^\d+$/).transform(Number), z.number().int().min(0)]).optional().catch(undefined),
  file_modified: time.optional().catch(undefined),
  scene_rank: z.union([z.number(), z.string().regex(/^\d*$/).transform(Number)]).optional().catch(undefined),
});

/** A report has a header before its photos, choices have none. */
const withHeader = z.looseObject({ photos: z.array(z.unknown()) });

/**
 * Verdict by photo, from a CSV or JSON report of `pipeline run` or from choices saved from an HTML report.
 * @throws UsageError where the file is not such a report
 */
export async function readVerdicts(path: string): Promise<JudgedPhotos> {
  const isCsv = extname(path).toLowerCase() !== '.json';
  const bytes = await readRegularFile(path, { maxBytes: longestReport }).catch((error: unknown) => {
    throw new UsageError(`Cannot read the report ${path}: ${fileProblem(error, 'read')}`);
  });
  const checked = z.array(rowSchema).min(1).safeParse(parseRows(bytes.toString('utf8'), isCsv, path));
  if (!checked.success) throw notReport(path, `every row needs a photo and a verdict (${verdictFolders.join(', ')})`);
  return {
    photos: new Map(checked.data.map((row) => [pathFromReport(isCsv ? plainText(row.photo) : row.photo), judged(row)])),
    hash: createHash('sha256').update(bytes).digest('hex'),
  };
}

function judged({ verdict, file_size: size, file_modified: modified, scene_rank: rank = 0 }: z.infer<typeof rowSchema>): JudgedPhoto {
  return {
    verdict,
    ...(size === undefined || modified === undefined ? {} : { file: { size, modified } }),
    ...(rank > 0 ? { sceneRank: rank } : {}),
  };
}

function parseRows(text: string, isCsv: boolean, path: string): unknown {
  try {
    if (isCsv) return parse(text, { columns: true, bom: true, skip_empty_lines: true });
    const value: unknown = JSON.parse(text);
    return withHeader.safeParse(value).data?.photos ?? value;
  } catch (error) {
    // The parsers' own messages quote the file.
    const line = error instanceof Error && 'lines' in error && typeof error.lines === 'number' ? error.lines : undefined;
    throw notReport(path, line === undefined ? 'its text is not complete, or of another kind' : `line ${String(line)} cannot be read`);
  }
}

function notReport(path: string, why: string): UsageError {
  return new UsageError(`${path} is not a report in CSV or JSON: ${why}. `
    + 'Use the CSV or JSON that pipeline run wrote. Choices made in an HTML report are saved from its page, as CSV or JSON.');
}
