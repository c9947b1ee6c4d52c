/**
 * The `blur` section of the configuration.
 */
import { z } from 'zod';

/** Where sharpness is measured; `body` is the box of head and shoulders grown from the face. */
const regions = ['face', 'eyes', 'face+eyes', 'image', 'body'] as const;
export type BlurRegion = (typeof regions)[number];
/** What the photo is for: how much detail is asked of a face that has the px. */
const purposes = ['screen', 'print', 'full'] as const;
export type BlurPurpose = (typeof purposes)[number];

const sharpness = z.number().min(0).max(100);

export const blurSettings = z.strictObject({
  for: z.enum(purposes).default('print')
    .describe('(screen | print | full) the detail asked of a face: 160 px, 400 px or all that it has; who has fewer is judged by those'),
  second_decode: z.boolean().default(false)
    .describe('(true | false) open a large photo once more where its shrunk faces have too few px to be asked for all of that; full always does'),
  region: z.enum(regions).default('face').describe('(face | eyes | face+eyes | image | body) where sharpness is measured'),
  blurred_below: sharpness.default(45).describe('(0-100) sharpness below this is blurred'),
  sharp_above: sharpness.default(50).describe('(0-100) sharpness above this is sharp; between the two: unsure'),
}).superRefine(({ blurred_below: blurred, sharp_above: sharp }, context) => {
  if (blurred <= sharp) return;
  context.addIssue({ code: 'custom', message: `blur.blurred_below (${String(blurred)}) must not be above blur.sharp_above (${String(sharp)}).` });
});

export type BlurSettings = z.infer<typeof blurSettings>;
