/**
 * The records of a file of choices, each a checked line.
 */
import { z } from 'zod';
import { checkedLine, checkedValue } from '../files/checked-line.js';
import { choiceSchema } from './choice.js';

const content = {
  /** SHA-256 of the photo's content, hexadecimal. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  /** Bytes: a photo of another size is another photo, and need not be read to know that. */
  size: z.number().int().min(0),
};
const contentSchema = z.strictObject(content).readonly();

/** One photo's part in a choice. */
const photoChange = z.strictObject({
  ...content,
  /** How it was called then. Only for people who read the file. */
  photo: z.string(),
  before: choiceSchema,
  after: choiceSchema,
}).readonly();

const record = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('begin'), choices: z.literal('portrait-pipeline'), version: z.literal(1) }).readonly(),
  /** Something that was chosen at once, for one photo or many; undone at once. */
  z.strictObject({ kind: z.literal('choose'), at: z.string(), changes: z.array(photoChange).min(1) }).readonly(),
  /** The last choice that was not undone is. */
  z.strictObject({ kind: z.literal('undo'), at: z.string() }).readonly(),
  /** The last one that was undone counts again. */
  z.strictObject({ kind: z.literal('redo'), at: z.string() }).readonly(),
  /** Two contents are one photo: only marks were written into it. Whichever is there, what is chosen for one is for the other. */
  z.strictObject({ kind: z.literal('same'), at: z.string(), before: contentSchema, after: contentSchema }).readonly(),
]);

export type PhotoContent = z.infer<typeof contentSchema>;
export type PhotoChange = z.infer<typeof photoChange>;
export type ChoiceRecord = z.infer<typeof record>;

/** A record as a line, line feed included. */
export function lineOf(value: ChoiceRecord): string {
  return checkedLine(JSON.stringify(value));
}

/** The record of a line, or undefined where the line is not what was written. */
export function recordOf(line: string): ChoiceRecord | undefined {
  return checkedValue(record, line);
}
