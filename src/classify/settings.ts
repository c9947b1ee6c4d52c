/**
 * The `classify` section of the configuration.
 */
import { z } from 'zod';

/** As `classify.model`: no net of its own, the detector's word is taken. */
export const DETECTOR = 'detector';

const threshold = z.union([z.literal('auto'), z.number().min(0).max(1)]).default('auto');

export const classifySettings = z.strictObject({
  model: z.string().min(1).default('models/eye-state.onnx').meta({
    path: true, words: [DETECTOR],
    description: '(path | detector) the eye-state net; a relative path starts at the file that says so, with --set at the current folder; '
      + 'detector: what the detector says of eyes (portrait does)',
  }),
  crop: z.enum(['eye', 'face', 'photo']).default('eye')
    .describe('(eye | face | photo) what the net looks at; face and photo need a net that was trained on those (pipeline pack --crop)'),
  closed_below: threshold
    .describe('(auto | 0-1) an eye whose probability of being open is below this is closed; auto: the model\'s own'),
  open_above: threshold
    .describe('(auto | 0-1) an eye whose probability of being open is above this is open; between the two: unsure'),
}).superRefine(({ closed_below: closed, open_above: open }, context) => {
  if (closed === 'auto' || open === 'auto' || closed <= open) return;
  context.addIssue({ code: 'custom', message: `classify.closed_below (${String(closed)}) must not be above classify.open_above (${String(open)}).` });
});

/** Which net looks at the eyes, and where its answers become words. */
export type ClassifySettings = z.infer<typeof classifySettings>;
