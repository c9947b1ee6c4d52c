/**
 * What a journal's line must be before anything is done with it: the checksum beside it tells a line that was cut short from a
 * whole one, not one that somebody wrote by hand from one of ours.
 */
import { z } from 'zod';
import type { Measurements } from '../core/measurements.js';
import { lookSide } from '../core/capture.js';
import type { FileLooks, PhotoResult } from '../core/result.js';
import { verdicts } from '../core/verdict.js';
import { faceStages } from '../pipeline/face-stages.js';
import { isMeasured } from '../pipeline/measured.js';

/** How a photo's file looked before it was read: when this changes, the photo is judged again. */
export interface FileStamp extends FileLooks {
  /** SHA-256 of the content, where the run was asked to look at contents. */
  readonly hash?: string;
}

export interface JournalRecord {
  readonly stamp: FileStamp;
  readonly result: PhotoResult;
}

const verdict = z.enum(verdicts);
const box = z.strictObject({ x: z.number(), y: z.number(), width: z.number().min(0), height: z.number().min(0) });
const bytes = z.instanceof(Uint8Array);
const look = bytes.refine(({ length }) => length === lookSide * lookSide);
const allStages = z.strictObject(Object.fromEntries(faceStages.map(({ name, measurement }) => [name, measurement])));
const measured = z.custom<Measurements>((value) => {
  const parsed = allStages.safeParse(value);
  return parsed.success && isMeasured(parsed.data);
});

const point = z.strictObject({ x: z.number(), y: z.number() });
const eyePoints = z.strictObject({ outer: point, inner: point, center: point });
const landmarks = z.strictObject({
  left: eyePoints, right: eyePoints, nose: point, mouth: z.strictObject({ left: point, right: point }), faceScore: z.number().min(0).max(1),
});

const face = z.strictObject({
  box,
  score: z.number().min(0).max(1),
  eyeBoxes: z.strictObject({ left: box.exactOptional(), right: box.exactOptional() }),
  landmarks,
  pose: z.strictObject({ yaw: z.number(), pitch: z.number(), roll: z.number() }).exactOptional(),
  measured,
  bystander: z.boolean(),
  reasons: z.array(z.strictObject({ text: z.string(), verdict })),
  look: look.exactOptional(),
});

const capture = z.strictObject({
  time: z.number().exactOptional(),
  camera: z.string().exactOptional(),
  exposure: z.number().exactOptional(),
  compensation: z.number().exactOptional(),
  bracketing: z.boolean().exactOptional(),
});

const preview = z.strictObject({
  thumbnail: bytes,
  faces: z.array(z.strictObject({ face: bytes, leftEye: bytes.exactOptional(), rightEye: bytes.exactOptional() })),
});

const record: z.ZodType<JournalRecord> = z.strictObject({
  stamp: z.strictObject({ size: z.number(), modified: z.number(), hash: z.string().exactOptional() }),
  result: z.strictObject({
    photo: z.string(),
    status: z.enum(['ok', 'no_face', 'error']),
    width: z.number().min(0),
    height: z.number().min(0),
    faces: z.array(face),
    verdict,
    reasons: z.array(z.string()),
    error: z.string().exactOptional(),
    times: z.record(z.string(), z.number()),
    sha256: z.string().exactOptional(),
    capture: capture.exactOptional(),
    look: look.exactOptional(),
    preview: preview.exactOptional(),
  }),
});

const header = z.strictObject({
  journal: z.literal('portrait-pipeline'), version: z.literal(1), fingerprint: z.string(), id: z.uuid(),
});

export type JournalHeader = z.infer<typeof header>;

/** A record as one line of text. */
export function recordText(value: JournalHeader | JournalRecord): string {
  return JSON.stringify(value, preserve);
}

/** The record that a line holds, or undefined where it is none. */
export function parseRecord(text: string): JournalRecord | undefined {
  return record.safeParse(parseJson(text)).data;
}

/** The first line of a journal, or undefined where it is another one. */
export function parseHeader(text: string): JournalHeader | undefined {
  return header.safeParse(parseJson(text)).data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, revive);
  } catch {
    return undefined;
  }
}

/** JSON has no bytes: pictures are kept as base64 under a name of their own. */
function preserve(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  // Not `value`: a Buffer has turned itself into an array of numbers by now.
  const original = this[key];
  if (!(original instanceof Uint8Array)) return value;
  return { base64: Buffer.from(original.buffer, original.byteOffset, original.byteLength).toString('base64') };
}

function revive(_key: string, value: unknown): unknown {
  return isBase64(value) ? new Uint8Array(Buffer.from(value.base64, 'base64')) : value;
}

function isBase64(value: unknown): value is { base64: string } {
  return typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string';
}
