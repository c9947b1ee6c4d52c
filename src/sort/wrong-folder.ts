/**
 * Why a folder has none of the photos that a report names, and which one may have been meant.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../files/error-code.js';
import { realDisk } from '../files/disk.js';

/**
 * What is wrong with a folder that has none of the photos, in words, with the folder that the report seems to belong to
 * where one is found nearby.
 * @param photos names in the report
 */
export async function wrongFolder(folder: string, report: string, photos: readonly string[]): Promise<string> {
  const [example = ''] = photos;
  const meant = await folderOf(photos, [...await around(folder), ...await around(dirname(resolve(report)))], resolve(folder));
  const advice = meant === undefined
    ? 'Name the folder that was judged.'
    : `The report seems to belong to ${meant}.`;
  return `${await folderProblem(folder)}The ${String(photos.length)} photo(s) of ${report}, such as ${example}, are not in the folder ${folder}. ${advice}`;
}

async function folderProblem(folder: string): Promise<string> {
  return readdir(folder).then(() => '', (error: unknown) => {
    const code = errorCode(error);
    if (code === 'ENOENT') return `There is no folder ${folder}. `;
    return code === 'ENOTDIR' ? `${folder} is not a folder. ` : `The folder ${folder} cannot be read. `;
  });
}

/** A folder, those in it, the one that it is in, and those beside it. */
async function around(folder: string): Promise<string[]> {
  const path = resolve(folder);
  const parent = dirname(path);
  return [parent, path, ...await foldersIn(path), ...await foldersIn(parent)];
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => join(folder, name)).sort();
}

/** The first folder that has the first photos; a report names more than one may want to look for. */
async function folderOf(photos: readonly string[], folders: readonly string[], wrong: string): Promise<string | undefined> {
  for (const folder of new Set(folders)) {
    if (folder === wrong) continue;
    const there = await Promise.all(photos.slice(0, 5).map((photo) => realDisk.look(join(folder, photo))));
    if (there.every((entry) => entry !== undefined)) return folder;
  }
  return undefined;
}

/** The folder nearby that has the photos of a report; undefined where none has. @param photos names in the report, each once */
export async function folderOfPhotos(report: string, photos: readonly string[]): Promise<string | undefined> {
  const beside = await around(dirname(resolve(report)));
  return photos.length === 0 ? undefined : folderOf(photos, [...beside, ...await around('.')], '');
}
