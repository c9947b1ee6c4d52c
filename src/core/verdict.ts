/**
 * What is made of a photo, and what is said for it.
 */

/** From the best to the worst. */
export const verdicts = ['keep', 'review', 'reject'] as const;
export type Verdict = (typeof verdicts)[number];

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

/** The strictest of some verdicts; `keep` where there is none. */
export function strictest(some: readonly Verdict[]): Verdict {
  return verdicts.findLast((verdict) => some.includes(verdict)) ?? 'keep';
}
