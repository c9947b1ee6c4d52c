/**
 * Annotated faces, as they are packed and as they lie in a crop.
 */
import { z } from 'zod';
import { POINTS } from '../../detect/portrait-cells.js';

const bit = z.union([z.literal(0), z.literal(1)]);

const eyeSchema = z.object({
  /** Whether it can be judged: 0 where it is turned away or covered. Left out where nobody knows. */
  visible: bit.optional(),
  /** 1 open, 0 closed. Left out where nobody knows. */
  open: bit.optional(),
});

export const faceSchema = z.object({
  /** px; from the forehead to the chin, as WIDER FACE draws it. */
  x: z.number(), y: z.number(), width: z.number().positive(), height: z.number().positive(),
  /** Neither to be found nor wrong to find. */
  ignored: z.boolean(),
  /** x and y of each of `POINTS`, px. */
  points: z.array(z.number()).length(2 * POINTS.length).optional(),
  /** The person's right eye, then the left. */
  eyes: z.tuple([eyeSchema, eyeSchema]),
});

/** A face in px of the photo, or of the crop, that it lies in. */
export type CropFace = z.infer<typeof faceSchema>;

export type CropEye = z.infer<typeof eyeSchema>;
