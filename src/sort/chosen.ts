/**
 * What is put before the verdicts of a report: the best frames of each scene, and what a person chose.
 */
import { createHash } from 'node:crypto';
import type { Choice } from '../choices/choice.js';
import { verdictOf } from '../choices/choice.js';
import { UsageError } from '../core/usage-error.js';
import type { JudgedPhotos } from './verdicts.js';

/**
 * How many frames of each scene are kept, from `best` or `best:N`.
 * @throws UsageError
 */
export function framesKept(option: string): number {
  const [, number = '1'] = /^best(?::([1-9]\d{0,3}))?$/.exec(option) ?? [undefined, '0'];
  if (number === '0') throw new UsageError(`--scenes ${option}: write it as best, or best:2 to keep two frames of each scene.`);
  return Number(number);
}

/**
 * Verdicts with all but the best frames of each scene rejected. The best keep the verdict that they have.
 * @param kept frames of each scene
 */
export function onlyBest(judged: JudgedPhotos, kept: number): JudgedPhotos {
  const photos = new Map([...judged.photos].map(([name, photo]) =>
    [name, (photo.sceneRank ?? 1) > kept ? { ...photo, verdict: 'reject' as const } : photo]));
  return { photos, hash: hashOf(judged.hash, `best:${String(kept)}`) };
}

/**
 * Verdicts with those of a person in their place.
 * @param choices by name of the photo
 * @param source hash of the file that they are from: it stays what it is while a sort moves the photos away
 */
export function withChoices(judged: JudgedPhotos, choices: ReadonlyMap<string, Choice>, source: string): JudgedPhotos {
  const photos = new Map([...judged.photos].map(([name, photo]) =>
    [name, { ...photo, verdict: verdictOf(choices.get(name) ?? {}, photo.verdict) }]));
  return { photos, hash: hashOf(judged.hash, source) };
}

/** A sort that was interrupted is only finished by the same wish. */
function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex');
}
