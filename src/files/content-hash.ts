/**
 * Whether files hold the same bytes, without holding them in memory.
 */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { FilePart } from '../core/result.js';
import { openRegularFile } from './regular-file.js';

/** SHA-256 of a file's content, or of a part of it, hexadecimal. @throws as `openRegularFile` and reading do */
export async function contentHash(path: string, part?: FilePart): Promise<string> {
  const hash = createHash('sha256');
  // Streams know no part without bytes.
  if (part?.length === 0) return hash.digest('hex');
  const file = await openRegularFile(path);
  // Closes the file when it is done.
  await pipeline(file.createReadStream(part === undefined ? {} : { start: part.offset, end: part.offset + part.length - 1 }), hash);
  return hash.digest('hex');
}
