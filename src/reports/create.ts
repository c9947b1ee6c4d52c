/**
 * Reports by the ending of their name.
 */
import { extname } from 'node:path';
import { UsageError } from '../config/load.js';
import { csvHeader, csvRows } from './csv.js';
import { createReportFile, type ReportFile } from './file.js';
import { jsonPhoto } from './json.js';
import type { PhotoResult } from '../pipeline/types.js';
import type { ReportWriter } from './types.js';

/**
 * Begins a report: `.csv`, `.json`, or `-` for CSV on standard output.
 * @throws UsageError where the ending is unknown or the place cannot be written to
 */
export async function createReport(path: string): Promise<ReportWriter> {
  if (path === '-') return standardOutput();
  const extension = extname(path).toLowerCase();
  if (extension === '.csv') return textReport(await createReportFile(path), csvHeader(), csvRows, '');
  if (extension === '.json') return jsonReport(await createReportFile(path));
  throw new UsageError(`A report's name ends in .csv or .json, or is - for standard output; ${path} does not.`);
}

async function textReport(
  file: ReportFile,
  header: string,
  format: (result: PhotoResult) => string,
  footer: string,
): Promise<ReportWriter> {
  await file.append(header);
  return {
    write: async (result) => { await file.append(format(result)); },
    finish: async () => {
      await file.append(footer);
      await file.commit();
    },
    abandon: async () => {
      await file.append(footer);
      await file.keepPartial();
    },
  };
}

async function jsonReport(file: ReportFile): Promise<ReportWriter> {
  let separator = '\n';
  return textReport(file, '[', (result) => {
    const text = separator + jsonPhoto(result);
    separator = ',\n';
    return text;
  }, '\n]\n');
}

function standardOutput(): ReportWriter {
  process.stdout.write(csvHeader());
  return {
    write: (result) => new Promise((resolve, reject) => {
      // Waits until the reader took it, so that a slow pipe does not pile rows up in memory.
      process.stdout.write(csvRows(result), (error) => { if (error) reject(error); else resolve(); });
    }),
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
  };
}
