/**
 * `pipeline pack --kind boxes`: photos with boxes around faces into one file that a detector is trained on.
 */
import type { Config } from '../pipeline/config.js';
import { UsageError } from '../core/usage-error.js';
import { createFaceFinder, type FaceFinder } from '../detect/faces.js';
import { PhotoError } from '../image/decode.js';
import { noLabels, openFolder, readSource, type LabelFiles, type SourceFolder } from '../train/data/sources.js';
import { noBoxes, readAnnotated, unfitTable, type AnnotatedSource } from '../train/detection/annotations.js';
import { packAnnotated, packPortrait } from '../train/detection/pack-photos.js';
import { writePackedPhotos, type PackedPhoto } from '../train/detection/packed-photos.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { createProgress } from './progress.js';

/**
 * Packs sources of both kinds, folders or tars: photos with boxes, and labelled pictures of one face each (open/ and closed/), to paste from.
 * @throws UsageError if a source is neither
 */
export async function packBoxes(inputs: readonly string[], output: string, config: Config, labels: LabelFiles): Promise<void> {
  const finder = await createFaceFinder(config.detect);
  const photos: PackedPhoto[] = [];
  let unread = false;
  try {
    for (const input of inputs) {
      const packed = await packInput(input, finder, config, labels);
      log.log(packed.summary);
      for (const problem of packed.problems) log.warn(problem);
      unread ||= packed.problems.length > 0;
      photos.push(...packed.photos);
    }
  } finally {
    await finder.release();
  }
  writePackedPhotos(output, photos);
  log.log(`${output}: ${String(photos.length)} photos, ${String(countFaces(photos))} faces.`);
  process.exitCode = unread ? exitCodes.someUnread : exitCodes.ok;
}

interface Packed {
  readonly photos: readonly PackedPhoto[];
  readonly summary: string;
  /** Photos that could not be read. */
  readonly problems: readonly string[];
}

async function packInput(input: string, finder: FaceFinder, config: Config, labels: LabelFiles): Promise<Packed> {
  const place = await openFolder(input);
  try {
    const source = await readAnnotated(place);
    return source === undefined ? await portraits(input, place, finder, config, labels) : await annotated(source, finder, config);
  } finally {
    place.close();
  }
}

async function annotated(source: AnnotatedSource, finder: FaceFinder, config: Config): Promise<Packed> {
  const { photos, problems } = await each(source.photos, (photo) => packAnnotated(photo, source.name, finder, config));
  const faces = photos.flatMap((photo) => photo.faces);
  const taught = faces.filter(({ points }) => points !== undefined).length;
  const open = faces.flatMap(({ eyes }) => eyes).filter((eye) => eye.open !== undefined).length;
  return {
    photos,
    problems: [...problems, ...source.missing.length > 0 ? [`${source.name}: ${String(source.missing.length)} images are not there`] : []],
    summary: `${source.name} (${source.format}): ${String(photos.length)} photos, ${String(countFaces(photos))} faces, ${String(taught)} with eye points, `
      + `${String(open)} eyes with a state${source.unnamed === 0 ? '' : `; ${String(source.unnamed)} photos without annotations left out`}`,
  };
}

async function portraits(input: string, place: SourceFolder, finder: FaceFinder, config: Config, labels: LabelFiles): Promise<Packed> {
  const source = await readSource(place, labels);
  if (source.images.length === 0) {
    throw new UsageError(source.tables.length > 0 || source.unlabelled === 0 ? noLabels(input, source) : await noBoxes(input, place));
  }
  const unfit = await unfitTable(place);
  if (unfit !== undefined) log.warn(`${source.name}: taken for pictures of one face each, because ${unfit}.`);
  const { photos, problems } = await each(source.images, (image) => packPortrait(image, source.name, finder, config));
  return {
    photos, problems,
    summary: `${source.name} (pictures of one face): ${String(photos.length)} of ${String(source.images.length)} with one face for sure`,
  };
}

async function each<T extends { readonly path: string }>(
  items: readonly T[], pack: (item: T) => Promise<PackedPhoto | undefined>,
): Promise<{ photos: PackedPhoto[]; problems: string[] }> {
  const photos: PackedPhoto[] = [];
  const problems: string[] = [];
  const progress = createProgress(items.length);
  try {
    for (const item of items) {
      try {
        const packed = await pack(item);
        if (packed !== undefined) photos.push(packed);
      } catch (error) {
        if (!(error instanceof PhotoError)) throw error;
        problems.push(`${item.path}: ${error.message}`);
      }
      progress.step();
    }
  } finally {
    progress.stop();
  }
  return { photos, problems };
}

function countFaces(photos: readonly PackedPhoto[]): number {
  return photos.flatMap(({ faces }) => faces).filter(({ ignored }) => !ignored).length;
}
