/**
 * What people say of eyes, in folders' names and in tables, and what training makes of it.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parse } from 'csv-parse/sync';
import { distance } from 'fastest-levenshtein';
import type { Box } from '../../core/raster.js';
import type { Side } from '../../core/face.js';
import { UsageError } from '../../core/usage-error.js';

/** The classes of eyes by number: 0 lids down, 1 open, 2 no eye to be seen. */
export const CLASSES = ['closed', 'open', 'hidden'] as const;

/** Number of a class. */
export type Label = 0 | 1 | 2;

/** The numbers by name. */
export const CLOSED = 0;
export const OPEN = 1;
export const HIDDEN = 2;

/** What is known of one eye. */
export interface EyeLabel {
  readonly label: Label;
  /** The word that was said, where it says more than the class: `narrow`, `lowered`, `sunglasses`; else the class. */
  readonly kind: string;
}

/** What is known of a face's eyes; one that nothing is known of is left out. */
export interface FaceLabels {
  /** The face, px of the upright full-size photo; without it the photo's largest face is meant. */
  readonly box?: Box;
  /** The person's own left and right eye. */
  readonly left?: EyeLabel;
  readonly right?: EyeLabel;
}

/**
 * What is known of several eyes as a whole: closed where the lids of any are down, else open where any is; else that they are hidden.
 * Undefined where nothing is known.
 */
export function labelTogether(eyes: readonly (EyeLabel | undefined)[]): EyeLabel | undefined {
  const known = eyes.filter((eye) => eye !== undefined);
  return [CLOSED, OPEN, HIDDEN].map((label) => known.find((eye) => eye.label === label)).find((eye) => eye !== undefined);
}

/**
 * Words and their classes. Lids lowered over the iris are closed for a photographer; narrow eyes are open. Where a person who
 * looked could not tell (`unclear`: dark, blurred, too few pixels), the net is not to tell either. `none` leaves an eye out.
 */
const words: Readonly<Record<string, Label>> = {
  closed: 0, lowered: 0, open: 1, narrow: 1, hidden: 2, sunglasses: 2, unclear: 2, '0': 0, '1': 1, '2': 2,
};
const leftOut = ['none', ''];

/** The innermost folder whose name begins with a word decides: `closed`, `open_narrow`, `sunglasses`. */
export function labelsFromFolder(path: string): readonly FaceLabels[] {
  const folders = path.split('/').slice(0, -1).map((folder) => folder.toLowerCase());
  const eye = folders.map(eyeFromFolder).findLast((found) => found !== undefined);
  return eye === undefined ? [] : [{ left: eye, right: eye }];
}

function eyeFromFolder(folder: string): EyeLabel | undefined {
  const [word = '', ...more] = folder.split('_');
  if (!/^[a-z]+$/.test(word)) return undefined;
  const label = words[word];
  return label === undefined ? undefined : { label, kind: more.length > 0 ? more.join('_') : word };
}

/** A table of labels. */
export interface LabelTable {
  readonly file: string;
  /** The faces of an image that the table speaks of, without those that nobody could tell anything of; undefined where it does not know the image. */
  readonly of: (source: string, path: string) => readonly FaceLabels[] | undefined;
}

/**
 * Reads a table of labels: columns `path` and `label`, or `path`, `left` and `right` (the person's own eyes). With `x`,
 * `y`, `width` and `height` a row is about the face in that box of a photo; with `source` only about that source.
 * @throws UsageError if it cannot be read, lacks a column or has a mistyped word
 */
export function readLabelTable(file: string): LabelTable {
  const records = readRecords(file);
  const columns = Object.keys(records[0] ?? {});
  const key = ['path', 'file', 'image'].find((name) => columns.includes(name));
  const hasLabels = columns.includes('label') || (columns.includes('left') && columns.includes('right'));
  if (key === undefined || !hasLabels) {
    throw new UsageError(`${file} needs the columns path,label (open or closed), or path,left,right; it has: ${columns.join(',')}.`);
  }
  const faces = new Map<string, FaceLabels[]>();
  for (const record of records) {
    const path = record[key] ?? '';
    const source = record['source'] ?? '';
    const name = source === '' ? path : `${source}/${path}`;
    const known = faces.get(name) ?? [];
    faces.set(name, known);
    const labels = labelsOf(record, path, file);
    if (labels.left !== undefined || labels.right !== undefined) known.push(labels);
  }
  return {
    file,
    of: (source, path) => faces.get(`${source}/${path}`) ?? faces.get(`${source}/${basename(path)}`)
      ?? (columns.includes('source') ? undefined : faces.get(path) ?? faces.get(basename(path))),
  };
}

function readRecords(file: string): Record<string, string>[] {
  try {
    return parse(readFileSync(file), { columns: true, skip_empty_lines: true, trim: true, bom: true });
  } catch (error) {
    throw new UsageError(`Cannot read the labels in ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function labelsOf(record: Readonly<Record<string, string>>, image: string, file: string): FaceLabels {
  const eye = (column: Side): EyeLabel | undefined => {
    const word = (record[column] ?? record['label'] ?? '').toLowerCase();
    const label = words[word];
    if (label !== undefined) return { label, kind: CLASSES[Number(word)] ?? word };
    checkWord(word, image, column, file);
    return undefined;
  };
  const [left, right] = [eye('left'), eye('right')];
  const box = boxOf(record);
  return { ...(box === undefined ? {} : { box }), ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
}

/** A mistyped label would silently be none, and the image be left out or labelled by its folder. */
function checkWord(word: string, image: string, column: string, file: string): void {
  if (leftOut.includes(word)) return;
  const meant = [...Object.keys(words), ...leftOut].find((known) => word.length > 2 && known.length > 2 && distance(word, known) <= 2);
  if (meant !== undefined) throw new UsageError(`${file} says of ${image} "${word}" (${column}). Did you mean ${meant}?`);
}

function boxOf(record: Readonly<Record<string, string>>): Box | undefined {
  const [x, y, width, height] = ['x', 'y', 'width', 'height'].map((name) => Number(record[name] ?? Number.NaN));
  if (x === undefined || y === undefined || width === undefined || height === undefined) return undefined;
  return [x, y, width, height].every(Number.isFinite) ? { x, y, width, height } : undefined;
}
