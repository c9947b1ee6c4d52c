/**
 * Puts what was learned into somebody's settings file.
 */
import { existsSync, readFileSync } from 'node:fs';
import { changeSettings, type SettingChange } from '../../config/change-file.js';
import { UsageError } from '../../core/usage-error.js';
import { fileProblem } from '../../files/problem.js';
import { writeWholeFile } from '../../files/whole-file.js';

/**
 * Changes settings in a file, or makes one that holds them. What else is in it stays.
 * @throws UsageError where it cannot be written, or is no settings file
 */
export function writeSettings(path: string, changes: readonly SettingChange[]): void {
  try {
    const before = existsSync(path) ? readFileSync(path, 'utf8') : '# Learned by pipeline tune. Give this file with --config.\n';
    writeWholeFile(path, changeSettings(before, changes, path));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Cannot write the settings ${path}: ${fileProblem(error, 'write')}`);
  }
}
