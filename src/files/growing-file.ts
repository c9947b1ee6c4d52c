/**
 * Files that appear whole or not at all: written beside, flushed to the disk, then renamed into place.
 */
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { errorCode } from './error-code.js';
import { UsageError } from '../core/usage-error.js';
import { WriteError, writeProblem } from './write-problem.js';

/** A text file under construction. Where it cannot be written any further, its functions throw a WriteError. */
export interface ReportFile {
  append(text: string): Promise<void>;
  /** Puts the file in place of an earlier one of its name. */
  commit(): Promise<void>;
  /** Keeps what was written as `NAME.partial.EXT` and leaves an earlier file as it is. */
  keepPartial(): Promise<void>;
  discard(): Promise<void>;
}

/** Name under which a stopped run leaves what it has: `out.csv` becomes `out.partial.csv`. */
export function partialPath(path: string): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}.partial${extension}`;
}

/**
 * Begins a file beside its final place.
 * @param head its first text
 * @throws UsageError before any work where the folder is missing, cannot be written to, or the disk is full
 */
export async function createReportFile(path: string, head: string): Promise<ReportFile> {
  const target = resolve(path);
  const beside = `${target}.${process.pid}.part`;
  const file = await begin(target, beside, head).catch((error: unknown) => {
    throw new UsageError(`Cannot write the report ${path}: ${writeProblem(error)}`);
  });
  const writing = (work: () => Promise<void>): Promise<void> => work().catch((error: unknown) => {
    throw new WriteError(`Cannot write the report ${path}: ${writeProblem(error)}`);
  });
  const close = async (): Promise<void> => {
    await file.sync();
    await file.close();
  };
  return {
    append: (text) => writing(() => file.appendFile(text)),
    commit: () => writing(async () => {
      await close();
      await rename(beside, target);
      await syncFolder(dirname(target));
    }),
    keepPartial: () => writing(async () => {
      await close();
      await rename(beside, partialPath(target));
    }),
    discard: async () => {
      await file.close();
      await rm(beside, { force: true });
    },
  };
}

async function begin(target: string, beside: string, head: string): Promise<FileHandle> {
  await removeLeftOver(target);
  const file = await open(beside, 'wx');
  try {
    await file.appendFile(head);
    return file;
  } catch (error) {
    await file.close();
    await rm(beside, { force: true });
    throw error;
  }
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
    return errorCode(error) === 'EPERM';
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
