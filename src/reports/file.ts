/**
 * Files that appear whole or not at all: written beside, flushed to the disk, then renamed into place.
 */
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { UsageError } from '../config/load.js';

/** A text file under construction. */
export interface ReportFile {
  append(text: string): Promise<void>;
  /** Puts the file in place of an earlier one of its name. */
  commit(): Promise<void>;
  /** Keeps what was written as `NAME.partial.EXT` and leaves an earlier file as it is. @returns that name */
  keepPartial(): Promise<string>;
  discard(): Promise<void>;
}

/** Name under which a stopped run leaves what it has: `out.csv` becomes `out.partial.csv`. */
export function partialPath(path: string): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}.partial${extension}`;
}

/**
 * Begins a file beside its final place.
 * @throws UsageError before any work where the folder is missing or cannot be written to
 */
export async function createReportFile(path: string): Promise<ReportFile> {
  const target = resolve(path);
  const beside = `${target}.${process.pid}.part`;
  let file: FileHandle;
  try {
    await removeLeftOver(target);
    file = await open(beside, 'wx');
  } catch (error) {
    throw new UsageError(`Cannot write the report ${path}: ${describe(error)}`);
  }
  const close = async (): Promise<void> => {
    await file.sync();
    await file.close();
  };
  return {
    append: async (text) => { await file.appendFile(text); },
    commit: async () => {
      await close();
      await rename(beside, target);
      await syncFolder(dirname(target));
    },
    keepPartial: async () => {
      await close();
      await rename(beside, partialPath(target));
      return partialPath(path);
    },
    discard: async () => {
      await file.close();
      await rm(beside, { force: true });
    },
  };
}

/** Removes what runs that were killed have left beside `target`; those of running processes stay. */
async function removeLeftOver(target: string): Promise<void> {
  const names = await readdir(dirname(target));
  for (const name of names) {
    if (!name.startsWith(`${basename(target)}.`)) continue;
    const [, pid] = /^\.(\d+)\.part$/.exec(name.slice(basename(target).length)) ?? [];
    if (pid !== undefined && !isRunning(Number(pid))) await rm(join(dirname(target), name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return pid !== process.pid;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Makes a rename durable. Some systems cannot open folders; there the rename is as durable as they make it. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    await handle.sync();
    await handle.close();
  } catch {
    return;
  }
}

function describe(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT') return 'its folder does not exist. Make the folder first.';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'the folder cannot be written to.';
  if (code === 'ENOSPC') return 'the disk is full.';
  if (code === 'ENOTDIR') return 'what should be its folder is a file.';
  return error instanceof Error ? error.message : String(error);
}
