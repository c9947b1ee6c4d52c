/**
 * From a person's choices to settings, or to what is missing for that.
 */
import type { SettingChange } from '../../config/change-file.js';
import type { PhotoFile } from '../../core/result.js';
import type { Choice } from '../choice.js';
import { missingChoices, tune, type ChangedVerdict } from './fit.js';
import { measurePhotos, type LabelledFile, type MeasureOptions, type PhotoLabel } from './measured.js';
import { changesBetween, presentSettings } from './settings.js';
import { leftOutSaid, missingSaid, tuningSaid } from './words.js';

/** What was learned. */
export interface Lesson {
  /** For people, line by line. */
  readonly lines: readonly string[];
  /** What is proposed; nothing where there is too little to learn from, or nothing better. */
  readonly changes: readonly SettingChange[];
  /** Photos that would be judged otherwise then. */
  readonly changed: readonly ChangedVerdict[];
}

/** The photos that a person kept or rejected; who gives stars keeps. */
export function labelledFiles(photos: readonly (Pick<PhotoFile, 'path' | 'photo'> & { readonly choice: Choice })[]): LabelledFile[] {
  return photos.flatMap(({ path, photo, choice }) => {
    const label = labelOf(choice);
    return label === undefined ? [] : [{ path, photo, label }];
  });
}

function labelOf({ verdict, stars }: Choice): PhotoLabel | undefined {
  if (verdict === 'keep' || verdict === 'reject') return verdict;
  return verdict === undefined && stars !== undefined ? 'keep' : undefined;
}

/** Judges the photos again and learns from them. @throws as `measurePhotos` does */
export async function learn(files: readonly LabelledFile[], options: MeasureOptions): Promise<Lesson> {
  const present = await presentSettings(options.config);
  const tooFew = missingSaid(missingChoices(files.map(({ label }) => label)), files.length);
  if (tooFew !== undefined) return { lines: [tooFew], changes: [], changed: [] };
  const measured = await measurePhotos(files, options);
  const left = leftOutSaid(measured);
  const stillTooFew = missingSaid(missingChoices(measured.photos.map(({ label }) => label)), measured.photos.length);
  if (stillTooFew !== undefined) return { lines: [...left, stillTooFew], changes: [], changed: [] };
  const tuning = tune(measured.photos, present);
  return { lines: [...left, ...tuningSaid(tuning)], changes: changesBetween(tuning.present, tuning.proposed), changed: tuning.changed };
}
