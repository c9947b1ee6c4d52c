/**
 * Puts one file somewhere else without ever writing over another, and takes it back.
 *
 * The order of a move, of which every prefix leaves a whole copy that a power cut cannot take:
 * 1. the folders of the new name are made, and flushed one by one, each in the one above;
 * 2. the file gets its new name: a second one for the same bytes or, on another disk, a copy that is written beside under the
 *    name of an unfinished one, flushed, read again and compared, and only then named;
 * 3. the folder of the new name is flushed;
 * 4. only now the old name goes, if it still is the file that was named or copied;
 * 5. its folder is flushed, and the step is written down as done.
 */
import { createHash } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../files/error-code.js';
import { currentUser, type Disk, type DiskEntry } from '../files/disk.js';
import { isInside } from '../files/file-name.js';

export type Action = 'copy' | 'link' | 'move';

/** One file from here to there; absolute paths without links in their folders. */
export interface Step {
  readonly from: string;
  readonly to: string;
  /** The file as it was when the sort was planned: bytes, and milliseconds since 1970. */
  readonly size: number;
  readonly modified: number;
}

/** A file was left where it is; the message is the second half of a sentence about it, with its full stop. */
export class LeftError extends Error {
  override readonly name = 'LeftError';
}

/** Puts files in place on one disk or from one to another. */
export class Placer {
  /** Folders that a power cut cannot take any more. */
  private readonly durable = new Set<string>();

  /** @param roots the two folders that nothing is read or written outside of, without links in their paths */
  constructor(private readonly disk: Disk, private readonly roots: readonly string[]) {}

  /**
   * Copies, links or moves a file. Called again after an interruption, it does what is missing.
   * @throws LeftError where that would lose something; else as the file system does
   */
  async place(step: Step, action: Action): Promise<void> {
    await this.checkFolders(step);
    const source = await this.disk.look(step.from);
    const target = await this.disk.look(step.to);
    if (source === undefined) await this.placeWithoutSource(step, target, action);
    else {
      await this.checkSource(step.from, source, action);
      if (target === undefined) await this.bring(step, action);
      else await this.checkSecondCopy(step, source, target);
      await this.clearUnfinished(step);
      if (action === 'move') await this.removeOriginal(step, source);
    }
    await this.settle(step);
  }

  /**
   * Takes a step back: a moved file returns; a copy or link goes if the original is there and they are still the same. Called
   * again after an interruption, it does what is missing.
   * @returns whether there was anything to take back
   * @throws LeftError where that would lose something; else as the file system does
   */
  async takeBack(step: Step, action: Action): Promise<boolean> {
    const { from, to } = step;
    const back = { ...step, from: to, to: from };
    await this.checkFolders(back);
    const source = await this.disk.look(from);
    const target = await this.disk.look(to);
    if (action === 'move') {
      if (target !== undefined) await this.place(back, 'move');
      else if (source === undefined) await this.rescue(back, unfinishedName(to));
      await this.clearUnfinished(back);
    } else if (target !== undefined) await this.removeCopy(step, source, target);
    await this.clearUnfinished(step);
    await this.settle(step);
    return target !== undefined || (action === 'move' && source === undefined);
  }

  /** What is written down as done outlasts a power cut, also where an earlier call did it. */
  private async settle({ from, to }: Step): Promise<void> {
    for (const folder of [dirname(to), dirname(from)]) {
      if (await this.disk.look(folder) !== undefined) await this.disk.flushFolder(folder);
    }
  }

  /** A folder on the way may have become a link since the plan was made; nothing is done through it. */
  private async checkFolders({ from, to }: Step): Promise<void> {
    for (const folder of [dirname(from), dirname(to)]) {
      if (!this.roots.some((root) => isInside(folder, root))) throw new LeftError(`${folder} is in neither of the two folders.`);
      const nearest = await nearestThere(this.disk, folder);
      if ((await this.disk.look(nearest))?.kind !== 'folder' || await this.disk.realPath(nearest) !== nearest) {
        throw new LeftError(`${nearest} is not the folder it was when the sort was planned.`);
      }
    }
  }

  private async checkSource(from: string, source: DiskEntry, action: Action): Promise<void> {
    const problem = await problemOfSource(this.disk, from, source, action, this.roots);
    if (problem !== undefined) throw new LeftError(problem);
  }

  /** Only what an earlier call has done makes this right. */
  private async placeWithoutSource(step: Step, target: DiskEntry | undefined, action: Action): Promise<void> {
    if (action !== 'move') throw new LeftError('it is not there any more.');
    if (target === undefined) await this.rescue(step, unfinishedName(step.to));
    await this.clearUnfinished(step);
  }

  /** Neither name is there. A complete copy under the name of an unfinished one is the last that is left. */
  private async rescue(step: Step, part: string): Promise<void> {
    const copy = await this.disk.look(part);
    if (copy === undefined) throw new LeftError(`it is gone, and so is ${step.to}.`);
    if (copy.kind !== 'file' || copy.size !== step.size) {
      throw new LeftError(`it is gone, and so is ${step.to}. What an interrupted copy has left of it is ${part}.`);
    }
    const rescued = { ...step, from: part };
    await this.bring(rescued, 'move');
    await this.removeOriginal(rescued, copy);
  }

  /** Gives a file its new name, which outlasts a power cut then. */
  private async bring(step: Step, action: Action): Promise<void> {
    const { to } = step;
    await this.makeFolders(dirname(to));
    if (action === 'copy') await this.copyVerified(step);
    else await this.linkOrCopy(step, action);
    await this.disk.flushFolder(dirname(to));
  }

  private async linkOrCopy(step: Step, action: Action): Promise<void> {
    const { from, to } = step;
    try {
      await this.disk.link(await this.disk.realPath(from), to);
    } catch (error) {
      const code = errorCode(error) ?? '';
      if (code === 'EEXIST') throw taken(to);
      if (action === 'link') {
        throw code === 'EXDEV' ? new LeftError(`${to} is on another disk, where a link cannot lead. Use --copy.`) : error;
      }
      if (code === 'EXDEV' || (code === 'EPERM' && await this.isSomebodyElses(from))) await this.copyVerified(step);
      else if (withoutLinks.has(code)) await this.renameTo(from, to);
      else throw error;
    }
  }

  /** Linux may forbid a second name for another user's file (protected_hardlinks), on a disk that has links: there a copy can be named safely. */
  private async isSomebodyElses(path: string): Promise<boolean> {
    return (await this.disk.look(path))?.owner !== currentUser;
  }

  private async copyVerified(step: Step): Promise<void> {
    const { from, to } = step;
    const part = unfinishedName(to);
    await this.clearUnfinished(step);
    await this.disk.copy(from, part);
    if (await this.disk.hash(from) !== await this.disk.hash(part)) {
      await this.disk.remove(part);
      throw new LeftError('its copy differed from it. Was it written to meanwhile, or is a disk failing?');
    }
    // A link, unlike a rename, fails where the name was taken meanwhile.
    try {
      await this.disk.link(part, to);
    } catch (error) {
      if (errorCode(error) === 'EEXIST') throw taken(to);
      if (!withoutLinks.has(errorCode(error) ?? '')) throw error;
      await this.renameTo(part, to);
    }
  }

  /** On disks without hard links (exFAT, FAT). */
  private async renameTo(from: string, to: string): Promise<void> {
    if (await this.disk.look(to) !== undefined) throw taken(to);
    await this.disk.rename(from, to);
  }

  /** Each folder is made and flushed before anything is in it. */
  private async makeFolders(folder: string): Promise<void> {
    const above = dirname(folder);
    if (this.durable.has(folder) || above === folder) return;
    await this.makeFolders(above);
    if (await this.disk.look(folder) === undefined) await this.disk.makeFolder(folder);
    await this.disk.flushFolder(above);
    this.durable.add(folder);
  }

  /** The old name goes where the new one holds the same file. */
  private async removeOriginal({ from, to }: Step, source: DiskEntry): Promise<void> {
    // Renamed, on a disk without links.
    if (await this.disk.look(from) === undefined) return;
    await this.makeFolders(dirname(to));
    // Where it was there already, nobody knows when it was written.
    await this.disk.flushFile(to);
    await this.disk.flushFolder(dirname(to));
    if (await this.isStill(from, source)) return this.disk.remove(from);
    throw new LeftError(`it was written to while it was moved; ${to} is how it was before.`);
  }

  /** Asked right before a name goes, after all that takes time: another file may be there, also by way of a folder that is another one. */
  private async isStill(path: string, { identity, size, modified }: DiskEntry): Promise<boolean> {
    const now = await this.disk.look(path);
    return now?.identity === identity && now.size === size && now.modified === modified;
  }

  private async removeCopy(step: Step, source: DiskEntry | undefined, target: DiskEntry): Promise<void> {
    if (source === undefined) throw new LeftError('its original is gone; it may be the only one left.');
    const original = await this.disk.follow(step.from);
    if (original === undefined) {
      throw new LeftError(`its original ${step.from} cannot be compared with it: it is a link that leads to nothing.`);
    }
    // A photo that was reached through a link is compared as what the link leads to.
    if (!(await this.isSecondCopy(step, original, target))) throw new LeftError('it was changed since.');
    // The original may have been brought back a moment ago.
    await this.disk.flushFile(step.from);
    await this.disk.flushFolder(dirname(step.from));
    if (!(await this.isStill(step.to, target))) throw new LeftError('it was changed since.');
    await this.disk.remove(step.to);
  }

  /** @throws LeftError where the target is anything but a second, whole copy of the source */
  private async checkSecondCopy(step: Step, source: DiskEntry, target: DiskEntry): Promise<void> {
    const original = source.kind === 'link' ? await this.disk.follow(step.from) : source;
    if (original === undefined || !(await this.isSecondCopy(step, original, target))) throw taken(step.to);
  }

  /** Whether the two names hold the same bytes and neither stands for the other. */
  private async isSecondCopy({ from, to }: Step, source: DiskEntry, target: DiskEntry): Promise<boolean> {
    if (source.kind !== 'file' || target.kind !== 'file') return false;
    const [folder, other] = [await this.disk.look(dirname(from)), await this.disk.look(dirname(to))];
    // Two ways to one folder: a mount, or names that the disk does not tell apart.
    if (folder?.identity === other?.identity) return false;
    if (source.identity === target.identity) return source.names > 1;
    return source.size === target.size && await this.disk.hash(from) === await this.disk.hash(to);
  }

  /** An unfinished copy goes only where a whole one is known: the photo as it was planned, or one with the same bytes. Anything else of its name stays. */
  private async clearUnfinished({ from, to, size, modified }: Step): Promise<void> {
    const part = unfinishedName(to);
    const copy = await this.disk.look(part);
    if (copy === undefined) return;
    // A finished one is another name of the file at the new place.
    for (const whole of copy.kind === 'file' ? [to, from] : []) {
      // A photo that is reached through a link is the file that the link leads to.
      const entry = whole === part ? undefined : await this.disk.follow(whole);
      if (entry?.kind !== 'file' || (entry.identity === copy.identity && entry.names === 1)) continue;
      const isAsPlanned = entry.size === size && Math.abs(entry.modified - modified) <= timeTolerance;
      const isSame = entry.identity === copy.identity || (entry.size === copy.size && await this.disk.hash(whole) === await this.disk.hash(part));
      if (!isSame && !(isAsPlanned && await this.disk.mayBeCopyOf(part, whole))) continue;
      await this.disk.remove(part);
      return;
    }
    throw new LeftError(`an unfinished copy of another content was left beside: ${part}.`);
  }
}

/** Disks without hard links say so in many ways. */
const withoutLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Milliseconds that two times of one file may differ by: FAT keeps every other second. */
export const timeTolerance = 2000;

/** Name of a copy that is not complete yet, beside `to`; short, however long that name is, and the same at each call. */
export function unfinishedName(to: string): string {
  const hash = createHash('sha256').update(basename(to)).digest('hex').slice(0, 16);
  return join(dirname(to), `${hash}.pipeline-part`);
}

/**
 * Why something is not copied, linked or moved: the second half of a sentence. Undefined where nothing is wrong.
 * @param roots the folders that a link may lead into
 */
export async function problemOfSource(
  disk: Disk, path: string, entry: DiskEntry, action: Action, roots: readonly string[],
): Promise<string | undefined> {
  if (entry.kind === 'file') return undefined;
  if (entry.kind !== 'link') return entry.kind === 'folder' ? 'it is a folder.' : 'it is a pipe, a socket or a device, not a file.';
  const original = await disk.follow(path);
  if (original === undefined) return 'it is a link that leads to nothing.';
  if (original.kind !== 'file') return 'it is a link to something that is not a file.';
  const real = await disk.realPath(path);
  if (!roots.some((root) => isInside(real, root))) return `it is a link that leads out of the folder, to ${real}.`;
  if (action === 'move') return 'it is a link; --move takes files, not links to them. Use --copy, which copies what it leads to.';
  return undefined;
}

/** A folder or, where it is not there yet, the one that it will be made in. */
export async function nearestThere(disk: Disk, folder: string): Promise<string> {
  return await disk.look(folder) !== undefined || dirname(folder) === folder ? folder : nearestThere(disk, dirname(folder));
}

function taken(to: string): LeftError {
  return new LeftError(`there is another file at ${to} now.`);
}
