/**
 * Reports by the ending of their name.
 */
import { extname } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { createArrowReport } from './arrow.js';
import { csvHeader, csvRows } from './csv.js';
import { createReportFile, type ReportFile } from '../files/growing-file.js';
import { createHtmlReport, type HtmlReportContext } from './html/report.js';
import type { ReportHeader } from './header.js';
import { jsonFoot, jsonHead, jsonPhoto } from './json.js';
import { visible } from '../core/visible.js';
import { WriteError, fileProblem } from '../files/problem.js';
import type { PhotoResult } from '../core/result.js';
import type { ResultSink } from '../run/sink.js';

/** What reports have to know besides the results. */
export interface ReportContext extends HtmlReportContext {
  /** Say in a JSON report how long each stage took. */
  readonly times: boolean;
  /** Asked for by the formats that have one: it takes reading all models. */
  readonly header: () => Promise<ReportHeader>;
}

/** Whether a report shows pictures, which are then to be made with every result. */
export function showsPictures(path: string): boolean {
  return ['.html', '.htm'].includes(extname(path).toLowerCase());
}

/**
 * Begins a report: `.csv`, `.json`, `.jsonl`, `.arrow` (or `.feather`), `.html`, or `-` for CSV on standard output.
 * @throws UsageError where the ending is unknown or the place cannot be written to
 */
export async function createReport(path: string, context: ReportContext): Promise<ResultSink> {
  if (path === '-') return standardOutput();
  const extension = extname(path).toLowerCase();
  if (extension === '.csv') return textReport(await createReportFile(path, csvHeader()), csvRows, '');
  if (extension === '.jsonl') return textReport(await createReportFile(path, ''), (result) => `${jsonPhoto(result, context.times)}\n`, '');
  if (extension === '.arrow' || extension === '.feather') return createArrowReport(path, await context.header());
  if (extension === '.json') return jsonReport(await createReportFile(path, jsonHead(await context.header())), context.times);
  if (showsPictures(path)) return createHtmlReport(path, context);
  throw new UsageError(`A report's name ends in .csv, .json, .jsonl, .arrow, .feather or .html, or is - for standard output; ${path} does not.`);
}

function textReport(file: ReportFile, format: (result: PhotoResult) => string, footer: string): ResultSink {
  return {
    write: (result) => file.append(format(result)),
    finish: async () => {
      await file.append(footer);
      await file.commit();
    },
    abandon: async () => {
      await file.append(footer);
      await file.keepPartial();
    },
    discard: () => file.discard(),
  };
}

function jsonReport(file: ReportFile, withTimes: boolean): ResultSink {
  let separator = '\n';
  return textReport(file, (result) => {
    const text = separator + jsonPhoto(result, withTimes);
    separator = ',\n';
    return text;
  }, jsonFoot);
}

async function standardOutput(): Promise<ResultSink> {
  // On a terminal, a name could move the cursor; what reads a pipe or file gets names as they are.
  const shown = (text: string): string => (process.stdout.isTTY ? text.split('\r\n').map(visible).join('\r\n') : text);
  // Waits until the reader took it, so that a slow pipe does not pile rows up in memory.
  const put = (text: string): Promise<void> => new Promise((resolve, reject) => {
    process.stdout.write(shown(text), (error) => {
      if (error) reject(new WriteError(`Cannot write the report to standard output: ${fileProblem(error, 'write')}`));
      else resolve();
    });
  });
  await put(csvHeader());
  return {
    write: (result) => put(csvRows(result)),
    finish: () => Promise.resolve(),
    abandon: () => Promise.resolve(),
    discard: () => Promise.resolve(),
  };
}
