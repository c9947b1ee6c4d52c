/**
 * Whether a file can be written, asked before the work that it is to hold is begun.
 */
import { UsageError } from '../core/usage-error.js';
import { fileProblem } from '../files/problem.js';
import { checkWholeFile } from '../files/whole-file.js';

/** @throws UsageError if the file cannot be written, or what is in its place may not be replaced */
export function checkWritable(path: string): void {
  try {
    checkWholeFile(path);
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${fileProblem(error, 'write')}`);
  }
}
