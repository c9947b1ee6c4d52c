/**
 * Labelled images on disk: folders or tars with `open/` and `closed/` inside, or with a labels.csv.
 */
import { createReadStream, createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse/sync';
import { distance } from 'fastest-levenshtein';
import { extract } from 'tar-stream';
import { UsageError } from '../../core/usage-error.js';

export type Label = 0 | 1;

/** What is known of an image's eyes: one label for both, or one for each of the person's own left and right. */
export interface EyeLabels {
  readonly left?: Label;
  readonly right?: Label;
}

/** An image with its labels. */
export interface LabelledImage {
  /** Where it is now. */
  readonly file: string;
  /** Its path inside the source, `/` between the parts. */
  readonly path: string;
  readonly labels: EyeLabels;
}

/** One source: what a folder or a tar held. */
export interface LabelledSource {
  /** Name of the folder or of the tar without its ending. */
  readonly name: string;
  /** By path. */
  readonly images: readonly LabelledImage[];
  /** Images for which neither a folder nor the table gave a label. */
  readonly unlabelled: number;
  /** The table of labels that there is, and whether any of its paths fits an image; where none does, the folders decide. */
  readonly table?: { readonly file: string; readonly fits: boolean };
  /** Removes what was unpacked. */
  close(): void;
}

const IMAGE_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp']);
const FOLDER_LABEL: Readonly<Record<string, Label>> = { closed: 0, open: 1 };
const WORD_LABEL: Readonly<Record<string, Label>> = { closed: 0, open: 1, '0': 0, '1': 1 };

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

/**
 * Opens a source.
 * @param input a folder or a .tar; a tar is unpacked into a temporary folder until `close`
 * @param labelsFile table of labels (columns path,label or path,left,right); the source's own labels.csv where not given
 * @throws UsageError if there is no such source, or its table is not one
 */
export async function openSource(input: string, labelsFile?: string): Promise<LabelledSource> {
  if (!existsSync(input)) throw new UsageError(`There is no folder or tar called ${input}.`);
  const name = sourceName(input);
  if (statSync(input).isDirectory()) return readFolder(name, resolve(input), labelsFile, () => undefined);
  if (!isTar(input)) {
    throw new UsageError(`${input} is neither a folder nor a .tar. Give a folder with open/ and closed/ inside.`);
  }
  const unpacked = mkdtempSync(join(tmpdir(), 'pipeline-pack-'));
  const remove = (): void => { rmSync(unpacked, { recursive: true, force: true }); };
  // Also where the process is ended before anybody closes it.
  process.on('exit', remove);
  const close = (): void => {
    process.off('exit', remove);
    remove();
  };
  try {
    await unpack(input, unpacked);
    // Most tars hold one folder of the same name; paths inside the source begin below it.
    const inner = join(unpacked, name);
    return await readFolder(name, existsSync(inner) ? inner : unpacked, labelsFile, close);
  } catch (error) {
    close();
    throw error;
  }
}

async function unpack(tar: string, folder: string): Promise<void> {
  const entries = extract();
  const reading = pipeline(createReadStream(tar), entries);
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

async function readFolder(name: string, folder: string, labelsFile: string | undefined, close: () => void): Promise<LabelledSource> {
  const own = join(folder, 'labels.csv');
  const table = labelsFile ?? (existsSync(own) ? own : undefined);
  const paths = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && IMAGE_ENDINGS.has(extname(entry.name).toLowerCase()))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
  const fromTable = table === undefined ? undefined : labelFromTable(readTable(table), name);
  // A table that knows any of a source's images speaks for all of them: what it lacks was left out on purpose.
  const fits = fromTable !== undefined && paths.some((path) => fromTable(path) !== undefined);
  const labelOf = fits ? fromTable : labelFromFolder;
  const images = paths.flatMap((path) => {
    const labels = labelOf(path);
    return labels === undefined ? [] : [{ file: join(folder, path), path, labels }];
  });
  return { name, images, unlabelled: paths.length - images.length, ...(table === undefined ? {} : { table: { file: table, fits } }), close };
}

/**
 * The tables of labels that speak of none of the sources' images.
 * @param sources all that were opened with the same table
 */
export function unusedTables(sources: readonly Pick<LabelledSource, 'table'>[]): string[] {
  const tables = sources.flatMap(({ table }) => table ?? []);
  return [...new Set(tables.map(({ file }) => file))].filter((file) => !tables.some((table) => table.file === file && table.fits));
}

/** What to say of a table that speaks of none of the images. */
export function unusedTableWarning(file: string): string {
  return `No path in ${file} is that of an image: the table was ignored, and the folders open/ and closed/ decide. `
    + 'Its paths must be as in the source, such as sub/anna.jpg, or bare file names.';
}

/** What to say of a source without any labelled image. */
export function noLabels(input: string, { unlabelled, table }: LabelledSource): string {
  if (unlabelled === 0) return `There are no images in ${input}.`;
  return table === undefined
    ? `${input} holds ${unlabelled} images but no labels. Sort them into open/ and closed/, or give --labels table.csv.`
    : `${input} holds ${unlabelled} images but no labels: no path in ${table.file} is that of one of them. `
      + 'Correct its paths, or sort the images into open/ and closed/.';
}

type LabelOf = (path: string) => EyeLabels | undefined;

/** The innermost folder called open or closed decides. */
function labelFromFolder(path: string): EyeLabels | undefined {
  const folder = path.split('/').slice(0, -1).findLast((part) => part.toLowerCase() in FOLDER_LABEL);
  return folder === undefined ? undefined : both(FOLDER_LABEL[folder.toLowerCase()]);
}

function both(label: Label | undefined): EyeLabels | undefined {
  return label === undefined ? undefined : { left: label, right: label };
}

function labelFromTable(table: ReadonlyMap<string, EyeLabels>, source: string): LabelOf {
  return (path) => table.get(path) ?? table.get(`${source}/${path}`) ?? table.get(basename(path));
}

/** Labels by the path that the table's first column has. */
function readTable(file: string): Map<string, EyeLabels> {
  let records: Record<string, string>[];
  try {
    records = parse(readFileSync(file), { columns: true, skip_empty_lines: true, trim: true, bom: true });
  } catch (error) {
    throw new UsageError(`Cannot read the labels in ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const columns = Object.keys(records[0] ?? {});
  const key = ['path', 'file', 'image'].find((name) => columns.includes(name));
  const hasLabels = columns.includes('label') || (columns.includes('left') && columns.includes('right'));
  if (key === undefined || !hasLabels) {
    throw new UsageError(`${file} needs the columns path,label (open or closed), or path,left,right; it has: ${columns.join(',')}.`);
  }
  return new Map(records.flatMap((record) => {
    checkWords(record, record[key] ?? '', file);
    const labels = labelsOfRecord(record);
    return labels === undefined ? [] : [[record[key] ?? '', labels]];
  }));
}

/** A mistyped label would silently be none, and the image be left out or labelled by its folder. Other words mean no label. */
function checkWords(record: Readonly<Record<string, string>>, image: string, file: string): void {
  for (const column of ['label', 'left', 'right']) {
    const word = record[column]?.toLowerCase() ?? '';
    const meant = ['open', 'closed'].find((known) => word.length > 2 && word !== known && distance(word, known) <= 2);
    if (meant !== undefined) throw new UsageError(`${file} says of ${image} "${record[column]}" (${column}). Did you mean ${meant}?`);
  }
}

function labelsOfRecord(record: Readonly<Record<string, string>>): EyeLabels | undefined {
  const word = (name: string): Label | undefined => WORD_LABEL[record[name]?.toLowerCase() ?? ''];
  const common = word('label');
  const left = word('left') ?? common;
  const right = word('right') ?? common;
  if (left === undefined && right === undefined) return undefined;
  return { ...(left === undefined ? {} : { left }), ...(right === undefined ? {} : { right }) };
}
