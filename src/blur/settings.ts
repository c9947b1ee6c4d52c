/**
 * The `blur` section of the configuration.
 */
import { z } from 'zod';

/** Where sharpness is measured; `body` is the box of head and shoulders grown from the face. */
const regions = ['face', 'eyes', 'face+eyes', 'image', 'body'] as const;
export type BlurRegion = (typeof regions)[number];

const sharpness = z.number().min(0).max(100);

export const blurSettings = z.strictObject({
  region: z.enum(regions).default('face').describe('(face | eyes | face+eyes | image | body) where sharpness is measured'),
  face_size: z.number().int().min(1).default(112)
    .describe('(px) the side to which a face is shrunk before it is measured; never enlarged'),
  blurred_below: sharpness.default(40).describe('(0-100) sharpness below this is blurred'),
  sharp_above: sharpness.default(60).describe('(0-100) sharpness above this is sharp; between the two: unsure'),
}).superRefine(({ blurred_below: blurred, sharp_above: sharp }, context) => {
  if (blurred <= sharp) return;
  context.addIssue({ code: 'custom', message: `blur.blurred_below (${blurred}) must not be above blur.sharp_above (${sharp}).` });
});

export type BlurSettings = z.infer<typeof blurSettings>;
