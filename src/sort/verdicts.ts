/**
 * Reads from a report which photo goes where.
 */
import { parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../config/load.js';
import { plainText } from '../reports/csv.js';

/** The folders that photos are sorted into, the best first. */
export const verdictFolders = ['keep', 'review', 'reject'] as const;
export type VerdictFolder = (typeof verdictFolders)[number];

const rowSchema = z.looseObject({ photo: z.string().min(1), verdict: z.enum(verdictFolders) });

/**
 * Verdict by photo, from a CSV or JSON report of `pipeline run` or from choices saved from an HTML report.
 * @throws UsageError where the file is not such a report
 */
export async function readVerdicts(path: string): Promise<Map<string, VerdictFolder>> {
  const isCsv = extname(path).toLowerCase() !== '.json';
  let rows: unknown;
  try {
    const text = await readFile(path, 'utf8');
    rows = isCsv ? parse(text, { columns: true, bom: true, skip_empty_lines: true }) : JSON.parse(text);
  } catch (error) {
    throw new UsageError(`Cannot read the report ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const checked = z.array(rowSchema).safeParse(rows);
  if (!checked.success) {
    throw new UsageError(`${path} is not a report: every row needs a photo and a verdict (${verdictFolders.join(', ')}). ` +
      'Use the CSV or JSON that pipeline run wrote, or that was saved from its HTML report.');
  }
  return new Map(checked.data.map(({ photo, verdict }) => [isCsv ? plainText(photo) : photo, verdict]));
}
