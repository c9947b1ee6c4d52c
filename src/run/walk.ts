/**
 * Finds the photos of a run. Only reads.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { errorCode } from '../files/error-code.js';
import { openRegularFile, readBytes } from '../files/regular-file.js';
import { UsageError } from '../core/usage-error.js';
import type { PhotoFile } from '../core/result.js';
import { sniffFormat } from '../image/format.js';

export interface WalkOptions {
  /** Follow links that lead outside the folder given. */
  readonly followLinks: boolean;
}

export interface Walk {
  /** The folder that the names of photos are relative to. */
  readonly folder: string;
  /** In report order. */
  readonly photos: readonly PhotoFile[];
  /** Links that were left alone because they lead outside. */
  readonly skippedLinks: readonly string[];
}

/** Names that promise a photo. A file with another name is taken if its content is one of the supported formats. */
const photoExtensions = new Set([
  '.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.svg', '.heic', '.heif', '.hif',
  '.cr2', '.cr3', '.nef', '.arw', '.dng', '.raf', '.orf', '.rw2', '.pef', '.srw', '.nrw', '.bmp', '.jp2', '.jxl',
]);

/** Files that a killed run or sort, or a browser, has left half-written, whatever is in them. */
const unfinished = /\.(?:pipeline-)?part$/i;

/**
 * Lists the photos under folders and files, recursively; hidden files and folders, and half-written files
 * (.part), are left out.
 *
 * Names are relative to the folder given or, where several things are given, to the deepest folder that holds them all.
 * A thing that is reached twice is listed once.
 * @throws UsageError where a path does not exist
 */
export async function findPhotos(inputs: readonly string[], options: WalkOptions): Promise<Walk> {
  const roots = await Promise.all(inputs.map(async (input) => ({ path: resolve(input), isFolder: await isFolder(input) })));
  const base = commonFolder(roots.map((root) => (root.isFolder ? root.path : dirname(root.path))));
  const walker = new Walker(options.followLinks);
  for (const root of roots) {
    if (root.isFolder) await walker.folder(root.path, await realpath(root.path));
    else await walker.file(root.path);
  }
  const named = (path: string): string => relative(base, path).split(sep).join('/');
  const photos = walker.files.map((path) => ({ path, photo: named(path) }));
  // Code units, not a locale's order: the same report on every machine.
  photos.sort((a, b) => (a.photo < b.photo ? -1 : Number(a.photo > b.photo)));
  return { folder: base, photos, skippedLinks: walker.skippedLinks.map(named) };
}

class Walker {
  readonly files: string[] = [];
  readonly skippedLinks: string[] = [];
  private readonly seen = new Set<string>();

  constructor(private readonly followLinks: boolean) {}

  async folder(path: string, root: string): Promise<void> {
    if (!this.firstVisit(await realpath(path))) return;
    let entries: Dirent[];
    try {
      entries = await readdir(path, { withFileTypes: true });
    } catch {
      // Listed as it is: opening it fails, and its row says why. Nothing disappears in silence.
      this.files.push(path);
      return;
    }
    for (const entry of entries) {
      if (entry.name.startsWith('.') || unfinished.test(entry.name)) continue;
      const child = join(path, entry.name);
      if (entry.isSymbolicLink()) await this.link(child, root);
      else if (entry.isDirectory()) await this.folder(child, root);
      else if (entry.isFile() && await looksLikePhoto(child)) await this.file(child);
    }
  }

  async file(path: string): Promise<void> {
    if (this.firstVisit(await realpath(path).catch(() => path))) this.files.push(path);
  }

  private async link(path: string, root: string): Promise<void> {
    let target: string;
    try {
      target = await realpath(path);
    } catch {
      if (photoExtensions.has(extname(path).toLowerCase())) this.files.push(path);
      return;
    }
    if (!this.followLinks && !isInside(target, root)) {
      this.skippedLinks.push(path);
      return;
    }
    // A link to something inside the folder is met again as itself: listed once, under its own name.
    if (isInside(target, root)) return;
    if (await isFolder(path)) await this.folder(path, root);
    else if (await looksLikePhoto(path)) await this.file(path);
  }

  private firstVisit(real: string): boolean {
    if (this.seen.has(real)) return false;
    this.seen.add(real);
    return true;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UsageError(`There is no file or folder called ${path}.`);
    return false;
  }
}

async function looksLikePhoto(path: string): Promise<boolean> {
  if (photoExtensions.has(extname(path).toLowerCase())) return true;
  // A sidecar of an editor or a text is no photo; a JPEG without an ending is.
  try {
    const file = await openRegularFile(path);
    try {
      return sniffFormat(await readBytes(file, 32)).supported;
    } finally {
      await file.close();
    }
  } catch {
    return false;
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function commonFolder(folders: readonly string[]): string {
  let common = folders[0] ?? '.';
  while (!folders.every((folder) => isInside(folder, common)) && dirname(common) !== common) common = dirname(common);
  return common;
}
