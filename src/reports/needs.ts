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
