/**
 * The sets of images beside the checkout (../shared/data).
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const unpacked = join(root, '.cache', 'shared');

/** Folder of a set, unpacked once into a folder that git ignores. */
export function sharedSet(kind, set) {
  const path = join(unpacked, set);
  if (!existsSync(path)) {
    mkdirSync(unpacked, { recursive: true });
    execFileSync('tar', ['-xf', join(root, '..', 'shared', 'data', kind, `${set}.tar`), '-C', unpacked]);
  }
  return path;
}
