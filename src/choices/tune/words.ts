/**
 * What was learned, in words: on a terminal and in the page of a review.
 */
import type { MeasuredPhotos } from './measured.js';
import { leastChoices, type Tally, type Tuning, type missingChoices } from './fit.js';
import { changesBetween } from './settings.js';

/** Why nothing can be learned yet, or undefined where it can. */
export function missingSaid({ all, keep, reject }: ReturnType<typeof missingChoices>, have: number): string | undefined {
  const wanted = [
    ...(all === 0 ? [] : [`${String(all)} more choices`]),
    ...(keep === 0 ? [] : [`${String(keep)} more photo(s) that you keep`]),
    ...(reject === 0 ? [] : [`${String(reject)} more that you reject`]),
  ];
  if (wanted.length === 0) return undefined;
  return `${String(have)} of your choices can be learned from; it takes ${String(leastChoices.all)}, at least ${String(leastChoices.each)} kept and `
    + `${String(leastChoices.each)} rejected. ${wanted.join(', ')} are needed.`;
}

/** What was left out, if anything was. */
export function leftOutSaid({ faceless, others }: Pick<MeasuredPhotos, 'faceless' | 'others'>): string[] {
  return [
    ...(faceless === 0 ? [] : [`${String(faceless)} chosen photo(s) without a face, or not readable, were left out.`]),
    ...(others === 0 ? [] : [`${String(others)} rejected while you kept another frame of the moment were left out: that need not be a fault.`]),
  ];
}

/** What the settings are now, what is proposed, and what each makes of the person's photos. */
export function tuningSaid(tuning: Tuning): string[] {
  const { present, proposed, now, then, crossValidated, cost, changed } = tuning;
  const changes = changesBetween(present, proposed);
  const before = new Map<string, string | number>(Object.entries(present));
  const numbers = [
    ...tallySaid('Your settings now', now),
    ...(changes.length === 0 ? [] : tallySaid('With what is proposed', then)),
    ...tallySaid('On photos that were not learned from (five parts in turn)', crossValidated),
    `Cost a photo (a look 1, thrown out wrongly 5, let through wrongly 3): ${cost.now.toFixed(3)} now, ${cost.crossValidated.toFixed(3)} on photos not learned from.`,
  ];
  if (changes.length === 0) return ['Your settings fit your choices as well as any that would hold on other photos. Nothing is proposed.', ...numbers];
  return [
    ...changes.map(({ section, key, value }) => `${section}.${key}: ${short(before.get(key))} -> ${short(value)}`),
    ...numbers,
    `${String(changed.length)} of your photos would be judged otherwise.`,
  ];
}

function short(value: string | number | undefined): string {
  return typeof value === 'number' ? String(Number(value.toFixed(3))) : value ?? '';
}

function tallySaid(title: string, { keep, reject }: Tally): string[] {
  const sum = (row: Tally['keep']): number => row.keep + row.review + row.reject;
  return [
    `${title}:`,
    `  of ${String(sum(keep))} that you kept: ${String(keep.keep)} kept, ${String(keep.review)} to look at, ${String(keep.reject)} rejected`,
    `  of ${String(sum(reject))} that you rejected: ${String(reject.reject)} rejected, ${String(reject.review)} to look at, ${String(reject.keep)} missed`,
  ];
}
