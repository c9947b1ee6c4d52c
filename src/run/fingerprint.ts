/**
 * Everything but the photos that results depend on, as one short text.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../files/package.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import { stageFiles } from '../pipeline/stages.js';

/** Sections of the configuration that change no result of a photo. All others do, or may. */
const cannotMatter: ReadonlySet<string> = new Set(['data', 'train', 'xmp', 'run']);

/**
 * Fingerprint of a run: two runs with the same one give the same result for the same photo.
 * @param folder the folder that photos are named by
 */
export async function runFingerprint(settings: PhotoSettings, folder: string): Promise<string> {
  const judging = Object.entries(settings.config).filter(([section]) => !cannotMatter.has(section));
  const parts = [
    await contentOf(join(packageFolder, 'package.json')),
    ...await Promise.all(stageFiles(settings.config).map(contentOf)),
    JSON.stringify({ judging, folder, previews: settings.previews === true }),
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(createHash('sha256').update(part).digest());
  return hash.digest('hex');
}

/** A file that is missing is reported where it is needed; here it only counts as another one. */
async function contentOf(path: string): Promise<Uint8Array> {
  return readFile(path).catch(() => new Uint8Array());
}
