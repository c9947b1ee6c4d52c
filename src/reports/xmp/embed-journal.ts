/**
 * The journal of what was written into photos, `out.csv.embed` beside the report: a checked line each. One that says how a
 * photo was, and how to get it back, is on the disk before the photo is replaced; which of the two lies there now is told by its
 * content.
 */
import { dirname } from 'node:path';
import { z } from 'zod';
import { UsageError } from '../../core/usage-error.js';
import type { FileLooks } from '../../core/result.js';
import { checkedLine, checkedValue, mayBeginWith } from '../../files/checked-line.js';
import { currentUser, longestText, type Disk } from '../../files/disk.js';
import { innerPath } from '../../files/file-name.js';
import { fileProblem, WriteError } from '../../files/problem.js';
import { colours } from './packet.js';
import { wayBackSchema } from './way-back.js';

/** Marks as they stand in a photo; what is absent is not there. */
const marksSchema = z.strictObject({
  rating: z.number().exactOptional(), label: z.enum(colours).exactOptional(), pick: z.union([z.literal(1), z.literal(-1)]).exactOptional(),
}).readonly();
export type MarksInside = z.infer<typeof marksSchema>;

const fileSchema = z.strictObject({
  /** SHA-256 of its content, hexadecimal. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Bytes, and milliseconds since 1970. */
  size: z.number().int().min(0),
  modified: z.number(),
}).readonly();

const writeSchema = z.strictObject({
  kind: z.literal('write'),
  photo: innerPath,
  before: fileSchema,
  after: fileSchema,
  /** What was put into it: ours, so that another choice may take its place. */
  set: marksSchema,
  back: wayBackSchema,
}).readonly();
export type EmbedWrite = z.infer<typeof writeSchema>;

const recordSchema = z.discriminatedUnion('kind', [
  /** What follows was asked for at once, and is taken back at once. */
  z.strictObject({ kind: z.literal('begin'), journal: z.literal('portrait-pipeline embed'), version: z.literal(1), at: z.string() }).readonly(),
  writeSchema,
  /** The last that was begun is taken back. */
  z.strictObject({ kind: z.literal('undone') }).readonly(),
]);
export type EmbedRecord = z.infer<typeof recordSchema>;

/** What the journal of a report comes to. */
export interface Embedded {
  /** What was asked for at once, without what was taken back; the newest last. */
  readonly sessions: readonly (readonly EmbedWrite[])[];
  /** All that was ever written, in order. */
  readonly writes: readonly EmbedWrite[];
  /** Lines that are damaged, and left out. */
  readonly damaged: number;
}

/** Where the journal of a report lies. */
export function embedJournalPath(report: string): string {
  return `${report}.embed`;
}

/**
 * Reads a journal; nothing was embedded where there is none.
 * @throws UsageError where it cannot be read, or is not this user's: whoever can write it could have photos changed
 */
export async function readEmbedJournal(disk: Disk, path: string): Promise<Embedded> {
  if (await disk.look(path) === undefined) return { sessions: [], writes: [], damaged: 0 };
  const { text, owner } = await disk.read(path).catch((error: unknown) => {
    throw new UsageError(`Cannot read ${path}, which says what was written into photos: ${fileProblem(error, 'read')}`);
  });
  if (owner !== currentUser) throw new UsageError(`${path}, which says what was written into photos, belongs to another user. Nothing was done.`);
  const records = text.split('\n').slice(0, -1).map((line) => checkedValue(recordSchema, line));
  const sessions: EmbedWrite[][] = [];
  const writes: EmbedWrite[] = [];
  for (const record of records) {
    if (record?.kind === 'begin') sessions.push([]);
    else if (record?.kind === 'undone') sessions.pop();
    else if (record !== undefined) {
      sessions.at(-1)?.push(record);
      writes.push(record);
    }
  }
  return { sessions, writes, damaged: records.filter((record) => record === undefined).length };
}

/** Whether a photo's name is one that a journal can hold. */
export function isInnerPath(photo: string): boolean {
  return innerPath.safeParse(photo).success;
}

/**
 * Adds a line, for good.
 * @throws WriteError where it is not there for good. Half of it may be there: no other line may follow, which would grow out of it
 *   and be lost with what it says. Else where the journal would be longer than what is read again
 */
export async function appendToJournal(disk: Disk, path: string, record: EmbedRecord): Promise<void> {
  const line = checkedLine(JSON.stringify(record));
  const there = (await disk.look(path))?.size ?? 0;
  if (there + Buffer.byteLength(line) > longestText) {
    throw new Error(`${path}, which says how to take marks out again, is as long as it may be. Move it away: what it says cannot be taken back then.`);
  }
  await disk.append(path, line).catch((error: unknown) => {
    throw new WriteError(`Cannot write ${path}, which says how to take marks out again: ${fileProblem(error, 'write')}`);
  });
}

/**
 * Takes off a last line that was cut short, out of which the next would grow; makes the file's name outlast a power cut.
 * @throws UsageError where another file lies there, which is not ours to write into
 */
export async function settleEmbedJournal(disk: Disk, path: string): Promise<void> {
  if (await disk.look(path) === undefined) await disk.append(path, '');
  const { text, whole } = await disk.read(path);
  const isJournal = mayBeginWith(text, '{"kind":"begin"') || text.split('\n').some((line) => checkedValue(recordSchema, line) !== undefined);
  if (!isJournal) {
    throw new UsageError(`${path}, which should say what was written into photos, is another file. Move it away, or give the report another name.`);
  }
  await disk.truncate(path, whole);
  await disk.flushFolder(dirname(path));
}

/**
 * Whether a file that looks otherwise now is the photo that it was: only marks were written into it, or taken back, since.
 * @returns a function of a photo, how it looked and how it looks
 */
export function samePhotos({ writes }: Pick<Embedded, 'writes'>): (photo: string, then: FileLooks, now: FileLooks) => boolean {
  const known = new Map<string, Set<string>>();
  for (const { photo, before, after } of writes) {
    const looks = known.get(photo) ?? new Set();
    known.set(photo, looks.add(looksOf(before)).add(looksOf(after)));
  }
  return (photo, then, now) => known.get(photo)?.has(looksOf(then)) === true && known.get(photo)?.has(looksOf(now)) === true;
}

/** Reports have whole seconds. */
function looksOf({ size, modified }: FileLooks): string {
  return `${String(size)} ${String(Math.floor(modified / 1000))}`;
}
