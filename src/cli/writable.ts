/**
 * Whether a file can be written, asked before the work that it is to hold is begun.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { writeProblem } from '../files/write-problem.js';

/** @throws UsageError if there is no folder for the file, it may not be written to, or a folder has the file's name */
export function checkWritable(path: string): void {
  if (existsSync(path) && statSync(path).isDirectory()) throw new UsageError(`Cannot write ${path}: it is a folder. Name a file.`);
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${writeProblem(error)}`);
  }
}
