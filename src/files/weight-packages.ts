/**
 * Files inside the npm packages of the foreign nets: their weights, licences and demo photos. A user need not have them.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

/** The npm packages that carry weights. */
export type WeightPackage = '@vladmandic/human' | '@vladmandic/face-api';

/**
 * Where a file of an installed package is; it need not exist.
 * @throws if the package is not installed
 */
export function packageFilePath(name: WeightPackage, path: string): string {
  return join(packageFolder(name), path);
}

/**
 * Reads a file of an installed package.
 * @param path relative to the package's folder
 * @throws if the package is not installed or has no such file; the message says what to do
 */
export async function readPackageFile(name: WeightPackage, path: string): Promise<Uint8Array> {
  try {
    return await readFile(packageFilePath(name, path));
  } catch (error) {
    throw unreadable(name, path, error);
  }
}

function unreadable(name: WeightPackage, path: string, cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new Error(`Cannot read ${path} of the npm package ${name}: ${reason}. Run "npm install --save-dev ${name}".`, { cause });
}

/** Looked for as Node.js looks for packages, but without their `exports`, which hide data files. */
function packageFolder(name: WeightPackage): string {
  const folders = (require.resolve.paths(name) ?? []).map((folder) => join(folder, name));
  const found = folders.find((folder) => existsSync(folder));
  if (found === undefined) throw new Error(`${name} is not installed`);
  return found;
}
