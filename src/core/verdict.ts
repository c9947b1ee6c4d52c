/**
 * What is made of a photo, and what is said for it.
 */

export type Verdict = 'keep' | 'review' | 'reject';

/** Something that is said about a face. */
export interface Reason {
  /** In a photographer's words; what stands behind a colon is detail. */
  readonly text: string;
  /** What it asks for on its own: `keep` only informs. */
  readonly verdict: Verdict;
}

const strictness: readonly Verdict[] = ['keep', 'review', 'reject'];

/** The strictest of some verdicts; `keep` where there is none. */
export function strictest(verdicts: readonly Verdict[]): Verdict {
  return strictness.findLast((verdict) => verdicts.includes(verdict)) ?? 'keep';
}
