/**
 * What the page is given: the shape of the data blocks inside an HTML report. Types only, shared by writer and page.
 */

export interface ReportData {
  /** Shown as the page's title. */
  readonly title: string;
  /** Where the photos lie, as a relative link from the report, ending in `/`; absent where they cannot be linked to. */
  readonly photosAt?: string;
  /** By name of a meter: marks on its bar, 0 to 1, where words change. */
  readonly marks: Readonly<Record<string, readonly number[]>>;
  /** Orders of the photos that the stages know, besides those of the page itself. */
  readonly orders: readonly { readonly value: string; readonly text: string }[];
  /** What is said of a face that nothing speaks against. */
  readonly praise: string;
}

export type VerdictName = 'keep' | 'review' | 'reject';

/** A measured value: a bar with words, below a picture of the eye where it belongs to one. */
export interface MeterData {
  readonly name: string;
  /** How much of the bar is filled, 0 to 1; without it there is no bar. */
  readonly share?: number;
  readonly text: string;
  readonly tone: VerdictName | 'unknown';
  readonly picture?: 'leftEye' | 'rightEye';
  readonly hint?: string;
}

export interface FaceData {
  /** x, y, width, height in px of the photo. */
  readonly box: readonly [number, number, number, number];
  readonly meters: readonly MeterData[];
  /** By order of the report: the lower, the earlier. An order that the face says nothing about is left out. */
  readonly ranks: Readonly<Record<string, number>>;
  /** The strictest of what its reasons ask for. */
  readonly tone: VerdictName;
  readonly bystander: boolean;
  readonly reasons: readonly string[];
}

export interface PhotoData {
  readonly photo: string;
  readonly status: 'ok' | 'no_face' | 'error';
  /** px, upright. */
  readonly width: number;
  readonly height: number;
  readonly verdict: VerdictName;
  readonly reasons: readonly string[];
  readonly error?: string;
  /** Bytes of the photo's file, and when it was last written to (ISO 8601); absent where that is not known. */
  readonly file?: readonly [number, string];
  readonly faces: readonly FaceData[];
}
