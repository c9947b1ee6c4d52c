/**
 * Photos with boxes on disk, as others annotate them.
 */
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { UsageError } from '../../core/usage-error.js';
import { openFolder, type SourceFolder } from '../data/sources.js';
import type { CropEye, CropFace } from './faces.js';

/** A photo with the boxes that people drew on it. */
export interface AnnotatedPhoto {
  /** Where it is now. */
  readonly file: string;
  /** Its path inside the source, `/` between the parts. */
  readonly path: string;
  /** px of the photo as it is shown. */
  readonly faces: readonly CropFace[];
}

export interface AnnotatedSource {
  readonly name: string;
  /** Which kind of annotation was found, for people. */
  readonly format: string;
  readonly photos: readonly AnnotatedPhoto[];
  /** Images that the annotations name and that are not there. */
  readonly missing: readonly string[];
  /** How many images are there that the annotations do not name. */
  readonly unnamed: number;
}

const IMAGE_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp']);

/** Boxes by the name that an annotation gives to its image. */
type Boxes = Map<string, CropFace[]>;

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/**
 * Opens photos with boxes, see `readAnnotated`.
 * @param input a folder or a .tar; a tar is unpacked into a temporary folder until `close`
 * @throws UsageError if there are no annotations, or they cannot be read
 */
export async function openAnnotatedSource(input: string): Promise<AnnotatedSource & Pick<SourceFolder, 'close'>> {
  const place = await openFolder(input);
  try {
    const source = await readAnnotated(place);
    if (source === undefined) throw new UsageError(await noBoxes(input, place));
    return { ...source, close: () => { place.close(); } };
  } catch (error) {
    place.close();
    throw error;
  }
}

/** What to say of a source that has no boxes, nor labelled pictures of one face. */
export async function noBoxes(input: string, place: SourceFolder): Promise<string> {
  const unfit = await unfitTable(place);
  const todo = unfit === undefined
    ? 'put an annotations.csv (image,x,y,width,height), WIDER FACE\'s .txt, a COCO .json or Pascal VOC .xml files beside the photos.'
    : `${unfit}. A box reaches from the forehead to the chin and is as wide as the face, px; where yours are such boxes, give the columns these names.`;
  return `${input} holds no boxes: ${todo} Pictures of one face each need none where they are sorted into open/ and closed/, or --labels has their eyes.`;
}

/** Says which columns an annotations.csv lacks to be read; undefined where there is none, or it lacks nothing. */
export async function unfitTable({ folder }: SourceFolder): Promise<string | undefined> {
  const csv = (await filesIn(folder)).find(isTable);
  if (csv === undefined) return undefined;
  const columns = columnsOf(readFileSync(join(folder, csv), 'utf8'));
  const lacking = missingColumns(columns);
  return lacking.length === 0
    ? undefined : `${csv} lacks the column${lacking.length === 1 ? '' : 's'} ${lacking.join(', ')}; its first line is "${shortened(columns.join(','))}"`;
}

/**
 * Reads a folder of photos with boxes. Known are, in this order: annotations.csv (columns image, x, y, width, height; others
 * are optional, see `readCsv`), WIDER FACE's list (a .txt), COCO (a .json), Pascal VOC (an .xml a photo).
 * @returns undefined if there are no annotations of these kinds; an annotations.csv without those columns is none
 * @throws UsageError if they cannot be read
 */
export async function readAnnotated({ name: sourceName, folder }: SourceFolder): Promise<AnnotatedSource | undefined> {
  const files = await filesIn(folder);
  const annotations = findAnnotations(folder, files);
  if (annotations === undefined) return undefined;
  const { format } = annotations;
  const boxes = annotations.read();
  const images = files.filter((path) => IMAGE_ENDINGS.has(extname(path).toLowerCase()));
  const byName = new Map(images.flatMap((path) => [[basename(path), path], [path, path]]));
  const photos: AnnotatedPhoto[] = [];
  const missing: string[] = [];
  for (const [name, faces] of boxes) {
    const path = byName.get(name) ?? byName.get(basename(name));
    if (path === undefined) missing.push(name);
    else photos.push({ file: join(folder, path), path, faces });
  }
  if (photos.length === 0) {
    throw new UsageError(`${sourceName}: none of the ${String(boxes.size)} images that the ${format} names is there.`);
  }
  return { name: sourceName, format, photos, missing, unnamed: images.length - new Set(photos.map(({ path }) => path)).size };
}

interface Annotations {
  /** For people. */
  readonly format: string;
  read(): Boxes;
}

function findAnnotations(folder: string, files: readonly string[]): Annotations | undefined {
  const text = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const ending = (suffix: string): string[] => files.filter((path) => extname(path).toLowerCase() === suffix);
  const csv = files.find(isTable);
  if (csv !== undefined && missingColumns(columnsOf(text(csv))).length === 0) return { format: 'annotations.csv', read: () => readCsv(text(csv), csv) };
  const list = ending('.txt').find((path) => /\.(jpe?g|png)\r?\n\d+\r?\n/i.test(text(path).slice(0, 2000)));
  if (list !== undefined) return { format: 'WIDER FACE list', read: () => readWider(text(list), list) };
  const json = ending('.json').find((path) => text(path).includes('"bbox"'));
  if (json !== undefined) return { format: 'COCO JSON', read: () => readCoco(text(json), json) };
  const xml = ending('.xml').filter((path) => text(path).includes('<bndbox>'));
  if (xml.length === 0) return undefined;
  return { format: 'Pascal VOC XML', read: () => readVoc(xml.map((path) => ({ path, text: text(path) }))) };
}

function isTable(path: string): boolean {
  return basename(path) === 'annotations.csv';
}

/** The words of a table's first line. */
function columnsOf(text: string): string[] {
  return readTable(text.split(/\r?\n/, 1)[0] ?? '', 'annotations.csv', false).flatMap((line) => z.array(z.string()).parse(line));
}

function missingColumns(columns: readonly string[]): string[] {
  return ['image', 'x', 'y', 'width', 'height'].filter((column) => !columns.includes(column));
}

/** @throws UsageError where it is no table */
function readTable(text: string, file: string, columns: boolean): unknown[] {
  try {
    return parse(text, { columns, skip_empty_lines: true, trim: true, bom: true });
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function shortened(line: string): string {
  return line.length > 120 ? `${line.slice(0, 120)}...` : line;
}

function face(box: { x: number; y: number; width: number; height: number }, ignored: boolean, eyes: readonly CropEye[] = []): CropFace[] {
  if (!(box.width > 0 && box.height > 0)) return [];
  return [{ ...box, ignored, eyes: [eyes[0] ?? {}, eyes[1] ?? {}] }];
}

function push(boxes: Boxes, image: string, faces: readonly CropFace[]): void {
  boxes.set(image, [...boxes.get(image) ?? [], ...faces]);
}

const csvRow = z.object({
  image: z.string().min(1),
  x: z.coerce.number(), y: z.coerce.number(), width: z.coerce.number(), height: z.coerce.number(),
  invalid: z.coerce.number().optional(),
  right_eye: z.string().optional(), left_eye: z.string().optional(),
});

/** As in tables of labels: narrow eyes are open, lids lowered over the iris are closed, dark glasses hide. */
const EYE_WORDS = new Map<string, CropEye>([
  ['open', { visible: 1, open: 1 }], ['narrow', { visible: 1, open: 1 }],
  ['closed', { visible: 1, open: 0 }], ['lowered', { visible: 1, open: 0 }],
  ['hidden', { visible: 0 }], ['sunglasses', { visible: 0 }],
  ['unclear', {}], ['', {}],
]);

/**
 * Rows of `image,x,y,width,height`; optional are `invalid` (1: neither a face nor none) and `right_eye`, `left_eye` (the
 * person's own; `EYE_WORDS` has the words). A row without a box says that the image has no face.
 */
export function readCsv(text: string, file: string): Boxes {
  const boxes: Boxes = new Map();
  for (const [index, record] of readTable(text, file, true).entries()) {
    const at = `${file}, row ${String(index + 2)}`;
    const row = csvRow.safeParse(record);
    if (!row.success) throw new UsageError(`${at}: ${row.error.issues[0]?.path.join('.') ?? ''} must be ${row.error.issues[0]?.path[0] === 'image' ? 'a file' : 'a number'}.`);
    const { image, invalid, right_eye: right, left_eye: left, ...box } = row.data;
    push(boxes, image, face(box, invalid === 1, [eyeOf(right, at), eyeOf(left, at)]));
  }
  return boxes;
}

function eyeOf(word = '', at: string): CropEye {
  const eye = EYE_WORDS.get(word.toLowerCase());
  if (eye === undefined) throw new UsageError(`${at}: an eye is ${[...EYE_WORDS.keys()].filter((known) => known !== '').join(', ')}, or not said; it is not "${word}".`);
  return eye;
}

/** WIDER FACE's list: a name, the number of boxes, then `x y width height blur expression illumination invalid occlusion pose`. */
export function readWider(text: string, file: string): Boxes {
  const lines = text.split(/\r?\n/);
  const boxes: Boxes = new Map();
  for (let at = 0; at < lines.length;) {
    const image = lines[at]?.trim() ?? '';
    const count = Number(lines[at + 1]?.trim());
    if (image === '') {
      at += 1;
      continue;
    }
    if (!Number.isInteger(count)) throw new UsageError(`${file}, line ${String(at + 2)}: expected the number of faces on ${image}.`);
    // An image without a face has one line of zeros.
    const rows = lines.slice(at + 2, at + 2 + Math.max(1, count)).map((line, index) => numbersOf(line, `${file}, line ${String(at + 3 + index)}`));
    push(boxes, image, rows.flatMap(([x = 0, y = 0, width = 0, height = 0, , , , invalid = 0]) =>
      face({ x, y, width, height }, invalid === 1)));
    at += 2 + Math.max(1, count);
  }
  return boxes;
}

function numbersOf(line: string, at: string): number[] {
  const numbers = line.trim().split(/\s+/).map(Number);
  if (numbers.length < 4 || numbers.some(Number.isNaN)) throw new UsageError(`${at}: expected a face's x, y, width and height, not "${shortened(line)}".`);
  return numbers;
}

const cocoSchema = z.object({
  images: z.array(z.object({ id: z.union([z.number(), z.string()]), file_name: z.string() })),
  annotations: z.array(z.object({
    image_id: z.union([z.number(), z.string()]), bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    iscrowd: z.union([z.number(), z.boolean()]).optional(),
  })),
});

/** COCO: every annotation is taken for a face, whatever its category; crowds count neither way. */
export function readCoco(text: string, file: string): Boxes {
  const parsed = cocoSchema.safeParse(parseJson(text, file));
  if (!parsed.success) throw new UsageError(`${file} is not COCO: it needs images (id, file_name) and annotations (image_id, bbox).`);
  const names = new Map(parsed.data.images.map(({ id, file_name: name }) => [id, name]));
  const boxes: Boxes = new Map([...names.values()].map((name) => [name, []]));
  for (const { image_id: id, bbox: [x, y, width, height], iscrowd } of parsed.data.annotations) {
    const name = names.get(id);
    if (name !== undefined) push(boxes, name, face({ x, y, width, height }, Boolean(iscrowd)));
  }
  return boxes;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Pascal VOC: `filename`, and an `object` a face with its `bndbox`; those marked `difficult` count neither way. */
export function readVoc(files: readonly { readonly path: string; readonly text: string }[]): Boxes {
  const boxes: Boxes = new Map();
  for (const { path, text } of files) {
    const document = parseXml(text, path);
    const [name] = document.getElementsByTagName('filename');
    const image = name?.textContent?.trim() ?? `${basename(path, extname(path))}.jpg`;
    push(boxes, image, []);
    for (const object of document.getElementsByTagName('object')) {
      const value = (tag: string): number => Number(object.getElementsByTagName(tag)[0]?.textContent ?? NaN);
      const [x, y, right, bottom] = [value('xmin'), value('ymin'), value('xmax'), value('ymax')];
      if ([x, y, right, bottom].some(Number.isNaN)) throw new UsageError(`${path}: an object's bndbox needs xmin, ymin, xmax and ymax as numbers.`);
      push(boxes, image, face({ x, y, width: right - x, height: bottom - y }, value('difficult') === 1));
    }
  }
  return boxes;
}

function parseXml(text: string, file: string): ReturnType<DOMParser['parseFromString']> {
  try {
    return new DOMParser({ onError: (_level, message) => { throw new Error(message); } }).parseFromString(text, 'text/xml');
  } catch (error) {
    throw new UsageError(`${file} is not XML: ${error instanceof Error ? error.message : String(error)}`);
  }
}
