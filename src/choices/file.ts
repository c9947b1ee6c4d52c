/**
 * The file of choices, `choices.jsonl` beside the report: only ever added to, and each line on the disk before anybody is told
 * that it is chosen. A crash costs at most a line that nobody was told of.
 */
import { createHash } from 'node:crypto';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { errorCode } from '../files/error-code.js';
import { lockPath, takeLock, type Lock } from '../files/lock.js';
import { readRegularFile } from '../files/regular-file.js';
import { WriteError, fileProblem } from '../files/problem.js';
import { changed, isSameChoice, type Change, type Choice } from './choice.js';
import { ChoiceHistory } from './history.js';
import { lineOf, recordOf, type ChoiceRecord, type PhotoContent } from './record.js';

/** A photo by its content. */
export interface ChosenPhoto {
  /** SHA-256 of its content, hexadecimal. */
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly photo: string;
}

/** Photos that changed, with what is chosen for them now. */
export type ChangedChoices = ReadonlyMap<string, Choice>;

/** Where the choices about the photos of a report are kept. */
export function choicesPath(report: string): string {
  return join(dirname(report), 'choices.jsonl');
}

/** What a file of choices comes to. */
export interface ChoicesRead {
  readonly history: ChoiceHistory;
  /** Lines that are damaged, and left out. */
  readonly damaged: number;
  /** SHA-256 of the file, hexadecimal; of nothing where there is no file. */
  readonly hash: string;
}

/**
 * Reads choices without any right to add to them.
 * @returns nothing chosen where there is no file
 * @throws UsageError where the file cannot be read or is another kind of file
 */
export async function readChoices(path: string): Promise<ChoicesRead> {
  const bytes = await read(path);
  const { history, damaged } = parse(bytes, path);
  return { history, damaged, hash: createHash('sha256').update(bytes ?? '').digest('hex') };
}

/** Choices that are added to. */
export class ChoicesFile {
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly lock: Lock,
    private end: number,
    readonly history: ChoiceHistory,
    /** Lines that are damaged, and left out. */
    readonly damaged: number,
  ) {}

  /**
   * Opens a file of choices, or begins one. One process at a time may.
   * @throws UsageError where it cannot be read or written, is another kind of file, or is in use
   */
  static async open(path: string): Promise<ChoicesFile> {
    let lock: Lock | undefined;
    try {
      lock = takeLock(lockPath(path), `the choices ${path}`);
      const bytes = await read(path);
      const { history, damaged, end } = parse(bytes, path);
      const file = await open(path, bytes === undefined ? 'wx+' : 'r+');
      // A line that was cut short was promised to nobody.
      await file.truncate(end);
      const choices = new ChoicesFile(path, file, lock, end, history, damaged);
      if (end === 0) await choices.write(begin);
      return choices;
    } catch (error) {
      lock?.release();
      if (error instanceof UsageError) throw error;
      throw new UsageError(`Cannot keep choices in ${path}: ${fileProblem(error, 'write')}`);
    }
  }

  /**
   * Chooses for some photos at once. When this is fulfilled the choice is on the disk.
   * @returns the photos that changed; none where all was chosen so already
   * @throws WriteError where the disk does not take it; nothing is chosen then
   */
  choose(photos: readonly { readonly photo: ChosenPhoto; readonly change: Change }[]): Promise<ChangedChoices> {
    return this.inTurn(async () => {
      const changes = photos.flatMap(({ photo, change }) => {
        const before = this.history.of(photo.key);
        const after = changed(before, change);
        return isSameChoice(before, after) ? [] : [{ ...photo, before, after }];
      });
      if (changes.length === 0) return new Map();
      return this.add({ kind: 'choose', at: now(), changes });
    });
  }

  /** Takes the last choice back. @throws as `choose` does */
  undo(): Promise<ChangedChoices> {
    return this.inTurn(async () => (this.history.canUndo ? this.add({ kind: 'undo', at: now() }) : new Map()));
  }

  /** Makes the last choice that was taken back count again. @throws as `choose` does */
  redo(): Promise<ChangedChoices> {
    return this.inTurn(async () => (this.history.canRedo ? this.add({ kind: 'redo', at: now() }) : new Map()));
  }

  /** Says that two contents are one photo. @throws as `choose` does */
  unite(before: PhotoContent, after: PhotoContent): Promise<ChangedChoices> {
    // These alone: whoever calls may know more of them.
    const contentOf = ({ key, size }: PhotoContent): PhotoContent => ({ key, size });
    return this.inTurn(() => this.add({ kind: 'same', at: now(), before: contentOf(before), after: contentOf(after) }));
  }

  async close(): Promise<void> {
    await this.queue;
    await this.file.close();
    this.lock.release();
  }

  private inTurn(work: () => Promise<ChangedChoices>): Promise<ChangedChoices> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => undefined);
    return done;
  }

  private async add(record: ChoiceRecord): Promise<ChangedChoices> {
    await this.write(record);
    return this.history.apply(record);
  }

  /** What is written into a file that was moved away, or in whose place an editor has put another one, nobody would find again. */
  private async checkPlace(): Promise<void> {
    const [own, there] = [await this.file.stat(), await stat(this.path).catch(() => undefined)];
    if (there?.ino === own.ino && there.dev === own.dev) return;
    throw new WriteError(`Cannot write the choices ${this.path}: since they were opened the file was moved, or another one was put in its place. `
      + 'Put it back, or begin the review anew.');
  }

  private async write(record: ChoiceRecord): Promise<void> {
    const bytes = Buffer.from(lineOf(record));
    await this.checkPlace();
    try {
      for (let done = 0; done < bytes.length;) {
        done += (await this.file.write(bytes, done, bytes.length - done, this.end + done)).bytesWritten;
      }
      await this.file.datasync();
      this.end += bytes.length;
    } catch (error) {
      // Half a line is worse than none: the next one would grow out of it.
      await this.file.truncate(this.end).catch(() => undefined);
      throw new WriteError(`Cannot write the choices ${this.path}: ${fileProblem(error, 'write')}`);
    }
  }
}

const begin: ChoiceRecord = { kind: 'begin', choices: 'portrait-pipeline', version: 1 };
const firstLine = lineOf(begin);

/** Longer than a million choices. */
const mostBytes = 1e9;

async function read(path: string): Promise<Buffer | undefined> {
  try {
    return await readRegularFile(path, { maxBytes: mostBytes });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new UsageError(`Cannot read the choices ${path}: ${fileProblem(error, 'write')}`);
  }
}

function parse(bytes: Buffer | undefined, path: string): Omit<ChoicesRead, 'hash'> & { readonly end: number } {
  const history = new ChoiceHistory();
  if (bytes === undefined) return { history, damaged: 0, end: 0 };
  const end = bytes.lastIndexOf('\n') + 1;
  const records = bytes.toString('utf8', 0, end).split('\n').slice(0, -1).map(recordOf);
  // Cut short in its first line, a file of choices holds the beginning of that line and nothing else.
  const isBegun = end > 0 ? records.some((record) => record !== undefined) : firstLine.startsWith(bytes.toString('latin1'));
  if (!isBegun) {
    throw new UsageError(`${path} is not a file of choices of pipeline review. Give the report another place, or move that file away.`);
  }
  for (const record of records) if (record !== undefined) history.apply(record);
  return { history, damaged: records.filter((record) => record === undefined).length, end };
}

function now(): string {
  return new Date().toISOString();
}
