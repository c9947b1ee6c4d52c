/**
 * Where on the scale of detail people begin to call a face blurred. `npm run bench:blur-fit` fits all of it but the spread,
 * on faces that the pipeline itself found, and writes this file.
 */
export const calibration = {
  /** The focus (see focus-energy.ts) at which a face of any size just looks sharp. It sets the scale of detail. */
  justSharp: -2.34,
  /** By px across the face: the detail that half of the people ask of a face with no more px than that. */
  needed: [[35, 65], [60, 79], [100, 107], [220, 210]],
  /** The change of ln(detail) over which the odds of "sharp" grow by e; wide enough that sharp portraits are still ranked. */
  spread: 0.25,
  /** Detail that a region shows where the face shows 1. */
  regions: { face: 1.00, eyes: 1.03, 'face+eyes': 1.02, body: 0.99, image: 0.99 },
} as const;
