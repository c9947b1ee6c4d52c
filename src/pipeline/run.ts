/**
 * A run over many photos: from the list of files to finished reports.
 */
import { createReport } from '../reports/create.js';
import type { ReportWriter } from '../reports/types.js';
import { createPool, type PhotoSettings } from './pool.js';
import { RunSummary } from './summary.js';
import type { PhotoResult } from './types.js';
import type { PhotoFile } from './walk.js';

export interface RunOptions {
  readonly settings: PhotoSettings;
  /** Report files; `-` is CSV on standard output. */
  readonly reports: readonly string[];
  /** Called with every result, in report order. */
  readonly onResult?: (result: PhotoResult) => void;
  /** Called whenever a photo is done, in any order. */
  readonly onProgress?: () => void;
  /** Ends the run early: what is in work is finished, the reports keep what is done. */
  readonly signal: AbortSignal;
}

/**
 * Judges photos and writes the reports.
 * @returns the counts, which also tell whether the run was stopped
 * @throws UsageError before any work where a report cannot be written
 */
export async function runPhotos(photos: readonly PhotoFile[], options: RunOptions): Promise<RunSummary> {
  const reports = await openReports(options.reports);
  const summary = new RunSummary(photos.length);
  const pool = createPool(options.settings);
  // Reports are written one result after the other, in the order of `photos`, while later photos are still in work.
  let writing = Promise.resolve();
  const inOrder = new InOrder((result: PhotoResult) => {
    summary.add(result);
    options.onResult?.(result);
    writing = writing.then(async () => { for (const report of reports) await report.write(result); });
    // A failure surfaces where `writing` is awaited; without this it would count as unhandled until then.
    writing.catch(() => undefined);
  });
  try {
    await pool.run(photos, (index, result) => {
      options.onProgress?.();
      inOrder.take(index, result);
    }, options.signal);
    await writing;
    const complete = summary.photos === photos.length;
    for (const report of reports) await (complete ? report.finish() : report.abandon());
  } catch (error) {
    for (const report of reports) await report.abandon().catch(() => undefined);
    throw error;
  } finally {
    await pool.close();
  }
  return summary;
}

async function openReports(paths: readonly string[]): Promise<ReportWriter[]> {
  const reports: ReportWriter[] = [];
  for (const path of paths) reports.push(await createReport(path));
  return reports;
}

/** Passes values on in the order of their index, however they arrive. */
class InOrder<T> {
  private readonly waiting = new Map<number, T>();
  private next = 0;

  constructor(private readonly emit: (value: T) => void) {}

  take(index: number, value: T): void {
    this.waiting.set(index, value);
    for (let ready = this.waiting.get(this.next); ready !== undefined; ready = this.waiting.get(this.next)) {
      this.waiting.delete(this.next);
      this.next += 1;
      this.emit(ready);
    }
  }
}
