/**
 * The folder that all machines see: names from elsewhere lead to what lies in it, and to nothing else.
 */
import { stat } from 'node:fs/promises';
import { isAbsolute, join, relative, sep, win32 } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { realPath, systemPath } from '../files/file-name.js';
import { fileProblem } from '../files/problem.js';
import type { HandedPhoto } from './batch.js';

/**
 * The folder without links.
 * @throws UsageError where there is no such folder
 */
export async function openRoot(folder: string): Promise<string> {
  try {
    const real = await realPath(folder);
    if ((await stat(systemPath(real))).isDirectory()) return real;
  } catch (error) {
    throw new UsageError(`The folder ${folder} (--root) cannot be used: ${fileProblem(error, 'read')}`);
  }
  throw new UsageError(`${folder} (--root) is no folder.`);
}

/**
 * A file's place below the root, as other machines are told it.
 * @throws UsageError where it lies elsewhere
 */
export function pathBelow(root: string, path: string): string {
  const below = relative(root, path).split(sep).join('/');
  if (isBelow(below)) return below;
  throw new UsageError(`${path} does not lie in ${root}. Name with --root the folder that holds all photos and that every worker sees.`);
}

/** What a name below the root leads to. */
export type Place =
  | { readonly path: string }
  /** Nothing: why, as an error row says it. */
  | { readonly refused: string };

/** @param root as `openRoot` gives it */
export async function placeBelow(root: string, below: string): Promise<Place> {
  if (!isBelow(below)) return { refused: 'Its name leads out of the folder that workers may read (--root).' };
  const path = join(root, ...below.split('/'));
  // One that is not there is opened all the same: what is wrong is said there.
  const real = await realPath(path).catch(() => path);
  return isBelow(relative(root, real).split(sep).join('/')) ? { path: real }
    : { refused: 'It is a link that leads out of the folder that workers may read (--root).' };
}

/** Whether a photo that was seen elsewhere is there, as large as it was then; of a tar, whether it is long enough to hold it. */
export async function isSeenBelow(root: string, { path, size, part }: HandedPhoto): Promise<boolean> {
  const place = await placeBelow(root, path);
  if ('refused' in place) return false;
  const stats = await stat(systemPath(place.path)).catch(() => undefined);
  return part === undefined ? stats?.size === size : stats !== undefined && stats.size >= part.offset + part.length;
}

/** Whether a path is relative and stays below where it starts, by its text alone, on any system. */
function isBelow(path: string): boolean {
  return path !== '' && !path.includes('\0') && !isAbsolute(path) && !win32.isAbsolute(path)
    && !path.split(sep === '\\' ? /[/\\]/ : '/').some((part) => part === '..' || part === '.' || part === '')
    && !(sep === '\\' && /^[a-z]:/i.test(path));
}
