/**
 * What the HTML page saves as CSV or JSON: read for importing, written for exporting, in the same form.
 */
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { verdicts, type Verdict } from '../core/verdict.js';
import { UsageError } from '../core/usage-error.js';
import { escaped, readCsvRows } from '../reports/csv.js';
import { verdictOf, type Change, type Choice } from './choice.js';

const savedRow = z.looseObject({
  photo: z.string().min(1),
  verdict: z.enum(verdicts),
  stars: z.coerce.number().int().min(0).max(5).default(0),
  chosen_by: z.enum(['me', 'tool']).default('me'),
});

/** A photo as it is saved. */
export interface SavedPhoto {
  readonly photo: string;
  readonly choice: Choice;
  readonly toolVerdict: Verdict;
  readonly reasons: readonly string[];
}

/**
 * The choices in a saved file, by name of the photo. What the tool judged is left out.
 * @throws UsageError where the text is no such file
 */
export function readSaved(text: string): Map<string, Change> {
  const rows = z.array(savedRow).min(1).safeParse(rowsOf(text));
  if (!rows.success) {
    throw new UsageError('This is not a file of choices as the HTML report saves them: it needs the columns photo, verdict, stars and chosen_by.');
  }
  return new Map(rows.data.filter(({ chosen_by: by }) => by === 'me').map((row) => [
    row.photo, { verdict: row.verdict, stars: row.stars === 0 ? null : row.stars },
  ]));
}

function rowsOf(text: string): unknown {
  try {
    return /^\s*\[/.test(text) ? JSON.parse(text) : readCsvRows(text);
  } catch {
    return undefined;
  }
}

/** Photos with the verdict that counts, as CSV: RFC 4180, with the columns that the HTML page saves. */
export function savedCsv(photos: readonly SavedPhoto[]): string {
  return stringify(photos.map((photo) => ({ ...rowOf(photo), photo: escaped(photo.photo), reasons: escaped(photo.reasons.join('; ')) })), {
    header: true, columns: ['photo', 'verdict', 'stars', 'chosen_by', 'tool_verdict', 'reasons'], record_delimiter: '\r\n',
  });
}

/** The same as JSON. */
export function savedJson(photos: readonly SavedPhoto[]): string {
  return `${JSON.stringify(photos.map(rowOf), undefined, 1)}\n`;
}

function rowOf({ photo, choice, toolVerdict, reasons }: SavedPhoto): Readonly<Record<string, string | number>> {
  return {
    photo, verdict: verdictOf(choice, toolVerdict), stars: choice.stars ?? 0,
    chosen_by: choice.verdict === undefined && choice.stars === undefined ? 'tool' : 'me',
    tool_verdict: toolVerdict, reasons: reasons.join('; '),
  };
}
