/**
 * Whether a disk has room for what a run writes, asked before hours of work and not after them.
 */
import { stat, statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError } from '../config/usage-error.js';
import { showsPictures } from './create.js';

/** Bytes a photo that a report of 2,000 group photos takes, rounded up. */
const bytesPerPhoto: Readonly<Record<string, number>> = { csv: 1500, json: 5000, html: 120_000 };
/** The same for the journal, without pictures and with those that an HTML report shows. */
const journalBytes = { plain: 5000, withPictures: 120_000 };
/** No disk gives a file less than a block. */
const sidecarBytes = 4096;

/** Something that is going to be written. */
export interface SpaceNeed {
  /** What a message calls it. */
  readonly name: string;
  /** The folder that it is written into; it need not be there yet. */
  readonly folder: string;
  readonly bytes: number;
}

/**
 * What a run over so many photos writes. The journal lies beside the first report.
 * @param sidecarFolder where sidecars are written, if they are
 */
export function runNeeds(reports: readonly string[], photos: number, sidecarFolder?: string): SpaceNeed[] {
  const journal = reports.some(showsPictures) ? journalBytes.withPictures : journalBytes.plain;
  const needs = reports.filter((report) => report !== '-').map((report, index): SpaceNeed => {
    const kind = showsPictures(report) ? 'html' : report.split('.').at(-1)?.toLowerCase() ?? '';
    return {
      name: `the report ${report}`,
      folder: dirname(resolve(report)),
      bytes: photos * ((bytesPerPhoto[kind] ?? 0) + (index === 0 ? journal : 0)),
    };
  });
  if (sidecarFolder === undefined) return needs;
  return [...needs, { name: `the sidecars in ${sidecarFolder}`, folder: sidecarFolder, bytes: photos * sidecarBytes }];
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
    const { bavail, bsize } = await statfs(folder);
    return { id: (await stat(folder)).dev, free: bavail * bsize };
  } catch {
    return dirname(folder) === folder ? undefined : diskOf(dirname(folder));
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
