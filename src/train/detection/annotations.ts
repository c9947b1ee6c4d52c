/**
 * Photos with boxes on disk, as others annotate them.
 */
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, extname, join, relative, sep } from 'node:path';
import { DOMParser } from '@xmldom/xmldom';
import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { UsageError } from '../../core/usage-error.js';
import { sourceName } from '../data/sources.js';
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
}

const IMAGE_ENDINGS = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp']);

/** Boxes by the name that an annotation gives to its image. */
type Boxes = Map<string, CropFace[]>;

/** Whether a folder holds annotations of a known kind. */
export async function hasAnnotations(folder: string): Promise<boolean> {
  return findAnnotations(folder, await filesIn(folder)) !== undefined;
}

async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/**
 * Reads a folder of photos with boxes. Known are, in this order: annotations.csv (columns image, x, y, width, height; others
 * are optional, see `readCsv`), WIDER FACE's list (a .txt), COCO (a .json), Pascal VOC (an .xml a photo).
 * @throws UsageError if there are no annotations, or they cannot be read
 */
export async function openAnnotatedSource(folder: string): Promise<AnnotatedSource> {
  if (!existsSync(folder)) throw new UsageError(`There is no folder called ${folder}.`);
  const files = await filesIn(folder);
  const annotations = findAnnotations(folder, files);
  if (annotations === undefined) {
    throw new UsageError(`${folder} holds no boxes: put an annotations.csv (image,x,y,width,height), WIDER FACE's .txt, a COCO .json `
      + 'or Pascal VOC .xml files beside the photos.');
  }
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
    throw new UsageError(`${folder}: none of the ${String(boxes.size)} images that the ${format} names is there.`);
  }
  return { name: sourceName(folder), format, photos, missing };
}

interface Annotations {
  /** For people. */
  readonly format: string;
  read(): Boxes;
}

function findAnnotations(folder: string, files: readonly string[]): Annotations | undefined {
  const text = (path: string): string => readFileSync(join(folder, path), 'utf8');
  const ending = (suffix: string): string[] => files.filter((path) => extname(path).toLowerCase() === suffix);
  const csv = files.find((path) => basename(path) === 'annotations.csv');
  if (csv !== undefined) return { format: 'annotations.csv', read: () => readCsv(text(csv), csv) };
  const list = ending('.txt').find((path) => /\.(jpe?g|png)\r?\n\d+\r?\n/i.test(text(path).slice(0, 2000)));
  if (list !== undefined) return { format: 'WIDER FACE list', read: () => readWider(text(list), list) };
  const json = ending('.json').find((path) => text(path).includes('"bbox"'));
  if (json !== undefined) return { format: 'COCO JSON', read: () => readCoco(text(json), json) };
  const xml = ending('.xml').filter((path) => text(path).includes('<bndbox>'));
  if (xml.length === 0) return undefined;
  return { format: 'Pascal VOC XML', read: () => readVoc(xml.map((path) => ({ path, text: text(path) }))) };
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

const EYE_WORDS: Readonly<Record<string, CropEye>> = {
  open: { visible: 1, open: 1 }, closed: { visible: 1, open: 0 }, hidden: { visible: 0 }, unclear: {},
};

/**
 * Rows of `image,x,y,width,height`; optional are `invalid` (1: neither a face nor none) and `right_eye`, `left_eye` (open,
 * closed, hidden, unclear; the person's own). A row without a box says that the image has no face.
 */
export function readCsv(text: string, file: string): Boxes {
  const records: unknown[] = parse(text, { columns: true, skip_empty_lines: true, trim: true, bom: true });
  const boxes: Boxes = new Map();
  for (const [index, record] of records.entries()) {
    const row = csvRow.safeParse(record);
    if (!row.success) {
      throw new UsageError(`${file}, row ${String(index + 2)}: needs image,x,y,width,height as numbers (${row.error.issues[0]?.path.join('.') ?? ''}).`);
    }
    const { image, invalid, right_eye: right, left_eye: left, ...box } = row.data;
    push(boxes, image, face(box, invalid === 1, [EYE_WORDS[right ?? ''] ?? {}, EYE_WORDS[left ?? ''] ?? {}]));
  }
  return boxes;
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
    const rows = lines.slice(at + 2, at + 2 + Math.max(1, count)).map((line) => line.trim().split(/\s+/).map(Number));
    push(boxes, image, rows.flatMap(([x = 0, y = 0, width = 0, height = 0, , , , invalid = 0]) =>
      face({ x, y, width, height }, invalid === 1)));
    at += 2 + Math.max(1, count);
  }
  return boxes;
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
    const document = new DOMParser().parseFromString(text, 'text/xml');
    const [name] = document.getElementsByTagName('filename');
    const image = name?.textContent?.trim() ?? `${basename(path, extname(path))}.jpg`;
    push(boxes, image, []);
    for (const object of document.getElementsByTagName('object')) {
      const value = (tag: string): number => Number(object.getElementsByTagName(tag)[0]?.textContent ?? NaN);
      const [x, y, right, bottom] = [value('xmin'), value('ymin'), value('xmax'), value('ymax')];
      push(boxes, image, face({ x, y, width: right - x, height: bottom - y }, value('difficult') === 1));
    }
  }
  return boxes;
}
