/**
 * Whether files hold the same bytes, without holding them in memory.
 */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { openRegularFile } from './regular-file.js';

/** SHA-256 of a file's content, hexadecimal. @throws as `openRegularFile` and reading do */
export async function contentHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await openRegularFile(path);
  // Closes the file when it is done.
  await pipeline(file.createReadStream(), hash);
  return hash.digest('hex');
}
