/**
 * How to get a photo's file back, to the last byte, as it was before metadata were written into it: its picture lies in the new file,
 * and all else is kept here, as many bytes as the camera's notes and previews take when they are packed.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { imageParts } from './image-parts.js';

/** Pieces of the old file in their order: bytes of the new one, or bytes by themselves (compressed, base64). */
export const wayBackSchema = z.array(z.union([
  z.tuple([z.number().int().min(0), z.number().int().min(1)]).readonly(),
  z.string(),
])).readonly();
export type WayBack = z.infer<typeof wayBackSchema>;

/** Bytes; a shorter piece is kept as it is: saying where it lies would take as long. */
const worthCopying = 64;

/**
 * @param before the old file
 * @param after one with the same picture, see `isSameImage`
 */
export function wayBack(before: Buffer, after: Buffer): WayBack {
  const there = imageParts(after);
  const parts = imageParts(before).map(({ start, end }, index) => ({ start, end, at: there[index]?.start ?? 0 }))
    .filter(({ start, end }) => end - start >= worthCopying).sort((a, b) => a.start - b.start);
  const pieces: ([number, number] | string)[] = [];
  let done = 0;
  for (const { start, end, at } of parts) {
    // Two fields may lead to the same bytes.
    if (start < done) continue;
    if (start > done) pieces.push(packed(before.subarray(done, start)));
    const last = pieces.at(-1);
    if (typeof last === 'object' && last[0] + last[1] === at) last[1] += end - start;
    else pieces.push([at, end - start]);
    done = end;
  }
  if (done < before.length) pieces.push(packed(before.subarray(done)));
  return pieces;
}

/**
 * The old file, from the new one. What the pieces do not fit gives another file: compare its hash.
 * @param size bytes of the old file: somebody else's pieces may unpack to any length
 * @throws RangeError where there are more
 */
export function goBack(after: Buffer, pieces: WayBack, size: number): Buffer {
  const old: Buffer[] = [];
  let left = size;
  for (const piece of pieces) {
    // One byte at least may come out, and is one too many where none is left.
    const bytes = typeof piece === 'string' ? inflateRawSync(Buffer.from(piece, 'base64'), { maxOutputLength: Math.max(1, left) })
      : after.subarray(piece[0], piece[0] + piece[1]);
    left -= bytes.length;
    if (left < 0) throw new RangeError('it is longer than it was');
    old.push(bytes);
  }
  return Buffer.concat(old);
}

function packed(bytes: Buffer): string {
  return deflateRawSync(bytes).toString('base64');
}
