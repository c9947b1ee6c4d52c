/**
 * Reads from a report which photo goes where.
 */
import { parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { z } from 'zod';
import { errorCode } from '../files/error-code.js';
import { UsageError } from '../core/usage-error.js';
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
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UsageError(`Cannot read the report ${path}: ${readProblem(error)}`);
  });
  const checked = z.array(rowSchema).min(1).safeParse(parseRows(text, isCsv, path));
  if (!checked.success) throw notReport(path, `every row needs a photo and a verdict (${verdictFolders.join(', ')})`);
  return new Map(checked.data.map(({ photo, verdict }) => [isCsv ? plainText(photo) : photo, verdict]));
}

function parseRows(text: string, isCsv: boolean, path: string): unknown {
  try {
    return isCsv ? parse(text, { columns: true, bom: true, skip_empty_lines: true }) : JSON.parse(text);
  } catch (error) {
    // The parsers' own messages quote the file.
    const line = error instanceof Error && 'lines' in error && typeof error.lines === 'number' ? error.lines : undefined;
    throw notReport(path, line === undefined ? 'its text is not complete, or of another kind' : `line ${line} cannot be read`);
  }
}

function notReport(path: string, why: string): UsageError {
  return new UsageError(`${path} is not a report in CSV or JSON: ${why}. `
    + 'Use the CSV or JSON that pipeline run wrote. Choices made in an HTML report are saved from its page, as CSV or JSON.');
}

function readProblem(error: unknown): string {
  return {
    ENOENT: 'there is no such file.', ENOTDIR: 'there is no such file.', EISDIR: 'it is a folder.', EACCES: 'you may not read it.',
  }[errorCode(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
}
