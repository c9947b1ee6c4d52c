/**
 * What verbs that go on with a report begin with: where its photos lie, and what a person has chosen about them.
 */
import { existsSync } from 'node:fs';
import { choicesPath, readChoices, type ChoicesRead } from '../choices/file.js';
import { UsageError } from '../core/usage-error.js';
import { folderOfPhotos } from '../sort/wrong-folder.js';

/**
 * The folder that was judged.
 * @param names of the report's photos
 * @param given with --photos
 * @throws UsageError where none is given, and none nearby has the photos
 */
export async function photosFolder(report: string, names: Iterable<string>, given: string | undefined): Promise<string> {
  const folder = given ?? await folderOfPhotos(report, [...names]);
  if (folder === undefined) throw new UsageError(`The photos of ${report} are not found nearby. Name their folder with --photos.`);
  return folder;
}

/** Choices, and the file that they are in. */
export interface OwnChoices extends ChoicesRead {
  readonly path: string;
}

/**
 * The choices that are kept beside a report, which may be none, or those of a file that was named.
 * @param given with --choices
 * @throws UsageError where the file that was named is not there, or cannot be read
 */
export async function readOwnChoices(report: string, given: string | undefined): Promise<OwnChoices> {
  if (given !== undefined && !existsSync(given)) throw new UsageError(`There are no choices ${given}.`);
  const path = given ?? choicesPath(report);
  return { path, ...await readChoices(path) };
}
