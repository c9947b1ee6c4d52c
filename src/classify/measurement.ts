/**
 * What is measured of a face's eyes.
 */
import { z } from 'zod';
import type { ClassifySettings } from './settings.js';

const eyeMeasurement = z.strictObject({
  state: z.enum(['open', 'closed', 'unsure', 'unknown']),
  /** Chance that the eye is open, given what both eyes show, 0 to 1; absent where the eye is `unknown`. */
  open: z.number().min(0).max(1).exactOptional(),
  /** Chance that there is an eye to see, 0 to 1; absent where nothing was looked at. */
  visible: z.number().min(0).max(1).exactOptional(),
  /** Why the eye is `unknown`, in a photographer's words. */
  reason: z.string().exactOptional(),
}).readonly();

export const eyesMeasurement = z.strictObject({
  /** Chance that the eyes can be seen and their lids are down, 0 to 1. */
  closed: z.number().min(0).max(1),
  /** Whether the head is turned so far that only one side of the face is seen. */
  profile: z.boolean(),
  /** Of both eyes together. */
  state: z.enum(['open', 'closed', 'one_closed', 'unsure', 'unknown']),
  /** The person's own left and right eye. */
  left: eyeMeasurement,
  right: eyeMeasurement,
}).readonly();

const eyeJson = z.strictObject({
  state: z.enum(['open', 'closed', 'unsure', 'unknown']),
  open: z.number().min(0).max(1).nullable().describe('chance that the eye is open; null where it is unknown'),
  visible: z.number().min(0).max(1).nullable().describe('chance that there is an eye to see; null where nothing was looked at'),
  box: z.strictObject({ x: z.number(), y: z.number(), width: z.number().min(0), height: z.number().min(0) }).nullable()
    .describe('what was looked at, px of the upright full-size photo'),
  reason: z.string().nullable().describe('why the eye is unknown'),
});

/** The same as a JSON report has it. */
export const eyesJson = z.strictObject({
  eyes: z.enum(['open', 'closed', 'one_closed', 'unsure', 'unknown']).describe('both eyes together'),
  eyes_closed: z.number().min(0).max(1).describe('chance that the eyes can be seen and their lids are down'),
  left_eye: eyeJson.describe("the person's own left eye"),
  right_eye: eyeJson,
});

export type EyeMeasurement = z.infer<typeof eyeMeasurement>;
export type EyesMeasurement = z.infer<typeof eyesMeasurement>;

declare module '../core/measurements.js' {
  interface Measurements {
    readonly classify: EyesMeasurement;
  }
  interface StageSettings {
    readonly classify: ClassifySettings;
  }
}
