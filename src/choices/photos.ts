/**
 * From choices, which know photos by their content, to the photos of a folder.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { contentHash } from '../files/content-hash.js';
import { isInside, systemPath } from '../files/file-name.js';
import type { Choice } from './choice.js';
import type { ChoiceHistory } from './history.js';

/**
 * What is chosen for photos of a folder, by name; those that nothing is chosen for are left out. Only files of a size that
 * choices know are read.
 */
export async function choicesOfPhotos(
  history: ChoiceHistory, folder: string, photos: Iterable<string>,
): Promise<Map<string, Choice>> {
  const found = new Map<string, Choice>();
  for (const photo of photos) {
    const path = join(folder, photo);
    // Whoever wrote the report may have named any file.
    if (!isInside(path, join(folder))) continue;
    const size = await stat(systemPath(path)).then((stats) => stats.size, () => undefined);
    if (size === undefined || !history.knowsSize(size)) continue;
    const choice = history.of(await contentHash(path).catch(() => ''));
    if (Object.keys(choice).length > 0) found.set(photo, choice);
  }
  return found;
}
