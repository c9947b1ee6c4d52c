/**
 * What the blur stage gives.
 */
export type BlurVerdict = 'sharp' | 'blurred' | 'unsure';
/** A hint only; never part of the score. */
export type BlurKind = 'motion' | 'defocus' | 'none';

export interface BlurScore {
  /** 0 (mush) to 100 (crisp); 50 is where half of the people would call the face blurred. */
  readonly sharpness: number;
  readonly verdict: BlurVerdict;
  readonly kind: BlurKind;
  /** The plain, classic variance of the Laplacian of the same crop, in squared gray levels. */
  readonly laplacianVariance: number;
  /** Why the verdict is `unsure`, or undefined: said in words a photographer uses. */
  readonly doubt?: string;
}
