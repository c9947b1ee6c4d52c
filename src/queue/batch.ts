/**
 * What goes over the wire: photos as names, never as pixels, and what was found in them.
 */
import { deflateRaw, inflateRaw, type InputType } from 'node:zlib';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { PhotoResult } from '../core/result.js';
import { parseRecord, recordText } from '../run/journal-record.js';

/** A photo that is handed out. */
export const handedPhoto = z.strictObject({
  /** What the report calls it. */
  photo: z.string(),
  /** Where its file, or the tar that it is in, lies below the root, `/` between the parts. */
  path: z.string(),
  /** How the file looked to whoever hands it out: bytes, milliseconds since 1970. Absent where it could not be looked at. */
  size: z.number().exactOptional(),
  modified: z.number().exactOptional(),
  /** Which bytes of a tar are the photo. */
  part: z.strictObject({ offset: z.int().min(0), length: z.int().min(0) }).exactOptional(),
});

export type HandedPhoto = z.infer<typeof handedPhoto>;

/** Photos of the largest batch that settings allow (queue.batch); a larger one would keep a worker from all other runs. */
const mostPhotos = 256;
const batch = z.array(handedPhoto).min(1).max(mostPhotos);

export function batchText(photos: readonly HandedPhoto[]): string {
  return JSON.stringify(photos);
}

/** The photos of a batch, or undefined where a text holds none. */
export function parseBatch(text: string): HandedPhoto[] | undefined {
  return batch.safeParse(parseJson(text)).data;
}

/** What a worker found in a batch: a result for each of its photos, in their order. */
export interface BatchResults {
  /** Who judged. */
  readonly worker: string;
  readonly results: readonly PhotoResult[];
}

/** Bytes of results, with the pictures of a page, of the largest batch there may be; more is not unpacked. */
const mostBytes = 2 ** 28;

const pack = promisify<InputType, Buffer>(deflateRaw);
const unpack = promisify<InputType, { maxOutputLength: number }, Buffer>(inflateRaw);
const packed = z.strictObject({ worker: z.string(), records: z.array(z.string()) });

export async function packResults({ worker, results }: BatchResults): Promise<Buffer> {
  const records = results.map((result) => recordText({ stamp: { size: 0, modified: 0 }, result }));
  return pack(JSON.stringify({ worker, records }));
}

/** What `packResults` packed, or undefined where bytes are not that: who writes to the server may be anybody who may. */
export async function unpackResults(bytes: Buffer): Promise<BatchResults | undefined> {
  const text = await unpack(bytes, { maxOutputLength: mostBytes }).catch(() => undefined);
  const { data } = packed.safeParse(parseJson(text?.toString('utf8') ?? ''));
  if (data === undefined) return undefined;
  const results = data.records.flatMap((record) => parseRecord(record)?.result ?? []);
  return results.length === data.records.length ? { worker: data.worker, results } : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
