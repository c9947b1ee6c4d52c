/**
 * Modules of the user's own.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { UsageError } from '../core/usage-error.js';

/**
 * What a JavaScript file exports.
 * @param path looked for in the working directory
 * @param setting that names it, for messages
 * @throws UsageError if there is none, or it fails while it is loaded
 */
export async function importModule(path: string, setting: string): Promise<unknown> {
  if (!existsSync(path)) throw new UsageError(`There is no ${path} (${setting}).`);
  try {
    const module: unknown = await import(pathToFileURL(resolve(path)).href);
    return module;
  } catch (error) {
    throw new UsageError(`${path} (${setting}) cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}
