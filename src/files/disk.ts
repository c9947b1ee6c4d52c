/**
 * The steps that moving somebody's files is made of, one system call each, so that a test can put another disk in their place
 * and stop after any of them. What a path leads to is only followed where that is said.
 */
import { cannotBeFlushed } from './whole-file.js';
import { constants, existsSync, type BigIntStats } from 'node:fs';
import { copyFile, link, lstat, mkdir, open, readdir, rename, rmdir, stat, truncate, unlink, utimes } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { contentHash } from './content-hash.js';
import { errorCode } from './error-code.js';
import { nameFromBytes, realPath, systemPath } from './file-name.js';
import { openRegularFile, readBytes, readRegularFile } from './regular-file.js';

/** What lies under a name. */
export interface DiskEntry {
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** The same for two names of one file, and only for them. */
  readonly identity: string;
  /** Names that the file has. */
  readonly names: number;
  /** The user that it belongs to; -1 where the system has no such numbers. */
  readonly owner: number;
}

/** A disk, as far as sorting needs one. All paths are absolute. What fails throws as the file system does. */
export interface Disk {
  /** What is under a name, a link itself; undefined where nothing is. */
  look(path: string): Promise<DiskEntry | undefined>;
  /** What a path leads to; undefined where it leads to nothing. */
  follow(path: string): Promise<DiskEntry | undefined>;
  /** The path without any link in it. */
  realPath(path: string): Promise<string>;
  /** Names in a folder. */
  list(folder: string): Promise<string[]>;
  /** Hash of a regular file's content. */
  hash(path: string): Promise<string>;
  /**
   * Whether a regular file may be an unfinished copy of another: it is no longer, and each 4 KB of it are those of the other, or zeros,
   * as a power cut leaves them.
   */
  mayBeCopyOf(path: string, whole: string): Promise<boolean>;
  /** Text of a regular file that is not reached through a link, with whom it belongs to, and how many of its bytes are whole lines. */
  read(path: string): Promise<{ readonly text: string; readonly owner: number; readonly whole: number }>;
  /** Adds text at the end of a file, made where it is missing, and flushes it. */
  append(path: string, text: string): Promise<void>;
  /** Cuts a file to so many bytes, and flushes it. */
  truncate(path: string, size: number): Promise<void>;
  /** Gives a file one more name; a name that is taken is an error. */
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Copies content, mode and times into a new file, and flushes it; a name that is taken is an error. */
  copy(from: string, to: string): Promise<void>;
  /** Makes the content of a regular file outlast a power cut, whoever wrote it. */
  flushFile(path: string): Promise<void>;
  /** Removes one name of a file. */
  remove(path: string): Promise<void>;
  makeFolder(path: string): Promise<void>;
  /** Removes a folder that is empty. */
  removeFolder(path: string): Promise<void>;
  /** Makes what was done to the names in a folder outlast a power cut. */
  flushFolder(path: string): Promise<void>;
}

/** Number of the user who runs this; -1 where the system has no such numbers. */
export const currentUser = userInfo().uid;

/** The machine's own disks. */
export const realDisk: Disk = {
  look: (path) => lstat(systemPath(path), { bigint: true }).then(entryOf, nothingThere),
  follow: (path) => stat(systemPath(path), { bigint: true }).then(entryOf, nothingThere),
  realPath,
  list: async (folder) => (await readdir(systemPath(folder), { encoding: 'buffer' })).map(nameFromBytes),
  hash: contentHash,
  mayBeCopyOf,
  read: async (path) => {
    // Asked of the name: whoever can put another file there meanwhile can write this one, too.
    const owner = (await lstat(systemPath(path))).uid;
    const bytes = await readRegularFile(path, { refuseLinks: true, maxBytes: longestText });
    return { text: bytes.toString('utf8'), owner: process.platform === 'win32' ? -1 : owner, whole: bytes.lastIndexOf(10) + 1 };
  },
  append: async (path, text) => {
    const file = await open(systemPath(path), constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | noLinks);
    try {
      await file.appendFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  },
  truncate: async (path, size) => {
    await truncate(systemPath(path), size);
    await flush(path);
  },
  link: (from, to) => link(systemPath(from), systemPath(to)),
  rename: (from, to) => rename(systemPath(from), systemPath(to)),
  copy: async (from, to) => {
    const source = await openRegularFile(from);
    try {
      await copyFile(pathOfOpen(source.fd) ?? systemPath(from), systemPath(to), constants.COPYFILE_EXCL);
      const { atimeMs, mtimeMs } = await source.stat();
      // A time that the system takes no file to have is left out.
      await utimes(systemPath(to), atimeMs / 1000, mtimeMs / 1000).catch(unlessImpossible);
    } finally {
      await source.close();
    }
    await flush(to);
  },
  flushFile: flush,
  remove: (path) => unlink(systemPath(path)),
  makeFolder: (path) => mkdir(systemPath(path)),
  removeFolder: (path) => rmdir(systemPath(path)),
  flushFolder: async (path) => {
    const folder = await open(systemPath(path), 'r').catch(unlessImpossible);
    try {
      await folder?.sync().catch(unlessImpossible);
    } finally {
      await folder?.close();
    }
  },
};

/** Some systems cannot open or flush folders; there a name is as durable as they make it. */
function unlessImpossible(error: unknown): undefined {
  if (!cannotBeFlushed(error)) throw error;
}

/** Bytes of a file that is read as text; a plan of a million files is shorter. */
export const longestText = 512e6;
const noLinks = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;

function entryOf(stats: BigIntStats): DiskEntry {
  return {
    kind: stats.isFile() ? 'file' : stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'other',
    size: Number(stats.size),
    modified: Number(stats.mtimeNs) / 1e6,
    identity: `${String(stats.dev)}:${String(stats.ino)}`,
    names: Number(stats.nlink),
    owner: process.platform === 'win32' ? -1 : Number(stats.uid),
  };
}

function nothingThere(error: unknown): undefined {
  // Nothing can have a name that is too long.
  if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(errorCode(error) ?? '')) return undefined;
  throw error;
}

/** Another name of a file that is open: by its own there may be a pipe by now, at which a copy would wait for ever. */
function pathOfOpen(file: number): string | undefined {
  const path = `/proc/self/fd/${String(file)}`;
  return process.platform === 'linux' && existsSync(path) ? path : undefined;
}

async function mayBeCopyOf(path: string, whole: string): Promise<boolean> {
  const [copy, original] = [await openRegularFile(path, { refuseLinks: true }), await openRegularFile(whole)];
  try {
    for (let at = 0; ; at += 1 << 20) {
      const [bytes, others] = [await readBytes(copy, 1 << 20, at), await readBytes(original, 1 << 20, at)];
      if (bytes.length === 0) return true;
      if (bytes.length > others.length) return false;
      for (let from = 0; from < bytes.length; from += block.length) {
        const part = bytes.subarray(from, from + block.length);
        if (!part.equals(others.subarray(from, from + part.length)) && !part.equals(block.subarray(0, part.length))) return false;
      }
    }
  } finally {
    await copy.close();
    await original.close();
  }
}

/** What nothing was written to. */
const block = Buffer.alloc(4096);

async function flush(path: string): Promise<void> {
  const file = await openRegularFile(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
