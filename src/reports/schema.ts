/**
 * What the JSON reports hold, key by key: the published schema (report.schema.json) is written from here (npm run config).
 */
import { z } from 'zod';
import { landmarkNames } from '../core/face.js';
import { verdicts } from '../core/verdict.js';
import { faceStages } from '../pipeline/face-stages.js';

const verdict = z.enum(verdicts);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const box = z.strictObject({ x: z.number(), y: z.number(), width: z.number().min(0), height: z.number().min(0) });

const point = z.strictObject({ x: z.number(), y: z.number() });
const landmarks = z.strictObject(Object.fromEntries(landmarkNames.map((name) => [name, point])));
const pose = z.strictObject({
  yaw: z.number().min(-90).max(90).describe('positive: looks to the right side of the photo'),
  pitch: z.number().min(-180).max(180).describe('positive: looks up'),
  roll: z.number().min(-180).max(180).describe('positive: leans to the right side of the photo'),
});

const stageKeys: Readonly<Record<string, z.core.$ZodType>> = Object.fromEntries(
  faceStages.flatMap(({ jsonSchema }) => Object.entries<z.core.$ZodType>(jsonSchema.shape)),
);

const face = z.strictObject({
  box: box.describe('px of the upright full-size photo'),
  score: z.number().min(0).max(1).describe("the detector's confidence"),
  bystander: z.boolean().describe('too small beside the largest face to decide about the photo'),
  landmarks: landmarks.describe("px of the upright full-size photo, to hundredths; left and right are the person's own"),
  pose: pose.nullable().describe('degrees, to hundredths, estimated from the landmarks; all 0 looks into the camera, upright'),
  ...stageKeys,
  reasons: z.array(z.string()).describe('what is said about this face, worst first'),
}).meta({ id: 'face' });

/** A photo: an element of `photos` in a .json report, a line of a .jsonl report. */
export const photoSchema = z.strictObject({
  photo: z.string().min(1).describe('relative to root, / between the parts; bytes of a name that are no UTF-8 are \\xHH'),
  status: z.enum(['ok', 'no_face', 'error']),
  width: z.number().int().min(0).describe('px, upright; 0 where the photo could not be read'),
  height: z.number().int().min(0),
  verdict,
  reasons: z.array(z.string()).describe('in words, with the number of the face where there are several'),
  error: z.string().nullable().describe('what went wrong, for status error'),
  taken: z.string().nullable().describe("the camera's clock, ISO 8601 without a time zone"),
  camera: z.string().nullable().describe('make, model and serial number'),
  scene: z.number().int().min(1).nullable().describe('which moment it belongs to; null for a photo that is alone in its moment'),
  best_of_scene: z.enum(['yes', 'no', 'bracket']).nullable(),
  scene_rank: z.number().int().min(1).nullable().describe('1 is the best; null in an exposure bracket'),
  scene_reason: z.string().nullable(),
  faces: z.array(face).describe('largest first'),
  sha256: hash.nullable().describe("of the photo's content; null where it could not be read"),
  file_size: z.number().int().min(0).describe('bytes, before it was judged').optional(),
  file_modified: z.iso.datetime().describe('UTC, whole seconds').optional(),
  times_ms: z.record(z.string(), z.number().min(0)).describe('milliseconds spent in each stage; absent with --no-times').optional(),
}).meta({ id: 'photo' });

/** A whole .json report. */
export const reportSchema = z.strictObject({
  format: z.literal('portrait-pipeline report'),
  format_version: z.literal(1),
  tool_version: z.string().min(1),
  root: z.string().min(1).describe('the folder that photos are named by'),
  config: z.record(z.string(), z.record(z.string(), z.unknown())).describe('the settings that results depend on; all are in config.yaml'),
  models: z.record(z.string(), hash).describe('SHA-256 of each model, by the name of its file'),
  photos: z.array(photoSchema).describe('in the order of their names'),
});

/** The JSON schema (draft 2020-12) of a .json report; a line of a .jsonl report is its `#/$defs/photo`. */
export function reportJsonSchema(): string {
  return `${JSON.stringify({ title: 'Report of portrait-pipeline', ...z.toJSONSchema(reportSchema) }, undefined, 2)}\n`;
}
