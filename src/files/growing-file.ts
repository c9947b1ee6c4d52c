/**
 * Reports on their way: whole files that grow row by row, with what to say where they cannot.
 */
import { basename, extname } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { fileProblem, WriteError } from './problem.js';
import { WholeFile } from './whole-file.js';

/** A file under construction. Where it cannot be written any further, its functions throw a WriteError. */
export interface ReportFile {
  append(data: string | Uint8Array): Promise<void>;
  /** Puts the file in place of an earlier one of its name. */
  commit(): Promise<void>;
  /** Keeps what was written as `NAME.partial.EXT` and leaves an earlier file as it is. */
  keepPartial(): Promise<void>;
  discard(): Promise<void>;
}

/** Name under which a stopped run leaves what it has: `out.csv` becomes `out.partial.csv`. */
export function partialPath(path: string): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}.partial${extension}`;
}

/**
 * Begins a file beside its final place.
 * @param head its first text
 * @throws UsageError before any work where the folder is missing, cannot be written to, or the disk is full
 */
export function createReportFile(path: string, head: string): Promise<ReportFile> {
  const failed = (error: unknown): string => `Cannot write the report ${path}: ${fileProblem(error, 'write')}`;
  const writing = (work: () => void): Promise<void> => new Promise((resolve, reject) => {
    try {
      work();
      resolve();
    } catch (error) {
      reject(new WriteError(failed(error)));
    }
  });
  return new Promise((resolve, reject) => {
    try {
      const file = begin(path, head);
      resolve({
        append: (data) => writing(() => { file.append(data); }),
        commit: () => writing(() => { file.commit(); }),
        keepPartial: () => writing(() => { file.keepAs(basename(partialPath(path))); }),
        discard: () => writing(() => { file.discard(); }),
      });
    } catch (error) {
      reject(new UsageError(failed(error)));
    }
  });
}

function begin(path: string, head: string): WholeFile {
  const file = WholeFile.begin(path);
  try {
    file.append(head);
    return file;
  } catch (error) {
    file.discard();
    throw error;
  }
}
