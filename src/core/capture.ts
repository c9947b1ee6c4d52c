/**
 * When and how a photo was taken, as its camera wrote it down, and what it looks like at a glance.
 */

/** What the camera says; what it does not say is left out. */
export interface Capture {
  /** What the camera's clock showed, milliseconds since 1970 as if it were in UTC, sub-seconds included. */
  readonly time?: number;
  /** Make, model and serial number: frames of two cameras never follow each other. */
  readonly camera?: string;
  /** Exposure value at ISO 100: log2(aperture^2 / seconds) - log2(ISO / 100). One more is half the light. */
  readonly exposure?: number;
  /** Exposure compensation, EV. */
  readonly compensation?: number;
  /** The camera was told to vary the exposure from frame to frame (EXIF ExposureMode 2). */
  readonly bracketing?: boolean;
}

/** Side of a look, in cells. */
export const lookSide = 24;

/**
 * What a picture looks like at a glance: the mean luminance of each of `lookSide` x `lookSide` cells, row-major, whatever the
 * picture's aspect. Two frames of one moment have alike looks.
 */
export type Look = Uint8Array;

/** Which frames of one moment a photo belongs to, and how it compares with the others. */
export interface SceneOfPhoto {
  /** Counted from 1 in report order. */
  readonly scene: number;
  /** Photos of the scene. */
  readonly frames: number;
  /** 1 is the best; undefined in an exposure bracket, whose frames are for putting together, not for choosing from. */
  readonly rank: number | undefined;
  /** Why it is the best, or what another has before it; in a photographer's words. */
  readonly reason: string;
  /** A number a face, in their order: who has the same in two frames of the scene is the same person. */
  readonly people: readonly number[];
}
