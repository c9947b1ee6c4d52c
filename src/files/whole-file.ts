/**
 * Writes files that are whole or not there: beside their place first, flushed to the disk, then renamed.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/**
 * Puts `bytes` in place of what `path` held; until they are all on the disk, what it held stays.
 * @param beside where they are written first: a name in the same folder that no other writer uses at the time
 * @throws what the disk says; `beside` is removed then
 */
export function writeWholeFile(path: string, bytes: Uint8Array, beside: string): void {
  try {
    writeSynced(beside, bytes);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'w');
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
