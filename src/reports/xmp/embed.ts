/**
 * Stars, colours and picks inside photos, for editors that look nowhere else.
 *
 * exiftool never sees a photo itself: it is given a copy and writes another file. The photo is replaced where that file holds the
 * same picture, byte by byte, and the marks that were asked for, in an order of which every prefix leaves a whole photo that a
 * power cut cannot take:
 * 1. the new file is written beside the photo under the name of an unfinished one, and flushed;
 * 2. the journal says how the photo was and how to get it back, and is flushed;
 * 3. the new file takes the place of the photo, if that still is the file that was read, and its folder is flushed.
 */
import { createHash } from 'node:crypto';
import { lutimes, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { z } from 'zod';
import type { Disk, DiskEntry } from '../../files/disk.js';
import { systemPath } from '../../files/file-name.js';
import { fileProblem, isDiskProblem, WriteError } from '../../files/problem.js';
import { readRegularFile } from '../../files/regular-file.js';
import { makeTemporaryFolder } from '../../files/temporary-folder.js';
import { WholeFile } from '../../files/whole-file.js';
import { appendToJournal, isInnerPath, settleEmbedJournal, type Embedded, type EmbedWrite, type MarksInside } from './embed-journal.js';
import { EndlessError, runExiftool, type Exiftool, type ExiftoolAnswer } from './exiftool.js';
import { imageParts, isSameImage } from './image-parts.js';
import { colours, type Marks } from './packet.js';
import { goBack, wayBack, type WayBack } from './way-back.js';

/** Marks for a photo. */
export interface EmbedWish {
  /** Its name in the folder. */
  readonly photo: string;
  readonly marks: Marks;
}

/** A file by its content, as choices know it. */
export interface Content {
  /** SHA-256, hexadecimal. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

export interface EmbedOptions {
  readonly disk: Disk;
  /** The folder that photos are named by, without links in its path. */
  readonly folder: string;
  /** The journal, and what it says so far. */
  readonly journal: string;
  readonly embedded: Embedded;
  readonly exiftool: Exiftool;
  /** Put the marks in place of others that are not ours. */
  readonly force: boolean;
  /** Called before a photo is replaced: what is known of one content holds for the other, too. */
  readonly onSame: (before: Content, after: Content) => Promise<void>;
  /** Called after each photo, whatever became of it. */
  readonly onPhoto: () => void;
}

/** What became of photos. */
export interface EmbedOutcome {
  /** Photos that were written. */
  readonly done: number;
  /** Photos that were left as they are, each with the reason. */
  readonly left: readonly string[];
}

/** A photo was left as it is; the message is the second half of a sentence, with its full stop. */
class LeftError extends Error {}

/** Photos that exiftool is given at once, and bytes of them that are held: its start takes longer than its work. */
const batch = { photos: 8, bytes: 256e6 };
/** Milliseconds for a batch, and more for each byte of it: 5 MB a second. */
const patience = { batch: 60_000, byte: 1 / 5000 };
/** Photos of which exiftool finds no end, until no other is tried. */
const mostEndless = 3;
/** Bytes; larger photos are left as they are. */
const largest = 2e9;

/**
 * Writes marks into photos. Whatever happens, each photo is as it was or as it should be.
 * @throws WriteError where a disk is full, EndlessError where exiftool finds no end again and again
 */
export async function embedMarks(wishes: readonly EmbedWish[], options: EmbedOptions): Promise<EmbedOutcome> {
  await settleEmbedJournal(options.disk, options.journal);
  const embedding = new Embedding(options);
  for (let at = 0; at < wishes.length;) at += await embedding.write(wishes.slice(at, at + batch.photos));
  return embedding.outcome;
}

/** A photo on its way. */
interface Work {
  readonly wish: EmbedWish;
  readonly path: string;
  readonly entry: DiskEntry;
  readonly bytes: Buffer;
  readonly hash: string;
  /** The copy that exiftool reads, and the file that it writes. */
  readonly copy: string;
  readonly output: string;
}

/** A photo that exiftool has written as another file. */
interface Written {
  readonly work: Work;
  readonly plan: MarksPlan;
  /** Marks in that file. */
  readonly inside: MarksFound;
  /** What exiftool said. */
  readonly problems: string;
}

class Embedding {
  private done = 0;
  private readonly left: string[] = [];
  private hasBegun = false;
  private endless = 0;
  /** Marks of ours by the hash of the file that we left. */
  private readonly ours: ReadonlyMap<string, MarksInside>;

  constructor(private readonly options: EmbedOptions) {
    this.ours = new Map(options.embedded.writes.map(({ after, set }) => [after.hash, set]));
  }

  get outcome(): EmbedOutcome {
    return { done: this.done, left: this.left };
  }

  /** @returns how many of the photos were seen to: large ones wait for their turn */
  async write(wishes: readonly EmbedWish[]): Promise<number> {
    const { path: folder, remove } = makeTemporaryFolder('pipeline-embed');
    try {
      const works: Work[] = [];
      let [seen, bytes] = [0, 0];
      for (const wish of wishes) {
        await this.trying(wish, async () => {
          const work = await this.begin(wish, join(folder, String(seen)));
          works.push(work);
          bytes += work.bytes.length;
        });
        seen += 1;
        if (bytes >= batch.bytes) break;
      }
      await this.writeAll(works, folder);
      return seen;
    } finally {
      remove();
    }
  }

  /** Reads a photo and makes the copy for exiftool. @throws LeftError where it is none that can be written into */
  private async begin(wish: EmbedWish, copy: string): Promise<Work> {
    const { disk, folder } = this.options;
    const { path, entry } = await photoAt(disk, folder, wish.photo);
    const bytes = await readRegularFile(path, { refuseLinks: true, maxBytes: largest });
    // Before exiftool is asked: what it writes is compared with this.
    imageParts(bytes);
    const name = `${copy}${extname(wish.photo).toLowerCase()}`;
    await writeFile(name, bytes);
    return { wish, path, entry, bytes, hash: hashOf(bytes), copy: name, output: `${copy}-with-marks${extname(name)}` };
  }

  private async writeAll(works: readonly Work[], folder: string): Promise<void> {
    const written = await this.askExiftool(works, folder).catch((error: unknown) => this.failed(works, folder, error));
    for (const each of written) await this.trying(each.work.wish, () => this.replace(each));
  }

  /** One photo that exiftool cannot live with is not to keep it from the others: each is tried for itself. */
  private async failed(works: readonly Work[], folder: string, error: unknown): Promise<Written[]> {
    const [only, ...more] = works;
    if (only !== undefined && more.length === 0) {
      this.leave(only.wish, error);
      this.endless += error instanceof EndlessError ? 1 : 0;
      if (this.endless >= mostEndless) throw error;
      return [];
    }
    for (const work of works) await this.writeAll([work], folder);
    return [];
  }

  /** Has those photos written, as files of their own, in which anything is to change. */
  private async askExiftool(works: readonly Work[], folder: string): Promise<Written[]> {
    const { exiftool, force } = this.options;
    const ask: Ask = (commands) => runExiftool(
      exiftool, commands, folder, patience.batch + Math.round(works.reduce((sum, { bytes }) => sum + bytes.length, 0) * patience.byte),
    );
    const there = await readMarks(ask, works.map(({ copy }) => copy));
    const planned = works.map((work, index) => ({ work, plan: planMarks(there[index] ?? {}, work.wish.marks, this.ours.get(work.hash) ?? {}, force) }));
    const changed = planned.filter(({ plan }) => plan.args.length > 0);
    const answers = changed.length === 0 ? [] : await ask(changed.map(({ work, plan }) => [...plan.args, '-o', work.output, work.copy]));
    const inside = await readMarks(ask, changed.map(({ work }) => work.output));
    for (const { plan } of planned) if (plan.args.length === 0) this.options.onPhoto();
    return changed.map((each, index) => ({ ...each, inside: inside[index] ?? {}, problems: answers[index]?.problems ?? '' }));
  }

  private async replace({ work, plan: { set, all }, inside, problems }: Written): Promise<void> {
    const { disk, journal, onSame } = this.options;
    const { wish: { photo }, path, entry, bytes, hash } = work;
    const output = await readRegularFile(work.output, { refuseLinks: true, maxBytes: largest }).catch(() => undefined);
    if (output === undefined) throw new LeftError(`exiftool does not write into it: ${problems.replace(/\s+/g, ' ') || 'it says nothing of why'}.`);
    if (!isSameImage(bytes, output)) throw new LeftError('what exiftool wrote holds another picture.');
    if (!areSame(inside, all)) throw new LeftError('what exiftool wrote does not hold the marks.');
    const file = WholeFile.begin(path, { refuseLinks: true });
    try {
      file.append(output);
      file.flush();
      const after = { hash: hashOf(output), ...file.looks() };
      await this.beginSession();
      await appendToJournal(disk, journal, {
        kind: 'write', photo, before: { hash, size: entry.size, modified: entry.modified }, after, set, back: wayBack(bytes, output),
      });
      await onSame({ hash, size: entry.size }, after);
      await checkUntouched(disk, path, entry);
      file.commit();
    } finally {
      file.discard();
    }
    this.done += 1;
    this.options.onPhoto();
  }

  private async beginSession(): Promise<void> {
    if (this.hasBegun) return;
    this.hasBegun = true;
    await appendToJournal(this.options.disk, this.options.journal, {
      kind: 'begin', journal: 'portrait-pipeline embed', version: 1, at: new Date().toISOString(),
    });
  }

  private async trying(wish: EmbedWish, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.leave(wish, error);
    }
  }

  private leave({ photo }: EmbedWish, error: unknown): void {
    this.left.push(leftAs(photo, error));
    this.options.onPhoto();
  }
}

/**
 * Takes the last embedding back: every byte of the old files. A photo that was changed since stays as it is, and so does the
 * embedding in the journal then.
 * @throws WriteError where a disk is full
 */
export async function undoEmbedding(
  { disk, folder, journal, embedded }: Pick<EmbedOptions, 'disk' | 'folder' | 'journal' | 'embedded'>,
): Promise<EmbedOutcome> {
  await settleEmbedJournal(disk, journal);
  const left: string[] = [];
  let done = 0;
  for (const write of (embedded.sessions.at(-1) ?? []).toReversed()) {
    try {
      if (await takeBack(disk, folder, write)) done += 1;
    } catch (error) {
      left.push(leftAs(write.photo, error));
    }
  }
  if (left.length === 0) await appendToJournal(disk, journal, { kind: 'undone' });
  return { done, left };
}

/** @returns whether there was anything to take back */
async function takeBack(disk: Disk, folder: string, { photo, before, after, back }: EmbedWrite): Promise<boolean> {
  const { path, entry } = await photoAt(disk, folder, photo);
  const bytes = await readRegularFile(path, { refuseLinks: true, maxBytes: largest });
  const hash = hashOf(bytes);
  if (hash === before.hash) return false;
  if (hash !== after.hash) throw new LeftError('it was changed since.');
  const old = oldFile(bytes, back, before.size);
  // Whoever wrote the journal can bring back other marks at most.
  if (old === undefined || hashOf(old) !== before.hash || !isSameImage(bytes, old)) throw new LeftError('what the journal says of it does not fit.');
  const file = WholeFile.begin(path, { refuseLinks: true });
  try {
    file.append(old);
    file.flush();
    await checkUntouched(disk, path, entry);
    file.commit();
  } finally {
    file.discard();
  }
  await lutimes(systemPath(path), new Date(), before.modified / 1000);
  return true;
}

function oldFile(after: Buffer, back: WayBack, size: number): Buffer | undefined {
  try {
    return goBack(after, back, size);
  } catch {
    return undefined;
  }
}

/** @throws LeftError where a photo is not the file that was read */
async function checkUntouched(disk: Disk, path: string, { identity, size, modified }: DiskEntry): Promise<void> {
  const now = await disk.look(path);
  if (now?.identity !== identity || now.size !== size || now.modified !== modified) throw new LeftError('it was written to meanwhile.');
}

/** @throws LeftError where it is no file in the folder that can be replaced */
async function photoAt(disk: Disk, folder: string, photo: string): Promise<{ readonly path: string; readonly entry: DiskEntry }> {
  // What the journal could not say again could not be taken back.
  if (!isInnerPath(photo)) throw new LeftError('the report names it in a roundabout way.');
  const path = join(folder, photo);
  const [entry, parent] = [await disk.look(path), await disk.realPath(dirname(path)).catch(() => '')];
  if (entry === undefined) throw new LeftError('it is not there any more.');
  if (parent !== dirname(path)) throw new LeftError('its folder is a link.');
  if (entry.kind === 'link') throw new LeftError('it is a link; name the folder of the photo itself.');
  if (entry.kind !== 'file') throw new LeftError('it is no file.');
  if (typeof systemPath(path) !== 'string') throw new LeftError('its name is not UTF-8.');
  return { path, entry };
}

/** @throws WriteError where no other photo could be written either */
function leftAs(photo: string, error: unknown): string {
  if (error instanceof WriteError) throw new WriteError(`Stopped at ${photo}, which is as it was: ${error.message}`);
  if (isDiskProblem(error)) throw new WriteError(`Stopped at ${photo}, which is as it was: ${fileProblem(error, 'write')}`);
  return `${photo}: ${fileProblem(error, 'write')}`;
}

interface MarksPlan {
  /** What exiftool is told; nothing where the photo has all already. */
  readonly args: readonly string[];
  /** Marks of ours that are in the photo then. */
  readonly set: MarksInside;
  /** All that are. */
  readonly all: MarksFound;
}

/** Marks as they are found: a label may be in anybody's words. */
type MarksFound = Readonly<Partial<Record<keyof MarksInside, number | string>>>;

const tagsOf: Readonly<Record<keyof MarksInside, (value: number | string | undefined) => readonly string[]>> = {
  rating: (value = '') => [`-XMP-xmp:Rating=${String(value)}`],
  label: (value = '') => [`-XMP-xmp:Label=${String(value)}`],
  pick: (value) => [`-XMP-xmpDM:Pick=${String(value ?? '')}`, `-XMP-xmpDM:Good=${value === undefined ? '' : value === 1 ? 'True' : 'False'}`],
};

/** Marks of a person stay unless forced; ours make place for others, and go where nothing is chosen any more. */
export function planMarks(there: MarksFound, marks: Marks, ours: MarksFound, force: boolean): MarksPlan {
  const wanted: MarksInside = {
    ...(marks.rating === undefined ? {} : { rating: marks.rating }),
    ...(marks.label === undefined ? {} : { label: marks.label }),
    ...(marks.pick === undefined ? {} : { pick: marks.pick === 'pick' ? 1 : -1 }),
  };
  const changes = (['rating', 'label', 'pick'] as const).map((name) => {
    const [now, then, own] = [there[name], wanted[name], ours[name]];
    const isOurs = now !== undefined && now === own;
    const isChanged = now !== then && (then === undefined ? isOurs : now === undefined || isOurs || force);
    return { name, isChanged, isOurs: isChanged || isOurs, value: isChanged ? then : now };
  });
  const pairs = changes.flatMap(({ name, value, isOurs }) => (value === undefined ? [] : [{ name, value, isOurs }]));
  return {
    args: changes.filter(({ isChanged }) => isChanged).flatMap(({ name, value }) => tagsOf[name](value)),
    set: insideFrom(Object.fromEntries(pairs.filter(({ isOurs }) => isOurs).map(({ name, value }) => [name, value]))),
    all: Object.fromEntries(pairs.map(({ name, value }) => [name, value])),
  };
}

function insideFrom({ rating, label, pick }: MarksFound): MarksInside {
  const colour = colours.find((each) => each === label);
  return {
    ...(typeof rating === 'number' ? { rating } : {}),
    ...(colour === undefined ? {} : { label: colour }),
    ...(pick === 1 || pick === -1 ? { pick } : {}),
  };
}

const foundSchema = z.tuple([z.looseObject({
  Rating: z.number().optional().catch(undefined), Label: z.coerce.string().optional(), Pick: z.number().optional().catch(undefined),
})]);

/** exiftool with a batch in its hands. */
type Ask = (commands: readonly (readonly string[])[]) => Promise<ExiftoolAnswer[]>;

/** Marks in files, by exiftool; none where it cannot read them. */
async function readMarks(ask: Ask, paths: readonly string[]): Promise<MarksFound[]> {
  if (paths.length === 0) return [];
  const answers = await ask(paths.map((path) => ['-j', '-n', '-XMP-xmp:Rating', '-XMP-xmp:Label', '-XMP-xmpDM:Pick', path]));
  return answers.map(({ out }) => {
    if (!out.startsWith('[')) return {};
    const [{ Rating: rating = 0, Label: label = '', Pick: pick = 0 }] = foundSchema.parse(JSON.parse(out));
    // None is said in these ways, too.
    return { ...(rating === 0 ? {} : { rating }), ...(label === '' ? {} : { label }), ...(pick === 0 ? {} : { pick }) };
  });
}

function areSame(a: MarksFound, b: MarksFound): boolean {
  return a.rating === b.rating && a.label === b.label && a.pick === b.pick;
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
