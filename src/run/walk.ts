/**
 * Finds the photos of a run. Only reads.
 */
import { stat } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { errorCode } from '../files/error-code.js';
import { isInside, listFolder, realPath, reportName, systemPath, type FolderEntry } from '../files/file-name.js';
import { fileProblem } from '../files/problem.js';
import { openRegularFile, readBytes } from '../files/regular-file.js';
import { listTar, TarError, type TarEntry } from '../files/tar.js';
import { UsageError } from '../core/usage-error.js';
import type { FilePart, PhotoFile } from '../core/result.js';
import { isDebugPicture } from '../image/debug-mark.js';
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
  readonly unreadFolders: readonly UnreadFolder[];
}

/** A folder, or a tar, that could not be looked into. */
export interface UnreadFolder {
  readonly folder: string;
  /** The second half of a sentence, with its full stop. */
  readonly reason: string;
}

/** Names that promise a photo. A file with another name is taken if its content is one of the supported formats. */
const photoExtensions = new Set([
  '.jpg', '.jpeg', '.jpe', '.jfif', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.svg', '.heic', '.heif', '.hif',
  '.cr2', '.cr3', '.nef', '.arw', '.dng', '.raf', '.orf', '.rw2', '.pef', '.srw', '.nrw', '.bmp', '.jp2', '.jxl',
]);

/** Files that a killed run or sort, or a browser, has left half-written, whatever is in them. */
const unfinished = /\.(?:pipeline-)?part$/i;

/** Pictures of what was found where; their own content says so too. */
const debugPicture = /\.(?:faces\.jpg|eye-\d+\.png)$/;

/**
 * Lists the photos under folders, in tars (those that are named, not those that lie in folders) and files, recursively; hidden files and folders, half-written files (.part) and the tool's
 * own pictures are left out.
 *
 * Names are relative to the folder given or, where several things are given, to the deepest folder that holds them all.
 * A thing that is reached twice is listed once. What cannot be opened is listed: its row says why.
 * @throws UsageError where a path does not exist
 */
export async function findPhotos(inputs: readonly string[], options: WalkOptions): Promise<Walk> {
  const roots = await Promise.all(inputs.map(async (input) => ({ path: resolve(input), isFolder: await isFolder(input) })));
  const base = commonFolder(roots.map((root) => (root.isFolder ? root.path : dirname(root.path))));
  const walker = new Walker(options.followLinks);
  for (const root of roots) {
    if (root.isFolder) await walker.root(root.path);
    else if (extname(root.path).toLowerCase() === '.tar') await walker.tar(root.path);
    else await walker.file(root.path);
  }
  const named = (path: string): string => reportName(relative(base, path).split(sep).join('/'));
  const photos: PhotoFile[] = [
    ...walker.files.map((path) => ({ path, photo: named(path) })),
    ...walker.inTars.map(({ tar: path, entry: { name, offset, length } }) => ({ path, part: { offset, length }, photo: named(`${path}${sep}${name}`) })),
  ];
  // Code units, not a locale's order: the same report on every machine.
  photos.sort((a, b) => (a.photo < b.photo ? -1 : Number(a.photo > b.photo)));
  return {
    folder: base,
    photos,
    skippedLinks: walker.skippedLinks.map(named),
    unreadFolders: walker.unreadFolders.map(({ folder, reason }) => ({ folder: named(folder), reason })),
  };
}

class Walker {
  readonly files: string[] = [];
  readonly inTars: { readonly tar: string; readonly entry: TarEntry }[] = [];
  readonly skippedLinks: string[] = [];
  readonly unreadFolders: UnreadFolder[] = [];
  private readonly seen = new Set<string>();

  constructor(private readonly followLinks: boolean) {}

  async root(path: string): Promise<void> {
    await this.folder(path, await realPath(path).catch(() => path));
  }

  async file(path: string): Promise<void> {
    if (this.firstVisit(await realPath(path).catch(() => path))) this.files.push(path);
  }

  /** The photos in a tar. A tar that is damaged, or made to do harm, is left out as a whole. */
  async tar(path: string): Promise<void> {
    if (!this.firstVisit(await realPath(path).catch(() => path))) return;
    try {
      for (const entry of await listTar(path)) {
        if (entry.name.split('/').some(isLeftOut) || !await looksLikePhoto(path, entry)) continue;
        this.inTars.push({ tar: path, entry });
      }
    } catch (error) {
      this.unreadFolders.push({ folder: path, reason: error instanceof TarError ? error.message : fileProblem(error, 'read') });
    }
  }

  private async folder(path: string, root: string): Promise<void> {
    let entries: readonly FolderEntry[];
    try {
      if (!this.firstVisit(await realPath(path))) return;
      entries = await listFolder(path);
    } catch (error) {
      this.unreadFolders.push({ folder: path, reason: fileProblem(error, 'read') });
      return;
    }
    for (const entry of entries) {
      if (isLeftOut(entry.name)) continue;
      const child = join(path, entry.name);
      if (entry.isSymbolicLink()) await this.link(child, root);
      else if (entry.isDirectory()) await this.folder(child, root);
      // A pipe or socket under a photo's name is listed too: nothing disappears in silence.
      else if (entry.isFile() ? await looksLikePhoto(child) : hasPhotoName(child)) await this.file(child);
    }
  }

  private async link(path: string, root: string): Promise<void> {
    let target: string;
    try {
      target = await realPath(path);
    } catch {
      if (hasPhotoName(path)) this.files.push(path);
      return;
    }
    if (isInside(target, root)) return this.linkInside(path, target, root);
    if (!this.followLinks) {
      this.skippedLinks.push(path);
      return;
    }
    if (await isFolder(path)) await this.folder(path, root);
    else if (await looksLikePhoto(path)) await this.file(path);
  }

  /**
   * A link to something inside the folder is met again as itself: listed once, under its own name. But not where that is
   * hidden, as with git-annex: there the links are the photos.
   */
  private async linkInside(path: string, target: string, root: string): Promise<void> {
    if (!relative(root, target).split(sep).some(isLeftOut)) return;
    if (await isFolder(path)) await this.folder(path, root);
    else if (await looksLikePhoto(path)) this.files.push(path);
  }

  private firstVisit(real: string): boolean {
    if (this.seen.has(real)) return false;
    this.seen.add(real);
    return true;
  }
}

function isLeftOut(name: string): boolean {
  return name.startsWith('.') || unfinished.test(name);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(systemPath(path))).isDirectory();
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UsageError(`There is no file or folder called ${path}.`);
    return false;
  }
}

function hasPhotoName(path: string): boolean {
  return photoExtensions.has(extname(path).toLowerCase());
}

/** @param entry of the tar that lies at `path` */
async function looksLikePhoto(path: string, entry?: TarEntry): Promise<boolean> {
  const name = entry?.name ?? path;
  if (hasPhotoName(name)) return !(debugPicture.test(name) && isDebugPicture(await beginningOf(path, 4096, entry)));
  // A sidecar of an editor or a text is no photo; a JPEG without an ending is.
  return sniffFormat(await beginningOf(path, 32, entry)).supported;
}

/** The first bytes of a file, or of a part of it; none where it cannot be read. */
async function beginningOf(path: string, most: number, part?: FilePart): Promise<Buffer> {
  const length = Math.min(most, part?.length ?? most);
  try {
    const file = await openRegularFile(path);
    try {
      return await readBytes(file, length, part?.offset);
    } finally {
      await file.close();
    }
  } catch {
    return Buffer.alloc(0);
  }
}

function commonFolder(folders: readonly string[]): string {
  let common = folders[0] ?? '.';
  while (!folders.every((folder) => isInside(folder, common)) && dirname(common) !== common) common = dirname(common);
  return common;
}
