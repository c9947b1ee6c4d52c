/**
 * Reads from a report which photo goes where.
 */
import type { FileLooks } from '../core/result.js';
import { pathFromReport } from '../files/file-name.js';
import { readReport, type ReportPhoto } from '../reports/read.js';

/** The folders that photos are sorted into, the best first. */
export const verdictFolders = ['keep', 'review', 'reject'] as const;
export type VerdictFolder = (typeof verdictFolders)[number];

/** What a report says of a photo, as far as sorting wants to know. */
export interface JudgedPhoto {
  readonly verdict: VerdictFolder;
  /** How its file looked when it was judged; undefined where the report does not say. */
  readonly file?: FileLooks;
  /** Its place among the frames of its moment, 1 is the best; undefined where it is alone, or every frame is needed. */
  readonly sceneRank?: number;
}

export interface JudgedPhotos {
  /** By name. */
  readonly photos: ReadonlyMap<string, JudgedPhoto>;
  /** SHA-256 of the report, hexadecimal. */
  readonly hash: string;
}

/**
 * Verdict by photo, from a report of `pipeline run` or from choices saved from an HTML report.
 * @throws UsageError where the file is no such report
 */
export async function readVerdicts(path: string): Promise<JudgedPhotos> {
  const { photos, hash } = await readReport(path);
  return { photos: new Map(photos.map((photo) => [pathFromReport(photo.photo), judged(photo)])), hash };
}

function judged({ verdict, file, scene }: ReportPhoto): JudgedPhoto {
  return { verdict, ...(file === undefined ? {} : { file }), ...(scene?.rank === undefined ? {} : { sceneRank: scene.rank }) };
}
