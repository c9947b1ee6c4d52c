/**
 * Files that appear whole or not at all, and stay what they were: the only way in which a file is written that may be there
 * already.
 *
 * Written beside its place under a hidden name of our own, flushed, renamed, and the folder flushed. What is replaced keeps its
 * mode and, where the system allows it, its owner; a link stays a link, and what it leads to is replaced.
 */
import { createHash } from 'node:crypto';
import {
  closeSync, fchmodSync, fchownSync, fstatSync, fsyncSync, lstatSync, openSync, readdirSync, readlinkSync, realpathSync, renameSync, rmSync,
  writeSync, type Stats,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { errorCode } from './error-code.js';
import { isRunning, machine } from './lock.js';
import { kindOf, NotRegularError, type OpenOptions } from './regular-file.js';

/** A file is there and may not be replaced; the message is the second half of a sentence, with its full stop and what to do. */
export class WriteProtectedError extends Error {
  override readonly name = 'WriteProtectedError';
}

/** A file under construction. What fails throws as the disk does; `discard` is to be called then. */
export class WholeFile {
  private file: number | undefined;
  private isFlushed = false;

  private constructor(private readonly target: string, private readonly beside: string, file: number) {
    this.file = file;
  }

  /**
   * Begins a file beside its place.
   * @param refuseLinks rather than replace what a link leads to
   * @throws NotRegularError where something else than a file is in its place, WriteProtectedError where nobody may write to the
   *   file that is; else as the disk does
   */
  static begin(path: string, { refuseLinks = false }: OpenOptions = {}): WholeFile {
    const { target, stats } = replaceable(refuseLinks ? resolve(path) : placeOf(path));
    clearLeftOver(dirname(target));
    const beside = nextName(target);
    const whole = new WholeFile(target, beside, openSync(beside, 'wx'));
    try {
      if (stats !== undefined) whole.keep(stats);
      return whole;
    } catch (error) {
      whole.discard();
      throw error;
    }
  }

  append(content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    this.isFlushed = false;
    // A disk that is almost full takes a part of what it is given, and says so by the number only.
    for (let at = 0; at < bytes.length;) at += writeSync(this.open(), bytes, at);
  }

  /** How the file looks so far, and will when it is in its place: bytes, and milliseconds since 1970. */
  looks(): { readonly size: number; readonly modified: number } {
    const { size, mtimeMs } = fstatSync(this.open());
    return { size, modified: mtimeMs };
  }

  /** Has the disk hold the content, which may take long: to be called before a last look at what is to be replaced. */
  flush(): void {
    if (this.isFlushed) return;
    fsyncSync(this.open());
    this.isFlushed = true;
  }

  /** Puts the file in its place. */
  commit(): void {
    this.moveTo(this.target);
  }

  /** Puts the file in another place of the same folder. */
  keepAs(name: string): void {
    this.moveTo(join(dirname(this.target), name));
  }

  /** Leaves nothing behind. Does nothing once the file is in place. */
  discard(): void {
    if (this.file === undefined) return;
    closeSync(this.file);
    this.file = undefined;
    rmSync(this.beside, { force: true });
  }

  private moveTo(path: string): void {
    const file = this.open();
    this.flush();
    renameSync(this.beside, path);
    this.file = undefined;
    closeSync(file);
    flushFolder(dirname(path));
  }

  private open(): number {
    if (this.file === undefined) throw new Error(`${this.target} is complete already.`);
    return this.file;
  }

  private keep({ mode, uid, gid }: Stats): void {
    try {
      fchownSync(this.open(), uid, gid);
    } catch (error) {
      // Only root gives files away.
      if (!['EPERM', 'EINVAL', 'ENOSYS', 'ENOTSUP'].includes(errorCode(error) ?? '')) throw error;
    }
    fchmodSync(this.open(), mode & 0o7777);
  }
}

/** Writes a file whole or not at all. @throws as `WholeFile.begin`, or as the disk does; what was there is there still then */
export function writeWholeFile(path: string, content: string | Uint8Array): void {
  const file = WholeFile.begin(path);
  try {
    file.append(content);
    file.commit();
  } catch (error) {
    file.discard();
    throw error;
  }
}

/** Whether a file can be written, asked before the work that it is to hold. @throws as `WholeFile.begin` would */
export function checkWholeFile(path: string): void {
  WholeFile.begin(path).discard();
}

/** The file that `path` would replace: a link is followed. */
export function placeOf(path: string): string {
  return followed(resolve(path));
}

/** The file that will be written, and what is there: no link is followed any more. */
function replaceable(target: string): { readonly target: string; readonly stats: Stats | undefined } {
  const stats = lstatSync(target, { throwIfNoEntry: false });
  if (stats === undefined) return { target, stats };
  if (!stats.isFile()) throw new NotRegularError(`${kindOf(stats)} Name a file.`);
  if ((stats.mode & 0o222) === 0) {
    throw new WriteProtectedError('it is write-protected. Take the protection off if it may be replaced, or name another file.');
  }
  return { target, stats };
}

/** Where a path leads to, also where nothing is there yet. */
function followed(path: string, links = 40): string {
  const entry = lstatSync(path, { throwIfNoEntry: false });
  if (entry?.isSymbolicLink() !== true) return path;
  if (links === 0) throw Object.assign(new Error(`${path} leads in a circle`), { code: 'ELOOP' });
  return followed(resolve(realpathSync(dirname(path)), readlinkSync(path)), links - 1);
}

const ours = /^\.[0-9a-f]{16}\.([0-9a-f]{8})\.(\d+)\.\d+\.pipeline-part$/;
let count = 0;

/** A name that no other file has; short, however long that of the file is. */
function nextName(target: string): string {
  count += 1;
  const file = createHash('sha256').update(basename(target)).digest('hex').slice(0, 16);
  return join(dirname(target), `.${file}.${machine}.${String(process.pid)}.${String(count)}.pipeline-part`);
}

const cleared = new Set<string>();

/** Removes what processes of this machine have left when they were killed; once a folder. Nothing of anybody else's. */
function clearLeftOver(folder: string): void {
  if (cleared.has(folder)) return;
  cleared.add(folder);
  for (const name of readdirSync(folder)) {
    const [, made, number] = ours.exec(name) ?? [];
    if (made === machine && number !== undefined && !isRunning(Number(number))) rmSync(join(folder, name), { force: true });
  }
}

/** Whether a system failed to open or flush a folder since it cannot do that with any. */
export function cannotBeFlushed(error: unknown): boolean {
  return ['EISDIR', 'EACCES', 'EPERM', 'EINVAL', 'EBADF', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(errorCode(error) ?? '');
}

/** Makes a rename durable. Some systems cannot open or flush folders; there it is as durable as they make it. */
function flushFolder(path: string): void {
  let folder: number | undefined;
  try {
    folder = openSync(path, 'r');
    fsyncSync(folder);
  } catch (error) {
    if (!cannotBeFlushed(error)) throw error;
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}
