/**
 * Every setting of the tool: its type, its range. The defaults are config.yaml at the top of the package, which says
 * what each one means.
 */
import { z } from 'zod';
import { CROP } from '../core/eye.js';

const fraction = z.number().min(0).max(1);
const pixels = z.number().int().min(1);

/** Whether a text is a regular expression that captures something. */
function isPattern(text: string): boolean {
  try {
    return (new RegExp(`${text}|`).exec('') ?? []).length > 1;
  } catch {
    return false;
  }
}

/** Whether a text is `height x width` in the shape of the packed crop, and no larger: there are no more pixels. */
function isCropSize(text: string): boolean {
  const [height = 0, width = 0] = text.split('x').map(Number);
  return height > 0 && height <= CROP.height && width * CROP.height === height * CROP.width;
}

const stars = z.union([z.literal('none'), z.number().int().min(-1).max(5)]);
const colourLabel = z.enum(['none', 'Red', 'Yellow', 'Green', 'Blue', 'Purple']);

export const configSchema = z.strictObject({
  image: z.strictObject({
    decode_side: z.number().int().min(128).max(4096),
    max_megapixels: z.number().min(0.1).max(2000),
    max_megabytes: z.number().min(0.1).max(4000),
    timeout_seconds: z.number().min(0.1).max(600),
  }),
  detect: z.strictObject({
    engine: z.enum(['auto', 'onnx', 'tfjs']),
    detector: z.enum(['blazeface', 'ssd-mobilenet-v1', 'tiny-face']),
    landmarks: z.enum(['facemesh', 'landmarks68']),
    min_score: fraction,
    min_face_score: fraction,
    second_look: z.boolean(),
    min_face: pixels,
  }),
  eyes: z.strictObject({
    min_width: pixels,
    max_turn: fraction,
  }),
  classify: z.strictObject({
    model: z.string().min(1),
    closed_below: z.union([z.literal('auto'), fraction]),
    open_above: z.union([z.literal('auto'), fraction]),
  }),
  blur: z.strictObject({
    region: z.enum(['face', 'eyes', 'face+eyes', 'image', 'body']),
    face_size: pixels,
    blurred_below: z.number().min(0).max(100),
    sharp_above: z.number().min(0).max(100),
  }),
  verdict: z.strictObject({
    min_relative_area: fraction,
  }),
  data: z.strictObject({
    validation: z.number().min(0).max(0.5),
    test: z.number().min(0).max(0.5),
    split: z.enum(['group', 'random']),
    split_seed: z.number().int().min(0).max(2147483647),
    holdout: z.array(z.string()),
    duplicate_correlation: z.number().min(0.5).max(1),
    groups: z.record(z.string(), z.strictObject({
      pattern: z.string().refine(isPattern, 'must be a regular expression with one capture, as in "^(.+)_\\d+"'),
      block: z.number().int().min(1).default(1),
    })),
  }),
  train: z.strictObject({
    backbone: z.string().min(1),
    name: z.string().regex(/^[\w.-]+$/, 'must be letters, digits, ".", "_" and "-"'),
    workdir: z.string().min(1),
    init: z.string().min(1),
    epochs: z.number().int().min(1).max(1000),
    batch_size: z.union([z.literal('auto'), z.number().int().min(1).max(4096)]),
    memory_limit: z.number().min(100).max(100_000),
    lr: z.union([z.literal('auto'), z.number().gt(0).max(1)]),
    optimizer: z.enum(['adamw', 'sgd']),
    weight_decay: fraction,
    clip: z.number().min(0).max(1000),
    schedule: z.enum(['one-cycle', 'cosine', 'constant']),
    label_smoothing: z.number().min(0).max(0.5),
    sizes: z.array(z.string().regex(/^\d+x\d+$/, 'must be height x width, as in 32x48')
      .refine(isCropSize, `must be 1.5 times as wide as high, and ${CROP.height}x${CROP.width} at most, as the packed eyes are`)).min(1),
    strength: z.tuple([fraction, fraction]),
    balance: z.enum(['sampling', 'weights', 'none']),
    patience: z.number().int().min(0).max(1000),
    right_share: z.number().min(0.5).max(1),
    limit_batches: z.number().int().min(0).max(1_000_000),
    seed: z.number().int().min(0).max(2147483647),
    threads: z.number().int().min(1).max(64),
    loader_threads: z.number().int().min(1).max(16),
  }),
  runtime: z.strictObject({
    device: z.enum(['cpu', 'cuda', 'webgpu', 'auto']),
    threads: z.number().int().min(1).max(64),
  }),
  xmp: z.strictObject({
    keep_stars: stars,
    review_stars: stars,
    reject_stars: stars,
    keep_label: colourLabel,
    review_label: colourLabel,
    reject_label: colourLabel,
  }),
  run: z.strictObject({
    workers: z.union([z.literal('auto'), z.number().int().min(1).max(256)]),
    photo_seconds: z.number().min(1).max(3600),
    photo_megabytes: z.number().min(300).max(1_000_000),
  }),
});

/** All settings, checked. */
export type Config = z.infer<typeof configSchema>;
