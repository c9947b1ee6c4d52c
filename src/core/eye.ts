/**
 * What eye-state classification takes and gives.
 */

/** One eye as the classifier sees it: luminance, 8 bit, row-major, `width` x `height` px, the eye line horizontal. */
export interface EyeCrop {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** px of the largest crop that a classifier of eyes can take; the packed canvas holds exactly these pixels in its centre. */
export const CROP = { width: 48, height: 32 } as const;

/** What a classifier looks at: each eye, each face, or the whole photo. */
export type CropKind = 'eye' | 'face' | 'photo';

/** px of the largest crop of each kind that a classifier can take. */
export const CROPS: Readonly<Record<CropKind, { readonly width: number; readonly height: number }>> = {
  eye: CROP, face: { width: 160, height: 160 }, photo: { width: 160, height: 160 },
};

/** Width of an eye's crop in widths of the eye, corner to corner. */
const CROP_IN_EYES = 1.9;

/** About how wide an eye is, corner to corner, whose crop is `cropWidth` wide. */
export function eyeWidthOf(cropWidth: number): number {
  return cropWidth / CROP_IN_EYES;
}

/** How wide the crop of an eye is that is `eyeWidth` wide. */
export function cropWidthOf(eyeWidth: number): number {
  return eyeWidth * CROP_IN_EYES;
}

/** What a net says of an eye, as logits or as chances, 0 to 1. */
export interface EyeAnswer {
  readonly open: number;
  /** That there is an eye to see. */
  readonly visible: number;
}

/** State of one eye. `unsure`: the classifier looked and could not tell. `unknown`: there was no eye to look at. */
export type EyeState = 'open' | 'closed' | 'unsure' | 'unknown';

/** State of a face's eyes together; the worse eye decides. */
export type EyesState = 'open' | 'closed' | 'one_closed' | 'unsure' | 'unknown';
