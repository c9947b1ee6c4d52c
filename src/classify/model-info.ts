/**
 * What an eye-state model file says about itself: the keys of its ONNX metadata and their meaning.
 */
import { z } from 'zod';
import type { CropKind } from '../core/eye.js';
import { calibrationSchema, type Calibration } from './calibration.js';

/** Marks a model file as one of ours and gives the layout of its inputs, outputs and metadata. */
const FORMAT = 'portrait-pipeline/eye-state/2';

/** px; ten times what the eyes of a portrait have. */
const largestCrop = 512;

/** Models that do not say what they look at are older, and look at eyes. */
const cropSchema = z.enum(['eye', 'face', 'photo']).default('eye');

const positive = z.coerce.number().positive();
const probability = z.coerce.number().min(0).max(1);

const metadataSchema = z.object({
  format: z.literal(FORMAT),
  backbone: z.string().min(1).max(100),
  crop: cropSchema,
  // A crop of every eye of a photo is made of this size.
  width: positive.int().max(largestCrop),
  height: positive.int().max(largestCrop),
  calibration: z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue('not JSON');
      return z.NEVER;
    }
  }).pipe(calibrationSchema),
  closed_below: probability,
  open_above: probability,
  precision: z.enum(['fp32', 'fp16', 'int8']),
  tool_version: z.string().max(100),
});

/** How the weights of a model file are stored. */
export type Precision = 'fp32' | 'fp16' | 'int8';

export interface EyeModelInfo {
  /** The name that `createBackbone` knows. */
  readonly backbone: string;
  /** What it looks at. */
  readonly crop: CropKind;
  /** px of the crops that the model takes. */
  readonly width: number;
  readonly height: number;
  /** How its logits become chances. */
  readonly calibration: Calibration;
  /** An eye whose chance of being open is below this is closed, as chosen on validation. */
  readonly closedBelow: number;
  /** An eye whose chance of being open is above this is open. */
  readonly openAbove: number;
  readonly precision: Precision;
  /** Version of the tool that exported the file. */
  readonly toolVersion: string;
}

/** `info` as ONNX metadata. */
export function infoToMetadata(info: EyeModelInfo): Readonly<Record<string, string>> {
  return {
    format: FORMAT,
    backbone: info.backbone,
    crop: info.crop,
    width: String(info.width),
    height: String(info.height),
    calibration: JSON.stringify(info.calibration),
    closed_below: String(info.closedBelow),
    open_above: String(info.openAbove),
    precision: info.precision,
    tool_version: info.toolVersion,
  };
}

/** What ONNX metadata says, or undefined if it is not that of an eye-state model of this format. */
export function infoFromMetadata(metadata: Readonly<Record<string, string>>): EyeModelInfo | undefined {
  const parsed = metadataSchema.safeParse(metadata);
  if (!parsed.success) return undefined;
  const { backbone, crop, width, height, calibration, closed_below, open_above, precision, tool_version } = parsed.data;
  return {
    backbone, crop, width, height, calibration, precision,
    closedBelow: closed_below, openAbove: open_above, toolVersion: tool_version,
  };
}
