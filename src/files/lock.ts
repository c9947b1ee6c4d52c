/**
 * Locks: files that say who is at work, so that two processes do not write the same thing. A lock of a process that has died
 * is taken over.
 */
import { createHash, randomUUID } from 'node:crypto';
import { linkSync, lstatSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../core/usage-error.js';
import { errorCode } from './error-code.js';

/** A lock that is held. */
export interface Lock {
  /** Gives it up; a second call does nothing. A lock that the disk does not let go of any more is taken over once this process has ended. */
  release(): void;
}

const ownerSchema = z.object({
  host: z.string(),
  process: z.number().int().min(1),
  /** Tells the process from a later one of the same number; empty where the system does not say. */
  started: z.string(),
  /** Of this holding of the lock, and no other. */
  id: z.string().regex(/^[0-9a-f-]{1,64}$/),
});
type Owner = z.infer<typeof ownerSchema>;

/** Where the lock of a file or folder lies: beside it, hidden. */
export function lockPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.lock`);
}

/**
 * Takes a lock, also one that a process of this machine has left when it died.
 * @param path of the lock file; its folder is there
 * @param what is locked, for the message: `the report out.csv`
 * @throws UsageError where another process holds it; else as writing a file does
 */
export function takeLock(path: string, what: string): Lock {
  const owner: Owner = { host: hostname(), process: process.pid, started: startOf(process.pid), id: randomUUID() };
  const own = `${path}.${machine}.${String(process.pid)}.${owner.id.slice(0, 8)}.new`;
  try {
    clearLeftOver(path);
    writeFileSync(own, JSON.stringify(owner), { flag: 'wx' });
    while (!tryTake(path, own)) clearStale(path, what);
  } finally {
    letGo(own);
  }
  return {
    release: () => {
      if (isHeldAs(path, owner.id)) letGo(path);
    },
  };
}

/** Whatever hinders this is what ended the work, too, and that is what a person has to hear of. */
function letGo(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // A disk that has become read-only, for one.
  }
}

/** A link appears with all its content, and only where there was nothing. */
function tryTake(path: string, own: string): boolean {
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    return tryWrite(path, own, error);
  }
}

/** Disks without links: the file is there before its content, which whoever reads it too early takes for a lock that is held. */
function tryWrite(path: string, own: string, linkError: unknown): boolean {
  if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(errorCode(linkError) ?? '')) throw linkError;
  try {
    writeFileSync(path, readFileSync(own), { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Removes a lock whose owner has died. Of several that see it at once only one may: the one who holds the lock of that very
 * holding. The others come too late and find another one, or none.
 */
function clearStale(path: string, what: string): void {
  const held = holder(path);
  if (held === undefined) return;
  if (held === 'unreadable' || held.host !== hostname() || (isRunning(held.process) && startOf(held.process) === held.started)) throw inUse(path, what, held);
  const right = takeLock(`${path}.${held.id}`, what);
  try {
    if (isHeldAs(path, held.id)) unlinkSync(path);
  } finally {
    right.release();
  }
}

/** Removes what processes have left that were killed while they took this lock. */
function clearLeftOver(path: string): void {
  const [folder, lock] = [dirname(path), basename(path)];
  for (const name of readdirSync(folder)) {
    const [, made, number] = name.startsWith(lock) ? beingTaken.exec(name.slice(lock.length)) ?? [] : [];
    if (made === machine && number !== undefined && !isRunning(Number(number))) rmSync(join(folder, name), { force: true });
  }
}

/** What follows the name of a lock in that of one that is being taken: where, and by which process. */
const beingTaken = /^\.([0-9a-f]{8})\.(\d+)\.[0-9a-f-]+\.new$/;

function isHeldAs(path: string, id: string): boolean {
  const held = holder(path);
  return held !== 'unreadable' && held?.id === id;
}

/** Who holds a lock; undefined where nobody does. */
function holder(path: string): Owner | 'unreadable' | undefined {
  try {
    if (!lstatSync(path).isFile()) return 'unreadable';
    const parsed = ownerSchema.safeParse(JSON.parse(readFileSync(path, 'utf8')));
    return parsed.success ? parsed.data : 'unreadable';
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? undefined : 'unreadable';
  }
}

/** This machine, in names of files that are only cleared away where they were made. */
export const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** Whether a process of this machine runs. */
export function isRunning(number: number): boolean {
  try {
    process.kill(number, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** When a process was started, in whatever the system counts; empty where it does not say. */
function startOf(number: number): string {
  try {
    const stat = readFileSync(`/proc/${String(number)}/stat`, 'latin1');
    // The name in brackets may hold anything; the start is the 22nd field, and the name is the second (proc(5)).
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${start}`;
  } catch {
    return '';
  }
}

function inUse(path: string, what: string, held: Owner | 'unreadable'): UsageError {
  const who = held === 'unreadable' ? 'somebody' : `process ${String(held.process)} on ${held.host}`;
  return new UsageError(`Another run is at work on ${what} (${who}). Wait for its end; if there is none any more, remove ${path}.`);
}
