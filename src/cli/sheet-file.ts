/**
 * Where a contact sheet goes.
 */
import { UsageError } from '../core/usage-error.js';
import { checkWritable } from './writable.js';

/**
 * @param option that names the file
 * @throws UsageError if it is no .png, which a sheet is, or cannot be written
 */
export function checkSheetFile(path: string, option: string): void {
  if (!/\.png$/i.test(path)) throw new UsageError(`${option} ${path}: a sheet is written as PNG; end the name in .png.`);
  checkWritable(path);
}
