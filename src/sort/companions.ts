/**
 * Which files belong together: a photo, its RAW twin, and the sidecars in which editors keep what was done to it.
 */
import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';

/** Endings of sidecars; some editors put them behind the whole name of the photo: `IMG.CR2.xmp`. */
const sidecars = new Set(['.xmp', '.pp3', '.dop', '.cos', '.on1', '.thm', '.aae']);

/** The name that companions share: `IMG` for `IMG.jpg`, `IMG.CR2`, `IMG.xmp` and `IMG.CR2.xmp`. */
export function stemOf(name: string): string {
  const extension = extname(name);
  const rest = name.slice(0, name.length - extension.length);
  if (!sidecars.has(extension.toLowerCase())) return rest;
  return extname(rest) === '' ? rest : rest.slice(0, rest.length - extname(rest).length);
}

/** Names of the files of a folder by stem; empty where the folder cannot be read. */
export async function filesByStem(folder: string): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory() || entry.name.startsWith('.')) continue;
    const stem = stemOf(entry.name);
    groups.set(stem, [...(groups.get(stem) ?? []), entry.name]);
  }
  for (const names of groups.values()) names.sort();
  return groups;
}
