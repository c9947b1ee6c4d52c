/**
 * Whether a disk has room for what a run writes, asked before hours of work and not after them.
 */
import { stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { systemPath } from './file-name.js';

/** Something that is going to be written. */
export interface SpaceNeed {
  /** What a message calls it. */
  readonly name: string;
  /** The folder that it is written into; it need not be there yet. */
  readonly folder: string;
  readonly bytes: number;
}

/**
 * Compares the free space of each disk with all that is going to be written there.
 * @throws UsageError where something would not fit
 */
export async function checkSpace(needs: readonly SpaceNeed[]): Promise<void> {
  const sums = new Map<number, number>();
  for (const { name, folder, bytes } of needs) {
    const disk = await diskOf(folder);
    if (disk === undefined) continue;
    const needed = (sums.get(disk.id) ?? 0) + bytes;
    sums.set(disk.id, needed);
    if (disk.free < needed) {
      throw new UsageError(`The disk is too full for ${name}: ${megabytes(disk.free)} MB are free, ${megabytes(needed)} MB may be needed.`);
    }
  }
}

/** The disk of a folder or of what it will be made in. Undefined where the system does not tell. */
async function diskOf(folder: string): Promise<{ readonly id: number; readonly free: number } | undefined> {
  try {
    const { bavail, bsize } = await statfs(systemPath(folder));
    return { id: (await stat(systemPath(folder))).dev, free: bavail * bsize };
  } catch {
    return dirname(folder) === folder ? undefined : diskOf(dirname(folder));
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
