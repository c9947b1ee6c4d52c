/**
 * Labelled images on disk: folders or tars with `open/`, `closed/` and perhaps `hidden/` inside, or with a labels.csv.
 */
import { createWriteStream, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { UsageError } from '../../core/usage-error.js';
import { fileProblem } from '../../files/problem.js';
import { openRegularFile } from '../../files/regular-file.js';
import { makeTemporaryFolder } from '../../files/temporary-folder.js';
import { labelsFromFolder, readLabelTable, type FaceLabels, type LabelTable } from './labels.js';

/** An image with its labels. */
export interface LabelledImage {
  /** Where it is now. */
  readonly file: string;
  /** Its path inside the source, `/` between the parts. */
  readonly path: string;
  /** Of one face without a box, or of any number of faces with boxes. */
  readonly faces: readonly FaceLabels[];
}

/** One source: what a folder or a tar held. */
export interface LabelledSource {
  /** Name of the folder or of the tar without its ending. */
  readonly name: string;
  /** By path. */
  readonly images: readonly LabelledImage[];
  /** Images for which neither a folder nor the table gave a label. */
  readonly unlabelled: number;
  /** The tables of labels that there are, and whether any of their paths fits an image; where none does, the folders decide. */
  readonly tables: readonly { readonly file: string; readonly fits: boolean }[];
  /** Removes what was unpacked. */
  close(): void;
}

const IMAGE_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp']);

/** What a source is called: the name of the folder, or of the tar without its ending. */
export function sourceName(input: string): string {
  const name = basename(resolve(input));
  return isTar(name) && !(existsSync(input) && statSync(input).isDirectory()) ? name.slice(0, -extname(name).length) : name;
}

function isTar(path: string): boolean {
  return extname(path).toLowerCase() === '.tar';
}

/**
 * Packed eyes are told apart by the names of their sources.
 * @throws UsageError if a source is given twice, or two have one name
 */
export function checkApart(inputs: readonly string[]): void {
  const known = new Map<string, string>();
  for (const input of inputs) {
    const name = sourceName(input);
    const other = known.get(name);
    if (other !== undefined && truePath(other) === truePath(input)) {
      throw new UsageError(`${input} is given twice: its eyes would count twice. Name each source once.`);
    }
    if (other !== undefined) {
      throw new UsageError(`${other} and ${input} are both called ${name}, and sources are told apart by their names. Rename one of them.`);
    }
    known.set(name, input);
  }
}

function truePath(input: string): string {
  return existsSync(input) ? realpathSync(input) : resolve(input);
}

/** Tables of labels beside the sources' own. */
export interface LabelFiles {
  /** A table that knows any of a source's images speaks for all of them; a source's own labels.csv where none is given. */
  readonly labels?: readonly string[];
  /** Tables that have the last word on single images, whatever folders and other tables say. */
  readonly corrections?: readonly string[];
}

/**
 * Opens a source.
 * @param input a folder or a .tar; a tar is unpacked into a temporary folder until `close`
 * @throws UsageError if there is no such source, or a table is not one
 */
export async function openSource(input: string, files: LabelFiles = {}): Promise<LabelledSource> {
  const place = await openFolder(input);
  try {
    return await readSource(place, files);
  } catch (error) {
    place.close();
    throw error;
  }
}

/** Where the files of a source lie. */
export interface SourceFolder {
  /** Name of the folder or of the tar without its ending. */
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** Removes what was unpacked. */
  close(): void;
}

/**
 * A folder as it is, or a tar unpacked into a temporary one until `close`.
 * @throws UsageError if there is neither
 */
export async function openFolder(input: string): Promise<SourceFolder> {
  if (!existsSync(input)) throw new UsageError(`There is no folder or tar called ${input}.`);
  const name = sourceName(input);
  if (statSync(input).isDirectory()) return { name, folder: resolve(input), close: () => undefined };
  if (!isTar(input)) {
    throw new UsageError(`${input} is neither a folder nor a .tar. Give a folder with open/ and closed/ inside.`);
  }
  const { path: unpacked, remove: close } = makeTemporaryFolder('pipeline-pack');
  try {
    await unpack(input, unpacked);
    // Most tars hold one folder of the same name; paths inside the source begin below it.
    const inner = join(unpacked, name);
    return { name, folder: existsSync(inner) ? inner : unpacked, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function unpack(tar: string, folder: string): Promise<void> {
  const entries = extract();
  const file = await openRegularFile(tar).catch((error: unknown) => {
    throw new UsageError(`Cannot unpack ${tar}: ${fileProblem(error, 'read')}`);
  });
  const reading = pipeline(file.createReadStream(), entries);
  try {
    for await (const entry of entries) {
      const target = resolve(folder, entry.header.name);
      if (entry.header.type !== 'file' || !target.startsWith(folder + sep)) {
        entry.resume();
        continue;
      }
      mkdirSync(dirname(target), { recursive: true });
      await pipeline(entry, createWriteStream(target));
    }
    await reading;
  } catch (error) {
    reading.catch(() => undefined);
    throw new UsageError(`Cannot unpack ${tar}: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/**
 * Reads the labels of a source that is open already; its `close` is the place's.
 * @throws UsageError if a table is not one
 */
export async function readSource(place: SourceFolder, files: LabelFiles = {}): Promise<LabelledSource> {
  const { name, folder } = place;
  const own = join(folder, 'labels.csv');
  const tables = (files.labels ?? (statSync(own, { throwIfNoEntry: false })?.isFile() === true ? [own] : [])).map(readLabelTable);
  const corrections = (files.corrections ?? []).map(readLabelTable);
  const paths = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && IMAGE_ENDINGS.has(extname(entry.name).toLowerCase()))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  // A table that knows any of a source's images speaks for all of them: what it lacks was left out on purpose.
  const fits = (table: LabelTable): boolean => paths.some((path) => table.of(name, path) !== undefined);
  const fitting = tables.find(fits);
  const labelled = (path: string): readonly FaceLabels[] => {
    const corrected = corrections.map((table) => table.of(name, path)).find((faces) => faces !== undefined);
    return corrected ?? (fitting === undefined ? labelsFromFolder(path) : fitting.of(name, path) ?? []);
  };
  const images = paths.flatMap((path) => {
    const faces = labelled(path);
    return faces.length === 0 ? [] : [{ file: join(folder, path), path, faces }];
  });
  return {
    name, images, unlabelled: paths.length - images.length, close: () => { place.close(); },
    tables: [...tables, ...corrections].map((table) => ({ file: table.file, fits: fits(table) })),
  };
}

/**
 * The tables of labels that speak of none of the sources' images.
 * @param sources all that were opened with the same tables
 */
export function unusedTables(sources: readonly Pick<LabelledSource, 'tables'>[]): string[] {
  const tables = sources.flatMap((source) => source.tables);
  return [...new Set(tables.map(({ file }) => file))].filter((file) => !tables.some((table) => table.file === file && table.fits));
}

/** What to say of a table that speaks of none of the images. */
export function unusedTableWarning(file: string): string {
  return `No path in ${file} is that of an image: the table was ignored, and the folders open/ and closed/ decide. `
    + 'Its paths must be as in the source, such as sub/anna.jpg, or bare file names.';
}

/** What to say of a source without any labelled image. */
export function noLabels(input: string, { unlabelled, tables: [table] }: LabelledSource): string {
  if (unlabelled === 0) return `There are no images in ${input}.`;
  return table === undefined
    ? `${input} holds ${String(unlabelled)} images but no labels. Sort them into open/ and closed/, or give --labels table.csv.`
    : `${input} holds ${String(unlabelled)} images but no labels: no path in ${table.file} is that of one of them. `
      + 'Correct its paths, or sort the images into open/ and closed/.';
}
