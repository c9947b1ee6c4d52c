/**
 * Whether a disk has room for a report, asked before hours of work and not after them.
 */
import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../config/load.js';

/** Bytes a photo that a report of 2,000 group photos takes, rounded up; the journal takes as much again. */
const bytesPerPhoto: Readonly<Record<string, number>> = { csv: 1500, json: 5000, html: 120_000 };

/**
 * Compares the free space beside each report with what the report is going to need.
 * @throws UsageError where a report would not fit
 */
export async function checkSpace(reports: readonly string[], photos: number): Promise<void> {
  for (const report of reports) {
    const kind = report.split('.').at(-1)?.toLowerCase() ?? '';
    const needed = 2 * photos * (bytesPerPhoto[kind] ?? 0);
    const free = await freeBytes(dirname(resolve(report)));
    if (free !== undefined && free < needed) {
      throw new UsageError(`The disk is too full for the report ${report}: ${megabytes(free)} MB are free, ` +
        `${photos} photos may need ${megabytes(needed)} MB.`);
    }
  }
}

/** Undefined where the system does not tell, or the folder does not exist: opening the report says so. */
async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
