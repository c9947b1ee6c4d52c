/**
 * The only way to open what may not be a file: a pipe or a device under a photo's name would keep its reader waiting for ever.
 */
import { constants, type Stats } from 'node:fs';
import { lstat, open, stat, type FileHandle } from 'node:fs/promises';
import { systemPath } from './file-name.js';

/** What lies under a name is no regular file; the message is the second half of a sentence, with its full stop. */
export class NotRegularError extends Error {
  override readonly name = 'NotRegularError';
}

export interface OpenOptions {
  /** Refuse a link instead of opening what it leads to. */
  readonly refuseLinks?: boolean;
}

export interface ReadOptions extends OpenOptions {
  /** A longer file is refused before any of it is read. Default 64 MB: what is read whole is small, photos apart. */
  readonly maxBytes?: number;
}

/**
 * Opens a regular file for reading, and nothing else. Nobody waits: not even for the writer of a pipe.
 * @throws NotRegularError for a folder, pipe, socket or device, and for a link where links are refused; else as the system does
 */
export async function openRegularFile(path: string, { refuseLinks = false }: OpenOptions = {}): Promise<FileHandle> {
  // Looked at before, since some devices do something when they are opened; and after, since it may be another thing by then.
  const before = await (refuseLinks ? lstat(systemPath(path)) : stat(systemPath(path)));
  if (!before.isFile()) throw new NotRegularError(kindOf(before));
  // Windows knows neither flag.
  const waitFree = process.platform === 'win32' ? 0 : constants.O_NONBLOCK | (refuseLinks ? constants.O_NOFOLLOW : 0);
  const file = await open(systemPath(path), constants.O_RDONLY | waitFree);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new NotRegularError(kindOf(stats));
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * The content of a regular file, as long as it was when it was opened: one that keeps growing is not followed.
 * @throws NotRegularError as `openRegularFile` does, and for a file that is too long; else as the system does
 */
export async function readRegularFile(path: string, { maxBytes = 64e6, ...options }: ReadOptions = {}): Promise<Buffer> {
  const file = await openRegularFile(path, options);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new NotRegularError(`it has ${String(Math.round(size / 1e6))} MB; more than ${String(Math.round(maxBytes / 1e6))} are not read.`);
    return await readBytes(file, size);
  } finally {
    await file.close();
  }
}

/** `length` bytes of an open file from byte `from` on, or those that there are where it has fewer. */
export async function readBytes(file: FileHandle, length: number, from = 0): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(bytes, read, length - read, from + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}

/** What something that is no regular file is: the second half of a sentence, with its full stop. */
export function kindOf(entry: Stats): string {
  if (entry.isDirectory()) return 'it is a folder.';
  if (entry.isSymbolicLink()) return 'it is a link.';
  if (entry.isFIFO()) return 'it is a pipe, not a file.';
  return entry.isSocket() ? 'it is a socket, not a file.' : 'it is a device, not a file.';
}
