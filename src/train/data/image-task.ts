/**
 * What is asked of labelled images, and what comes of them. Plain data, for it crosses the boundaries of processes.
 */
import type { CropKind, EyeCrop, EyeState } from '../../core/eye.js';
import type { Verdict } from '../../core/verdict.js';
import type { Config } from '../../pipeline/config.js';
import type { ImageKind } from './labelled-eyes.js';
import type { EyeRow } from './packed-file.js';
import type { LabelledImage } from './sources.js';

/** An image, or an eye of one, that gave no row. */
export interface LeftOut {
  readonly source: string;
  readonly path: string;
  /** What was said of it. */
  readonly kind: string;
  /** `no face found`, `eye turned away`, or why the image could not be read. */
  readonly reason: string;
  readonly unreadable: boolean;
}

/** What became of one image that was packed. */
export interface PackedImage {
  readonly rows: readonly EyeRow[];
  readonly leftOut: readonly LeftOut[];
}

/** One eye of a labelled image as it was judged. */
export interface LabelledEye {
  /** Path in the source; the eye of a photo is told by `#left` or `#right`. */
  readonly path: string;
  readonly label: Lids;
  /** Chance of open, given the other eye of the face too, 0 to 1. */
  readonly open: number;
  /** What a run would call it. */
  readonly state: EyeState;
  /** Luminance, as the classifier saw it; if asked for. */
  readonly crop?: EyeCrop;
}

/** Labels that eyes are told apart by: closed or open. */
type Lids = 0 | 1;

/** What was made of one image. */
export interface JudgedImage {
  /** Those that are labelled open or closed and were judged. */
  readonly eyes: readonly LabelledEye[];
  /** Why others were not. */
  readonly missing: readonly string[];
  /** What a run would make of the eyes of the labelled faces. */
  readonly verdict: Verdict;
  /** Of a photo with an eye that is labelled open or closed. */
  readonly photo?: {
    readonly closed: boolean;
    /** Chance of open, of the face that is likeliest closed; absent where no eye was judged. */
    readonly open?: number;
  };
}

/** What is wanted of the images of a source. */
export interface ImageSettings {
  readonly config: Config;
  /** Its name. */
  readonly source: string;
  readonly task:
    /** Whether there is a face. */
    | { readonly kind: 'look' }
    /** Rows for a packed file: what each shows. */
    | { readonly kind: 'pack'; readonly images: ImageKind; readonly crop: CropKind }
    /** How the eyes are judged; with what the classifier saw, if `crops`. */
    | { readonly kind: 'evaluate'; readonly images: ImageKind; readonly crops: boolean };
}

/** What comes of one image. */
export type ImageOutcome =
  | { readonly kind: 'unreadable'; readonly reason: string }
  | { readonly kind: 'look'; readonly face: boolean }
  | { readonly kind: 'pack' } & PackedImage
  | { readonly kind: 'evaluate' } & JudgedImage;

/**
 * Has some images worked on, here or elsewhere.
 * @param onImage called after each
 * @returns their outcomes, in their order, however many workers there are
 */
export type AskImages = (images: readonly LabelledImage[], settings: ImageSettings, onImage?: () => void) => Promise<ImageOutcome[]>;
