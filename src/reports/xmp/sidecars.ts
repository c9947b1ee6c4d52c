/**
 * Sidecars for people's editors, written beside the photos of a run. The photos themselves are never written to.
 */
import { access, constants, stat } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { isInside, pathFromReport, realPath, systemPath } from '../../files/file-name.js';
import { readRegularFile } from '../../files/regular-file.js';
import { errorCode } from '../../files/error-code.js';
import { UsageError } from '../../core/usage-error.js';
import type { PhotoFile } from '../../core/result.js';
import type { Verdict } from '../../core/verdict.js';
import type { ResultSink } from '../../run/sink.js';
import { isDiskProblem, WriteError, fileProblem } from '../../files/problem.js';
import { placeOf, WholeFile } from '../../files/whole-file.js';
import { mergeMarks, type Colour, type Editor, type Marks } from './packet.js';

/** The `xmp` section of the configuration. */
export interface XmpSettings {
  readonly keep_stars: number | 'none';
  readonly review_stars: number | 'none';
  readonly reject_stars: number | 'none';
  readonly keep_label: Colour | 'none';
  readonly review_label: Colour | 'none';
  readonly reject_label: Colour | 'none';
}

export interface SidecarOptions {
  readonly editor: Editor;
  /** The folder that photos are named by. */
  readonly folder: string;
  readonly settings: XmpSettings;
  /** Put our marks in place of a person's own. */
  readonly force: boolean;
  /** Write beside photos that links out of the folder have led to: they were asked for. */
  readonly followLinks: boolean;
  /** Called with what could not be written. */
  readonly onProblem: (message: string) => void;
}

/** Where an editor looks for a photo's sidecar: `IMG.xmp` or `IMG.CR2.xmp`. */
export function sidecarPath(photo: string, editor: Editor): string {
  return editor === 'darktable' ? `${photo}.xmp` : `${photo.slice(0, photo.length - extname(photo).length)}.xmp`;
}

/** The marks for a verdict. */
export function marksFor(verdict: Verdict, settings: XmpSettings): Marks {
  const stars = settings[`${verdict}_stars`];
  const label = settings[`${verdict}_label`];
  return { rating: stars === 'none' ? undefined : stars, label: label === 'none' ? undefined : label };
}

/**
 * Whether sidecars can be written beside the photos: worth knowing before a run begins.
 * @throws UsageError
 */
export async function checkSidecarFolder(folder: string): Promise<void> {
  await access(systemPath(folder), constants.W_OK).catch((error: unknown) => {
    throw new UsageError(`Cannot write sidecars (--xmp) into ${folder}: ${fileProblem(error, 'write')}`);
  });
}

/** How many of the photos have no sidecar yet: one that is written over takes no more room. */
export async function countMissing(photos: readonly PhotoFile[], editor: Editor): Promise<number> {
  const there = await Promise.all(photos.map(({ path }) => stat(systemPath(sidecarPath(path, editor))).then(() => true, () => false)));
  return there.filter((is) => !is).length;
}

/**
 * Writes a sidecar for every photo that could be judged, as results come in. A sidecar that cannot be written is reported
 * and left as it is; a full disk ends the run.
 */
export function createSidecarWriter(options: SidecarOptions): ResultSink {
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    write: async (result) => {
      if (result.status === 'error') return;
      const photo = pathFromReport(result.photo);
      if (typeof systemPath(photo) !== 'string') {
        options.onProblem(`${result.photo} gets no sidecar: its name is not UTF-8, which editors could not find it by.`);
        return;
      }
      const path = sidecarPath(join(options.folder, photo), options.editor);
      try {
        await writeSidecar(path, marksFor(result.verdict, options.settings), { ...options, within: options.followLinks ? undefined : options.folder });
      } catch (error) {
        if (isDiskProblem(error)) throw new WriteError(`Cannot write the sidecar ${path}: ${fileProblem(error, 'write')}`);
        options.onProblem(`${path} was left as it is: ${fileProblem(error, 'write')}`);
      }
    },
    finish: nothing,
    abandon: nothing,
    discard: nothing,
  };
}

export interface SidecarWish extends Pick<SidecarOptions, 'editor' | 'force'> {
  /** The folder that nothing is written outside of, whatever links there are in it; undefined where links out of it are followed. */
  readonly within: string | undefined;
}

/**
 * Merges marks into a sidecar, or makes one.
 * @throws if the sidecar is not XMP, leads out of the folder or cannot be written; it is then as it was
 */
export async function writeSidecar(path: string, marks: Marks, { editor, force, within }: SidecarWish): Promise<void> {
  if (marks.rating === undefined && marks.label === undefined && marks.pick === undefined) return;
  if (within !== undefined) await checkInside(path, within);
  const before = await readIfThere(path);
  const merged = mergeMarks(before, marks, editor, force);
  if (merged === undefined) return;
  const file = WholeFile.begin(path);
  try {
    file.append(merged);
    file.flush();
    // What an editor saves while the disk is at work holds what somebody did to a photo.
    if (await readIfThere(path) !== before) throw new Error('it was written to meanwhile.');
    file.commit();
  } finally {
    file.discard();
  }
}

/** A link in a folder of somebody else's may lead to any file of one's own. */
async function checkInside(path: string, folder: string): Promise<void> {
  const real = await realPath(dirname(placeOf(path)));
  if (!isInside(real, await realPath(folder))) throw new Error(`it leads out of the folder, to ${real}.`);
}

/** @throws where the text is not UTF-8: written back, it would not be what it was */
async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readRegularFile(path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
