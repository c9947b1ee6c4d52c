/**
 * The file beside a report in which a review keeps what it knows of each photo, so that nothing is judged twice: `out.csv.review`.
 */
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { FileLooks, PhotoFile } from '../core/result.js';
import { errorCode } from '../files/error-code.js';
import { systemPath } from '../files/file-name.js';
import { createReportFile } from '../files/growing-file.js';
import { UsageError } from '../core/usage-error.js';
import { fileProblem } from '../files/problem.js';
import { readRegularFile } from '../files/regular-file.js';
import type { ResultSink } from '../run/sink.js';
import type { ReviewPhoto } from './data.js';
import { knownFrom } from './known.js';

const verdict = z.enum(['keep', 'review', 'reject']);
const px = z.number();
const place = z.tuple([px, px]);
const meter = z.strictObject({
  name: z.string(), share: z.number().exactOptional(), text: z.string(), tone: z.enum(['keep', 'review', 'reject', 'unknown']),
  picture: z.enum(['leftEye', 'rightEye']).exactOptional(), hint: z.string().exactOptional(),
});
const knownSchema = z.strictObject({
  photo: z.string(), status: z.enum(['ok', 'no_face', 'error']), width: px, height: px, verdict, reasons: z.array(z.string()),
  error: z.string().exactOptional(), file: z.tuple([z.number(), z.string()]).exactOptional(),
  faces: z.array(z.strictObject({
    box: z.tuple([px, px, px, px]), look: place, leftEye: place.exactOptional(), rightEye: place.exactOptional(), person: z.number().exactOptional(), meters: z.array(meter),
    ranks: z.record(z.string(), z.number()), tone: verdict, bystander: z.boolean(), reasons: z.array(z.string()),
  })),
  scene: z.strictObject({ scene: z.number(), frames: z.number(), rank: z.number().exactOptional(), reason: z.string() }).exactOptional(),
});
const lineSchema = z.strictObject({
  /** Bytes, and milliseconds since 1970: a photo whose file looks different now is judged again. */
  size: z.number(), modified: z.number(), known: knownSchema,
});

/** Where a review of a report keeps what it knows. */
export function storePath(report: string): string {
  return `${report}.review`;
}

/**
 * What is known of those of the photos whose files are as they were; of none where there is no such file.
 * @param isSame whether a photo that looks otherwise now is the one that it was all the same
 * @throws UsageError where something else lies in its place
 */
export async function readKnown(
  path: string, photos: readonly PhotoFile[], isSame: (photo: string, then: FileLooks, now: FileLooks) => boolean,
): Promise<ReviewPhoto[]> {
  const lines = new Map<string, z.infer<typeof lineSchema>>();
  const text = await textOf(path);
  // It will be replaced, and a photo may have its name.
  if (text !== '' && !text.startsWith('{"size":')) {
    throw new UsageError(`${path}, in which a review keeps what it knows, is another file. Move it away, or give the report another name.`);
  }
  for (const line of text.split('\n')) {
    const parsed = parse(line);
    if (parsed !== undefined) lines.set(parsed.known.photo, parsed);
  }
  const known = await Promise.all(photos.map(async (file) => {
    const line = lines.get(file.photo);
    if (line === undefined) return [];
    const stamp = await stampOf(file.path);
    if (stamp === undefined) return [];
    const isAsItWas = stamp.size === line.size && stamp.modified === line.modified;
    return isAsItWas || isSame(file.photo, line, stamp) ? [line.known] : [];
  }));
  return known.flat();
}

/** Keeps results, with those that are known already, and puts the file in place when all are there. */
export async function createStore(
  path: string, before: readonly ReviewPhoto[], pathOf: (photo: string) => string | undefined,
): Promise<ResultSink> {
  const file = await createReportFile(path, '');
  const add = async (known: ReviewPhoto): Promise<void> => {
    const stamp = await stampOf(pathOf(known.photo) ?? '');
    if (stamp !== undefined) await file.append(`${JSON.stringify({ ...stamp, known })}\n`);
  };
  for (const known of before) await add(known);
  return {
    write: (result) => (result.status === 'error' ? Promise.resolve() : add(knownFrom(result))),
    finish: () => file.commit(),
    abandon: () => file.discard(),
    discard: () => file.discard(),
  };
}

function parse(line: string): z.infer<typeof lineSchema> | undefined {
  try {
    return lineSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

async function stampOf(path: string): Promise<FileLooks | undefined> {
  return stat(systemPath(path)).then(({ size, mtimeMs }) => ({ size, modified: mtimeMs }), () => undefined);
}

/** Bytes; a string has room for no more. */
const longest = 500e6;

async function textOf(path: string): Promise<string> {
  try {
    // Not through a link, through which it would be written, too: its name is not one that anybody chose.
    return (await readRegularFile(path, { maxBytes: longest, refuseLinks: true })).toString('utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw new UsageError(`Cannot read ${path}, in which a review keeps what it knows: ${fileProblem(error, 'read')}`);
  }
}
