/**
 * Puts one file somewhere else without ever writing over another.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, rename, rm, stat, unlink, utimes } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { contentHash } from '../files/content-hash.js';
import { errorCode } from '../files/error-code.js';

export type Action = 'copy' | 'link' | 'move';

/** The name is taken by a file that is not the same. */
export class TakenError extends Error {
  override readonly name = 'TakenError';
}

/**
 * Copies, links or moves a file. Called again after an interruption, it does what is missing.
 * @throws TakenError where `to` is another file; else as the file system does
 */
export async function placeFile(from: string, to: string, action: Action): Promise<void> {
  if (await exists(to)) {
    if (!(await exists(from)) && action === 'move') return;
    if ((await isLink(from)) !== (await isLink(to)) || !(await isSameContent(from, to))) {
      throw new TakenError(`${to} exists and is another file.`);
    }
    // An earlier call was interrupted: what it left half-way is cleared away.
    await rm(unfinishedName(to), { force: true });
    if (action === 'move') await flush(to).then(() => unlink(from));
    return;
  }
  await mkdir(dirname(to), { recursive: true });
  if (action === 'copy') return copyVerified(from, to);
  try {
    await link(from, to);
  } catch (error) {
    if (action === 'link') throw linkError(error, to);
    return moveWithoutLink(from, to, error);
  }
  if (action === 'move') await unlink(from);
}

/** Name of a copy that is not complete yet, beside `to`; short, however long that name is, and the same at each call. */
export function unfinishedName(to: string): string {
  const hash = createHash('sha256').update(basename(to)).digest('hex').slice(0, 16);
  return join(dirname(to), `${hash}.pipeline-part`);
}

/** Whether two files hold the same bytes. */
export async function isSameContent(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([stat(a), stat(b)]);
  if (first.ino === second.ino && first.dev === second.dev) return true;
  if (first.size !== second.size) return false;
  return (await contentHash(a)) === (await contentHash(b));
}

/** Whether there is anything under that name, a broken link included. */
export async function exists(path: string): Promise<boolean> {
  return lstat(path).then(() => true, () => false);
}

/** Disks without hard links (exFAT, FAT) rename; another disk gets a copy that is verified before the original goes. */
async function moveWithoutLink(from: string, to: string, error: unknown): Promise<void> {
  const code = errorCode(error);
  if (code === 'EXDEV') {
    await copyVerified(from, to);
    await unlink(from);
    return;
  }
  if (code === undefined || !['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw error;
  await rename(from, to);
}

/** What is wrong with a file that cannot be found, or undefined where it is there: the second half of a sentence. */
export async function missingSource(path: string): Promise<string | undefined> {
  if (await stat(path).then(() => true, (error: unknown) => !isNotFound(error))) return undefined;
  return await exists(path) ? 'it is a link that leads to nothing.' : 'it is not there any more.';
}

/** A link that leads to the original is no second copy of it. */
async function isLink(path: string): Promise<boolean> {
  return (await lstat(path)).isSymbolicLink();
}

async function copyVerified(from: string, to: string): Promise<void> {
  const beside = unfinishedName(to);
  await rm(beside, { force: true });
  await copyFile(from, beside, constants.COPYFILE_EXCL);
  const { atime, mtime } = await stat(from);
  await utimes(beside, atime, mtime);
  await flush(beside);
  if (!(await isSameContent(from, beside))) {
    await rm(beside, { force: true });
    throw new Error(`The copy of ${from} differs from the original. Is the disk failing?`);
  }
  // A link, unlike a rename, fails where the name was taken meanwhile.
  try {
    await link(beside, to);
    await unlink(beside);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') throw new TakenError(`${to} exists and is another file.`);
    await rename(beside, to);
  }
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function linkError(error: unknown, to: string): unknown {
  if (errorCode(error) !== 'EXDEV') return error;
  return new Error(`${to} is on another disk, where a link cannot lead. Use --copy.`);
}

function isNotFound(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error) ?? '');
}
