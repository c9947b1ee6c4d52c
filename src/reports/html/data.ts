/**
 * What the page is given: the shape of the data blocks inside an HTML report. Types only, shared by writer and page.
 */

export interface ReportData {
  /** Shown as the page's title. */
  readonly title: string;
  /** Where the photos lie, as a relative link from the report, ending in `/`; absent where they cannot be linked to. */
  readonly photosAt?: string;
  /** Marks on the bars of the eyes: the probabilities between which an eye is unsure. Empty where they are not known. */
  readonly eyeMarks: readonly number[];
  /** Marks on the bars of sharpness: below the first is blurred, above the second sharp. */
  readonly sharpnessMarks: readonly number[];
}

export interface EyeData {
  readonly state: 'open' | 'closed' | 'unsure' | 'unknown';
  /** Probability of being open, 0 to 1. */
  readonly open?: number;
  readonly reason?: string;
}

export interface FaceData {
  /** x, y, width, height in px of the photo. */
  readonly box: readonly [number, number, number, number];
  readonly eyes: 'open' | 'closed' | 'one_closed' | 'unsure' | 'unknown';
  /** The person's own left and right eye. */
  readonly left: EyeData;
  readonly right: EyeData;
  /** 0 to 100. */
  readonly sharpness: number;
  readonly blur: 'sharp' | 'blurred' | 'unsure';
  readonly bystander: boolean;
  readonly reasons: readonly string[];
}

export type VerdictName = 'keep' | 'review' | 'reject';

export interface PhotoData {
  readonly photo: string;
  readonly status: 'ok' | 'no_face' | 'error';
  /** px, upright. */
  readonly width: number;
  readonly height: number;
  readonly verdict: VerdictName;
  readonly reasons: readonly string[];
  readonly error?: string;
  readonly faces: readonly FaceData[];
}
