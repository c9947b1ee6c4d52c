/**
 * Which files belong together: a photo, its RAW twin, and the sidecars in which editors keep what was done to it.
 */
import { extname } from 'node:path';
import type { Disk } from '../files/disk.js';

/** Endings of sidecars; some editors put them behind the whole name of the photo: `IMG.CR2.xmp`. */
const sidecars = new Set(['.xmp', '.pp3', '.dop', '.cos', '.on1', '.thm', '.aae']);

/** The name that a photo shares with its companions: `IMG` for `IMG.jpg`. */
export function stemOf(name: string): string {
  return name.slice(0, name.length - extname(name).length);
}

/**
 * The stem of each name in a folder: `IMG` for `IMG.jpg`, `IMG.CR2`, `IMG.xmp` and `IMG.CR2.xmp`, and `2024.05.01` for
 * `2024.05.01.xmp` where there is a `2024.05.01.jpg`.
 */
export function stemsOf(names: readonly string[]): string[] {
  const isSidecar = (name: string): boolean => sidecars.has(extname(name).toLowerCase());
  const photos = new Set(names.filter((name) => !isSidecar(name)));
  const stems = new Set([...photos].map(stemOf));
  return names.map((name) => {
    const rest = stemOf(name);
    return isSidecar(name) && (photos.has(rest) || !stems.has(rest)) ? stemOf(rest) : rest;
  });
}

/** Names of what is in a folder, by stem; empty where the folder cannot be read. Folders may be among them. */
export async function namesByStem(disk: Disk, folder: string): Promise<Map<string, string[]>> {
  const groups = new Map<string, string[]>();
  const names = await disk.list(folder).catch(() => []);
  const shown = names.filter((name) => !name.startsWith('.')).sort();
  for (const [at, stem] of stemsOf(shown).entries()) {
    const name = shown[at] ?? '';
    const group = groups.get(stem);
    if (group === undefined) groups.set(stem, [name]);
    else group.push(name);
  }
  return groups;
}
