/**
 * Lists of files to work on, as `find`, `git ls-files` and data sets give them.
 */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { UsageError } from '../core/usage-error.js';
import { nameFromBytes } from '../files/file-name.js';
import { fileProblem } from '../files/problem.js';

/**
 * Reads a list: a name a line, or names with NUL between them where there is one. Relative names start at the current folder.
 * @param file `-` for standard input
 * @throws UsageError where it cannot be read or names nothing
 */
export async function readFileList(file: string): Promise<string[]> {
  const bytes = file === '-' ? await buffer(process.stdin) : await readFile(file).catch((error: unknown) => {
    throw new UsageError(`Cannot read the list of files ${file}: ${fileProblem(error, 'read')}`);
  });
  // Names are bytes: those that are not UTF-8 lead to their files, too.
  const text = bytes.toString('latin1');
  const names = text.split(text.includes('\0') ? '\0' : /\r?\n/).filter((name) => name !== '').map((name) => nameFromBytes(Buffer.from(name, 'latin1')));
  if (names.length === 0) throw new UsageError(`The list of files ${file === '-' ? 'on standard input' : file} names nothing.`);
  return names;
}
