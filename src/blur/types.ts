/**
 * What the blur stage takes and gives.
 */
export type BlurVerdict = 'sharp' | 'blurred' | 'unsure';
/** A hint only; never part of the score. */
export type BlurKind = 'motion' | 'defocus' | 'none';
/** Where sharpness is measured; `body` is the box of head and shoulders grown from the face. */
export type BlurRegion = 'face' | 'eyes' | 'face+eyes' | 'image' | 'body';

/** The `blur` section of the configuration. */
export interface BlurSettings {
  readonly region: BlurRegion;
  /** Side in px to which a face is shrunk before it is measured; a smaller face is measured as it is. */
  readonly face_size: number;
  /** Sharpness below this is blurred, 0-100. */
  readonly blurred_below: number;
  /** Sharpness above this is sharp, 0-100; between the two: unsure. */
  readonly sharp_above: number;
}

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
