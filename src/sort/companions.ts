/**
 * Which files belong together: a photo, its RAW twin, and the sidecars in which editors keep what was done to it.
 */
import { extname } from 'node:path';
import type { Disk } from '../files/disk.js';

/** Endings of sidecars; some editors put them behind the whole name of the photo: `IMG.CR2.xmp`. */
const sidecars = new Set(['.xmp', '.pp3', '.dop', '.cos', '.on1', '.thm', '.aae']);

/** The name that companions share: `IMG` for `IMG.jpg`, `IMG.CR2`, `IMG.xmp` and `IMG.CR2.xmp`. */
export function stemOf(name: string): string {
  const extension = extname(name);
  const rest = name.slice(0, name.length - extension.length);
  if (!sidecars.has(extension.toLowerCase())) return rest;
  return extname(rest) === '' ? rest : rest.slice(0, rest.length - extname(rest).length);
}

/** Names of what is in a folder, by stem; empty where the folder cannot be read. Folders may be among them. */
export async function namesByStem(disk: Disk, folder: string): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  const names = await disk.list(folder).catch(() => []);
  for (const name of names.sort()) {
    if (name.startsWith('.')) continue;
    const stem = stemOf(name);
    const group = groups.get(stem);
    if (group === undefined) groups.set(stem, [name]);
    else group.push(name);
  }
  return groups;
}
