/**
 * The only way to open what may not be a file: a pipe or a device under a photo's name would keep its reader waiting for ever.
 */
import { constants, type Stats } from 'node:fs';
import { lstat, open, type FileHandle } from 'node:fs/promises';

/** What lies under a name is no regular file; the message is the second half of a sentence, with its full stop. */
export class NotRegularError extends Error {
  override readonly name = 'NotRegularError';
}

export interface OpenOptions {
  /** Refuse a link instead of opening what it leads to. */
  readonly refuseLinks?: boolean;
}

/**
 * Opens a regular file for reading, and nothing else. Nobody waits: not even for the writer of a pipe.
 * @throws NotRegularError for a folder, pipe, socket or device, and for a link where links are refused; else as the system does
 */
export async function openRegularFile(path: string, { refuseLinks = false }: OpenOptions = {}): Promise<FileHandle> {
  // Windows knows neither flag.
  const waitFree = process.platform === 'win32' ? 0 : constants.O_NONBLOCK | (refuseLinks ? constants.O_NOFOLLOW : 0);
  const file = await open(path, constants.O_RDONLY | waitFree).catch(async (error: unknown) => {
    // A socket cannot be opened at all, and a link that is refused is reported as one in a circle.
    const entry = await lstat(path).catch(() => undefined);
    if (entry?.isSocket() === true || (refuseLinks && entry?.isSymbolicLink() === true)) throw new NotRegularError(kindOf(entry));
    throw error;
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new NotRegularError(kindOf(stats));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The whole content of a regular file. @throws as `openRegularFile` does */
export async function readRegularFile(path: string, options: OpenOptions = {}): Promise<Buffer> {
  const file = await openRegularFile(path, options);
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** What something that is no regular file is: the second half of a sentence, with its full stop. */
export function kindOf(entry: Stats): string {
  if (entry.isDirectory()) return 'it is a folder.';
  if (entry.isSymbolicLink()) return 'it is a link.';
  if (entry.isFIFO()) return 'it is a pipe, not a file.';
  return entry.isSocket() ? 'it is a socket, not a file.' : 'it is a device, not a file.';
}
