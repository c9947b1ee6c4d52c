/**
 * How much room a run's reports and sidecars take on a disk.
 */
import { dirname, resolve } from 'node:path';
import type { SpaceNeed } from '../files/space.js';
import { showsPictures } from './create.js';

/** Bytes a photo that a report of 2,000 group photos takes, rounded up. */
const bytesPerPhoto: Readonly<Record<string, number>> = { csv: 2000, json: 8000, jsonl: 8000, arrow: 3000, feather: 3000, html: 120_000 };
/** The same for the journal, without pictures and with those that an HTML report shows. */
const journalBytes = { plain: 12_000, withPictures: 127_000 };
/** No disk gives a file less than a block. */
const sidecarBytes = 4096;

/** How many photos each kind of file is going to have. */
export interface RunSizes {
  /** Of the reports, which are written from the beginning however often a run is gone on with. */
  readonly photos: number;
  /** Of the journal that are not in it yet, and of the copy of it that is kept. */
  readonly journaled: number;
  /** Sidecars that are not there yet, and where; undefined where none are written. */
  readonly sidecars: { readonly folder: string; readonly count: number } | undefined;
}

/**
 * What a run writes. The journal lies beside the first report.
 */
export function runNeeds(reports: readonly string[], { photos, journaled, sidecars }: RunSizes): SpaceNeed[] {
  const journal = reports.some(showsPictures) ? journalBytes.withPictures : journalBytes.plain;
  const needs = reports.filter((report) => report !== '-').map((report, index): SpaceNeed => {
    const kind = showsPictures(report) ? 'html' : report.split('.').at(-1)?.toLowerCase() ?? '';
    return {
      name: `the report ${report}`,
      folder: dirname(resolve(report)),
      bytes: photos * (bytesPerPhoto[kind] ?? 0) + (index === 0 ? journaled * journal : 0),
    };
  });
  if (sidecars === undefined) return needs;
  return [...needs, { name: `the sidecars in ${sidecars.folder}`, folder: sidecars.folder, bytes: sidecars.count * sidecarBytes }];
}
