/**
 * Which version of a package is installed beside this one, without loading it.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';

const packageFile = z.object({ version: z.string() });
const require = createRequire(import.meta.url);

/** The version, or undefined where the package is not installed. Looked for as Node.js looks for packages. */
export async function installedVersion(name: string): Promise<string | undefined> {
  for (const folder of require.resolve.paths(name) ?? []) {
    const text = await readFile(join(folder, name, 'package.json'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    return packageFile.parse(JSON.parse(text)).version;
  }
  return undefined;
}
