/**
 * Folders for what is written, made where there are none.
 *
 * A folder at a time: below /proc, Node 20's recursive `mkdir` never comes back, and elsewhere its error does not say which
 * folder is at fault.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileProblem } from './problem.js';
import { UsageError } from '../core/usage-error.js';

/**
 * Makes a folder and those above it. One that is there already is left as it is.
 * @param option that named the folder, as in `--debug-crops`, for the message
 * @throws UsageError if it cannot be made
 */
export function makeFolder(folder: string, option: string): void {
  const missing: string[] = [];
  let path = resolve(folder);
  for (; !existsSync(path) && dirname(path) !== path; path = dirname(path)) missing.unshift(path);
  if (!isFolder(path)) throw new UsageError(`Cannot make the folder ${folder} (${option}): ${path} is not a folder. Name another one.`);
  for (const each of missing) {
    try {
      mkdirSync(each);
    } catch (error) {
      // Another process may have made it meanwhile.
      if (!isFolder(each)) throw new UsageError(`Cannot make the folder ${folder} (${option}): ${whyNot(error, each)}`);
    }
  }
}

/**
 * Makes a folder that must not be there yet, in one that is.
 * @param option that named the folder above it, for the message
 * @throws UsageError if it cannot be made
 */
export function makeNewFolder(folder: string, option: string): void {
  try {
    mkdirSync(folder);
  } catch (error) {
    throw new UsageError(`Cannot make the folder ${folder} (${option}): ${whyNot(error, resolve(folder))}`);
  }
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

/** Which of the folders could not be made, and why: the second half of a sentence. */
function whyNot(error: unknown, folder: string): string {
  return `${folder}: ${fileProblem(error, 'make')}`;
}
