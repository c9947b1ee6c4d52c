/**
 * What is made of a photo, and what is said for it.
 */

export type Verdict = 'keep' | 'review' | 'reject';

/**
 * How much has to speak against a photo before it is rejected, and how much doubt sends it to review: `strict` looks at every
 * doubtful photo, `lenient` only at those that are probably bad.
 */
export const strictnesses = ['lenient', 'normal', 'strict'] as const;
export type Strictness = (typeof strictnesses)[number];

/** Something that is said about a face. */
export interface Reason {
  /** In a photographer's words; what stands behind a colon is detail. */
  readonly text: string;
  /** What it asks for on its own: `keep` only informs. */
  readonly verdict: Verdict;
}

const worsening: readonly Verdict[] = ['keep', 'review', 'reject'];

/** The strictest of some verdicts; `keep` where there is none. */
export function strictest(verdicts: readonly Verdict[]): Verdict {
  return worsening.findLast((verdict) => verdicts.includes(verdict)) ?? 'keep';
}
