/**
 * Everything but the photos that results depend on, as one short text.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageFolder } from '../files/package.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import { modelPath } from '../pipeline/model-path.js';

/**
 * Fingerprint of a run: two runs with the same one give the same result for the same photo.
 * @param folder the folder that photos are named by
 */
export async function runFingerprint(settings: PhotoSettings, folder: string): Promise<string> {
  const { image, detect, eyes, classify, blur, verdict, runtime } = settings.config;
  const parts = [
    await contentOf(join(packageFolder, 'package.json')),
    await contentOf(modelPath(classify.model)),
    JSON.stringify({
      image, detect, eyes, classify, blur, verdict, runtime, folder, previews: settings.previews === true,
    }),
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(createHash('sha256').update(part).digest());
  return hash.digest('hex');
}

/** A file that is missing is reported where it is needed; here it only counts as another one. */
async function contentOf(path: string): Promise<Uint8Array> {
  return readFile(path).catch(() => new Uint8Array());
}
