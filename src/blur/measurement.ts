/**
 * What is measured of a face's sharpness.
 */
import { z } from 'zod';
import type { BlurSettings } from './settings.js';

const blurVerdict = z.enum(['sharp', 'blurred', 'unsure']);
/** A hint only; never part of the score. */
const blurKind = z.enum(['motion', 'defocus', 'none']);

/** What is sharp beside a face that is not. */
const focusPlaces = z.enum(['ears', 'background']);

export const blurMeasurement = z.strictObject({
  /** 0 (mush) to 100 (crisp); 50 is where half of the people would call the face blurred. */
  sharpness: z.number().min(0).max(100),
  verdict: blurVerdict,
  kind: blurKind,
  /** px across the face up to which it looks sharp; at most those it has. */
  detail: z.number().min(0),
  /** px of detail that were asked for, given what the photo is for and how many px the face has. */
  needed: z.number().min(0),
  /** Where the focus is instead, of a blurred face; absent where that is not sure. */
  focusAt: focusPlaces.exactOptional(),
  /** The plain, classic variance of the Laplacian of the face's box, in squared gray levels. */
  laplacianVariance: z.number().min(0),
  /** Why the verdict is `unsure`, or absent: said in words a photographer uses. */
  doubt: z.string().exactOptional(),
}).readonly();

/** The same as a JSON report has it. */
export const blurJson = z.strictObject({
  sharpness: z.number().min(0).max(100).describe('0 (mush) to 100 (crisp)'),
  blur: blurVerdict,
  blur_kind: blurKind.describe('what the blur looks like; a hint'),
  focus_at: focusPlaces.nullable().describe('what is in focus instead of a blurred face, where that is sure'),
  detail: z.number().min(0).describe('px across the face up to which it looks sharp'),
  detail_needed: z.number().min(0).describe('px of detail that were asked for'),
  laplacian_variance: z.number().min(0).describe('variance of the Laplacian of the face, squared gray levels'),
});

export type BlurVerdict = z.infer<typeof blurVerdict>;
export type FocusPlace = z.infer<typeof focusPlaces>;
export type BlurKind = z.infer<typeof blurKind>;
export type BlurScore = z.infer<typeof blurMeasurement>;

declare module '../core/measurements.js' {
  interface Measurements {
    readonly blur: BlurScore;
  }
  interface StageSettings {
    readonly blur: BlurSettings;
  }
}
