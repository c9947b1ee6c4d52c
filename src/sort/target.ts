/**
 * The folder that is sorted into belongs to one sort at a time.
 */
import { join } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { realDisk } from '../files/disk.js';
import { takeLock, type Lock } from '../files/lock.js';
import { fileProblem } from '../files/problem.js';
import { lastSession } from './journal.js';
import { makeTarget } from './session.js';

/**
 * Takes the lock of a target.
 * @param to the target as it was given, for the message
 * @returns undefined where there is no such folder yet
 * @throws UsageError where another sort is at work there
 */
export async function lockTarget(target: string, to: string): Promise<Lock | undefined> {
  const entry = await realDisk.look(target);
  if (entry === undefined) return undefined;
  if (entry.kind !== 'folder') throw new UsageError(`Cannot sort into ${to}: it is not a folder. Name another one.`);
  return lock(target, to);
}

/**
 * Makes a target that was not there yet and takes its lock.
 * @returns how many folders were made, it and those above it
 * @throws UsageError where it cannot be made, or another sort is at work there since
 */
export async function makeLockedTarget(target: string, to: string): Promise<{ readonly above: number; readonly lock: Lock }> {
  const above = await makeTarget(realDisk, target).catch((error: unknown) => {
    throw new UsageError(`Cannot sort into ${to}: ${fileProblem(error, 'write')}`);
  });
  const taken = lock(target, to);
  if (await lastSession(realDisk, target) === undefined) return { above, lock: taken };
  taken.release();
  throw new UsageError(`Another sort into ${to} was begun meanwhile. Give the command again to see what it is.`);
}

function lock(target: string, to: string): Lock {
  try {
    return takeLock(join(target, '.sort.lock'), `the folder ${to}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Cannot sort into ${to}: ${fileProblem(error, 'write')}`);
  }
}
