/**
 * Finds the settings that agree best with what a person chose, and says how well they would do on photos that were not learned
 * from: five times a fifth of the photos is set aside, settings are chosen on the others, and tried on that fifth.
 */
import { createHash } from 'node:crypto';
import { verdicts, type Verdict } from '../../core/verdict.js';
import { verdictOfBlur, verdictOfEyes, verdictOfRest, type MeasuredPhoto, type PhotoLabel } from './measured.js';
import { candidatesFrom, type TunedSettings } from './settings.js';

/** Choices that learning needs, in all and of each kind. */
export const leastChoices = { all: 50, each: 10 };

/**
 * What a verdict costs beside the person's own: a look is 1. A photo thrown out that the person keeps is as bad as five looks, one
 * let through as bad as three.
 */
const costs: Readonly<Record<PhotoLabel, readonly [keep: number, review: number, reject: number]>> = { keep: [0, 1, 5], reject: [3, 1, 0] };
const folds = 5;

/** Photos by what the person made of them and what the tool does. */
export type Tally = Readonly<Record<PhotoLabel, Readonly<Record<Verdict, number>>>>;

/** A photo of which the tool would say something else. */
export interface ChangedVerdict {
  readonly photo: string;
  readonly label: PhotoLabel;
  readonly now: Verdict;
  readonly then: Verdict;
}

export interface Tuning {
  readonly present: TunedSettings;
  /** The settings that fit best; those of now where no others are surely better. */
  readonly proposed: TunedSettings;
  readonly now: Tally;
  readonly then: Tally;
  /** Of photos that were not learned from. */
  readonly crossValidated: Tally;
  /** Cost a photo. */
  readonly cost: { readonly now: number; readonly crossValidated: number };
  readonly changed: readonly ChangedVerdict[];
}

/** How many choices are missing before anything can be learned. */
export function missingChoices(labels: readonly PhotoLabel[]): { readonly all: number; readonly keep: number; readonly reject: number } {
  const count = (label: PhotoLabel): number => labels.filter((each) => each === label).length;
  const less = (have: number, need: number): number => Math.max(0, need - have);
  return { all: less(labels.length, leastChoices.all), keep: less(count('keep'), leastChoices.each), reject: less(count('reject'), leastChoices.each) };
}

/** @param photos as many as `missingChoices` asks for */
export function tune(photos: readonly MeasuredPhoto[], present: TunedSettings): Tuning {
  const grid = judgeAll(photos, present);
  const everything = [...photos.keys()];
  const all = bestOf(grid, photos, everything);
  // Each photo by the settings that were chosen without it.
  const unseen = new Map<number, number>();
  for (let fold = 0; fold < folds; fold += 1) {
    const isHeldOut = (index: number): boolean => foldOf(photos[index]?.group ?? '') === fold;
    const chosen = bestOf(grid, photos, everything.filter((index) => !isHeldOut(index)));
    for (const index of everything.filter(isHeldOut)) unseen.set(index, grid[chosen]?.verdicts[index] ?? 0);
  }
  const verdictsOf = (candidate: number) => (index: number): number => grid[candidate]?.verdicts[index] ?? 0;
  const crossValidated = (index: number): number => unseen.get(index) ?? 0;
  const costOf = ({ label }: MeasuredPhoto, verdict: number): number => costs[label][verdict] ?? 0;
  const gains = photos.map((photo, index) => costOf(photo, verdictsOf(0)(index)) - costOf(photo, crossValidated(index)));
  const chosen = isSure(gains) ? all : 0;
  const tally = (verdictOf: (index: number) => number): Tally => tallyOf(photos, verdictOf);
  const mean = (verdictOf: (index: number) => number): number =>
    photos.reduce((sum, photo, index) => sum + costOf(photo, verdictOf(index)), 0) / photos.length;
  return {
    present, proposed: grid[chosen]?.settings ?? present,
    now: tally(verdictsOf(0)), then: tally(verdictsOf(chosen)), crossValidated: tally(crossValidated),
    cost: { now: mean(verdictsOf(0)), crossValidated: mean(crossValidated) },
    changed: photos.flatMap(({ photo, label }, index) => {
      const [now, then] = [verdicts[verdictsOf(0)(index)], verdicts[verdictsOf(chosen)(index)]];
      return now === undefined || then === undefined || now === then ? [] : [{ photo, label, now, then }];
    }),
  };
}

interface Candidate {
  readonly settings: TunedSettings;
  /** How far it is from the settings of now. */
  readonly distance: number;
  /** Of each photo, its place in `verdicts`. */
  readonly verdicts: Uint8Array;
}

/** Every candidate's verdicts; the settings of now come first. */
function judgeAll(photos: readonly MeasuredPhoto[], present: TunedSettings): Candidate[] {
  const { strictness, blur, eyes } = candidatesFrom(present);
  const places = (judge: (photo: MeasuredPhoto) => Verdict): Uint8Array => Uint8Array.from(photos, (photo) => verdicts.indexOf(judge(photo)));
  return strictness.flatMap((strict) => {
    const rest = places((photo) => verdictOfRest(photo, strict));
    const byBlur = blur.map((limits) => ({ limits, found: places((photo) => verdictOfBlur(photo, limits, strict)) }));
    const byEyes = eyes.map((thresholds) => ({ thresholds, found: places((photo) => verdictOfEyes(photo, thresholds, strict)) }));
    return byBlur.flatMap(({ limits, found: blurred }) => byEyes.map(({ thresholds, found: closed }) => {
      const settings = { strictness: strict, ...limits, ...thresholds };
      return {
        settings, distance: distanceBetween(settings, present),
        verdicts: rest.map((other, index) => Math.max(other, blurred[index] ?? 0, closed[index] ?? 0)),
      };
    }));
  });
}

function distanceBetween(a: TunedSettings, b: TunedSettings): number {
  return Number(a.strictness !== b.strictness) + Math.abs(a.blurred_below - b.blurred_below) / 20 + Math.abs(a.sharp_above - b.sharp_above) / 20
    + Math.abs(a.closed_below - b.closed_below) * 4;
}

/** The candidate that costs least on some photos; of equals the one nearest to the settings of now. @returns its place */
function bestOf(grid: readonly Candidate[], photos: readonly MeasuredPhoto[], indices: readonly number[]): number {
  let [best, least] = [0, Infinity];
  for (const [place, { verdicts: found, distance }] of grid.entries()) {
    // A preference that no photo outweighs.
    let cost = distance * 1e-6;
    for (const index of indices) cost += costs[photos[index]?.label ?? 'keep'][found[index] ?? 0] ?? 0;
    if (cost < least) [best, least] = [place, cost];
  }
  return best;
}

/** Photos of a group are in one fold, the same in every run. */
function foldOf(group: string): number {
  return createHash('sha256').update(group).digest().readUInt32BE(0) % folds;
}

/** Whether a mean gain is more than its standard error, and so more than luck mostly is. */
function isSure(gains: readonly number[]): boolean {
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / Math.max(1, gains.length - 1);
  return mean > Math.sqrt(variance / gains.length);
}

function tallyOf(photos: readonly MeasuredPhoto[], verdictOf: (index: number) => number): Tally {
  const count = (label: PhotoLabel, verdict: Verdict): number =>
    photos.filter((photo, index) => photo.label === label && verdicts[verdictOf(index)] === verdict).length;
  const row = (label: PhotoLabel): Record<Verdict, number> => ({ keep: count(label, 'keep'), review: count(label, 'review'), reject: count(label, 'reject') });
  return { keep: row('keep'), reject: row('reject') };
}
