/**
 * Puts what was learned into somebody's settings file.
 */
import { isUtf8 } from 'node:buffer';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { changeSettings, type SettingChange } from '../../config/change-file.js';
import { UsageError } from '../../core/usage-error.js';
import { lockPath, takeLock, type Lock } from '../../files/lock.js';
import { fileProblem } from '../../files/problem.js';
import { kindOf, NotRegularError } from '../../files/regular-file.js';
import { placeOf, writeWholeFile } from '../../files/whole-file.js';

/**
 * Changes settings in a file, or makes one that holds them. What else is in it stays.
 * @throws UsageError where it cannot be written, is no settings file, or is just being changed by another process
 */
export function writeSettings(path: string, changes: readonly SettingChange[]): void {
  let lock: Lock | undefined;
  try {
    // From the reading on: what another one writes in between would be lost.
    lock = takeLock(lockPath(placeOf(path)), `the settings ${path}`);
    writeWholeFile(path, changeSettings(textOf(path), changes, path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Cannot write the settings ${path}: ${fileProblem(error, 'write')}`);
  } finally {
    lock?.release();
  }
}

/** @throws where the text could not be written back as it is */
function textOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw new UsageError(`Cannot write the settings ${path}: it is a link to a file that is not there.`);
    return '# Learned by pipeline tune. Give this file with --config.\n';
  }
  if (!stats.isFile()) throw new NotRegularError(kindOf(stats));
  const bytes = readFileSync(path);
  if (!isUtf8(bytes)) throw new UsageError(`Cannot write the settings ${path}: it is not UTF-8, and would not stay what it is. Save it as UTF-8 first.`);
  return bytes.toString('utf8');
}
