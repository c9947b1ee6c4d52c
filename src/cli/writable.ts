/**
 * Whether a file can be written, asked before the work that it is to hold is begun.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { UsageError } from '../core/usage-error.js';
import { partialPath } from '../files/growing-file.js';
import { fileProblem } from '../files/problem.js';
import { checkWholeFile } from '../files/whole-file.js';
import { isDebugPicture } from '../image/debug-mark.js';
import { sniffFormat } from '../image/format.js';

/** @throws UsageError if the file cannot be written, or what is in its place may not be replaced */
export function checkWritable(path: string): void {
  checkNoPhoto(path);
  try {
    checkWholeFile(path);
  } catch (error) {
    throw new UsageError(`Cannot write ${path}: ${fileProblem(error, 'write')}`);
  }
}

/**
 * A photo is never replaced, whatever its name is, and whether it is named itself or through a link.
 * @throws UsageError where one is in a file's place; pictures that the tool has drawn are none
 */
export function checkNoPhoto(path: string): void {
  const beginning = beginningOf(path);
  if (sniffFormat(beginning).supported && !isDebugPicture(beginning)) {
    throw new UsageError(`Cannot write ${path}: there is a photo in its place. Name another file.`);
  }
}

/** The same for a report, and for the file that a run leaves of it that is stopped. @throws UsageError where a photo is in the place of either */
export function checkReport(path: string): void {
  for (const each of [path, partialPath(path)]) checkNoPhoto(each);
}

/** The first bytes of a file; none where it cannot be read. */
function beginningOf(path: string): Buffer {
  const bytes = Buffer.alloc(4096);
  try {
    // Windows does not know the flag.
    const file = openSync(path, constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK));
    try {
      return bytes.subarray(0, readSync(file, bytes));
    } finally {
      closeSync(file);
    }
  } catch {
    return bytes.subarray(0, 0);
  }
}
