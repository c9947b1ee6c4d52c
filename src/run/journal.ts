/**
 * The journal of a run: what was found of each photo, kept beside the report while the run lasts, so that a run that was
 * killed can go on where it stopped.
 *
 * A line a record, each with a checksum, only ever appended to. Whatever the moment of a kill or a power cut, at most the
 * last line is cut short. Results stay on the disk; memory holds where each one lies.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { checkedLine, checkedText, mayBeginWith } from '../files/checked-line.js';
import { contentHash } from '../files/content-hash.js';
import { errorCode } from '../files/error-code.js';
import { systemPath } from '../files/file-name.js';
import { openRegularFile, readBytes } from '../files/regular-file.js';
import { UsageError } from '../core/usage-error.js';
import { fileProblem, WriteError } from '../files/problem.js';
import { WholeFile } from '../files/whole-file.js';
import type { PhotoFile, PhotoResult } from '../core/result.js';
import { parseHeader, parseRecord, recordText, type FileStamp, type JournalHeader, type JournalRecord } from './journal-record.js';

export interface Journal {
  /** Of the run, from its beginning to its end, however often it is gone on with; no other run has it. */
  readonly id: string;
  /** Records that can be recalled. */
  readonly size: number;
  /** Whether an unfinished run was found and is gone on with. */
  readonly resumed: boolean;
  /** What the reader of the log should know: a damaged record, settings that changed. */
  readonly notes: readonly string[];
  /** Whether there is a record of a photo, be its file as it was then or not. */
  knows(photo: string): boolean;
  /** Whether a photo was done, and its file is as it was then. */
  has(photo: string, stamp: FileStamp): boolean;
  /**
   * The result of a photo that `has` knows.
   * @throws if the journal cannot be read any more
   */
  recall(photo: string): Promise<PhotoResult>;
  /**
   * Adds a result. Records are written in the order of the calls.
   * @throws WriteError where the disk is full; nothing is written any more then
   */
  append(result: PhotoResult, stamp: FileStamp): Promise<void>;
  /**
   * Writes what is known of these photos into the file that a later run with `update` begins with.
   * @throws WriteError where it cannot be written; an earlier one stays
   */
  keep(photos: Iterable<string>): Promise<void>;
  /** Flushes and keeps the file: the run is not complete. */
  close(): Promise<void>;
  /** Removes the file: the report is complete. */
  remove(): Promise<void>;
}

export interface JournalOptions {
  /** Go on with the journal that is there; else it is set aside and a new one begun. */
  readonly resume: boolean;
  /** Go on, too, with what was kept of the last run that was complete. */
  readonly update?: boolean;
  /**
   * Called before an earlier journal is set aside or written to.
   * @param isJournaled whether there is a record of a photo that is gone on with
   * @throws where the run is not to begin
   */
  readonly check?: (isJournaled: (photo: string) => boolean) => Promise<void>;
}

/** Where a run with `update` keeps what it found, when it is complete: `out.csv.found` beside `out.csv.journal`. */
function keptPath(journal: string): string {
  return `${journal.replace(/\.journal$/, '')}.found`;
}

/** The stamp of a photo's file, or undefined where it cannot be looked at. The time of one in a tar is the tar's. */
export async function fileStamp({ path, part }: Pick<PhotoFile, 'path' | 'part'>, withHash: boolean): Promise<FileStamp | undefined> {
  try {
    const { size, mtimeMs } = await stat(systemPath(path));
    return { size: part?.length ?? size, modified: mtimeMs, ...(withHash ? { hash: await contentHash(path, part) } : {}) };
  } catch {
    return undefined;
  }
}

/**
 * Opens the journal of a run.
 * @param path where it lies
 * @param fingerprint of everything but the photos that the results depend on; results found under another are not used
 * @throws UsageError where the file cannot be written; and what `check` throws
 */
export async function openJournal(path: string, fingerprint: string, options: JournalOptions): Promise<Journal> {
  const notes: string[] = [];
  const { update = false } = options;
  if (update) await takeUpKept(path);
  const earlier = await readIndex(path);
  if (earlier?.isJournal === false) throw anotherFile(path);
  const usable = (options.resume || update) && earlier?.header?.fingerprint === fingerprint;
  await options.check?.((photo) => usable && earlier.places.has(photo));
  if (earlier !== undefined && !usable && earlier.places.size > 0) {
    await checkJournal(`${path}.old`);
    await rename(path, `${path}.old`);
    notes.push(`${whyUnused(earlier, options)} Its journal is now ${path}.old.`);
  }
  if ((options.resume || update) && !usable && notes.length === 0) {
    notes.push(update ? 'Nothing is kept of an earlier run of this report; all photos are judged, and the next --update knows them.'
      : 'There is no unfinished run of this report to go on with; all photos are judged.');
  }
  if (usable && earlier.damaged > 0) {
    notes.push(`${String(earlier.damaged)} record(s) of ${path} are damaged; their photos are judged again.`);
  }
  const file = await openFile(path, usable ? earlier.end : 0);
  const begun: JournalHeader = usable ? earlier.header : { journal: 'portrait-pipeline', version: 1, fingerprint, id: randomUUID() };
  const journal = new JournalFile(begun, path, file, usable ? earlier : emptyIndex(), usable, notes);
  if (usable) return journal;
  try {
    await journal.write(begun);
    return journal;
  } catch (error) {
    await journal.close();
    await rm(path, { force: true });
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @throws UsageError where a file that will be replaced is none of a run's: a photo may have its name */
async function checkJournal(path: string): Promise<void> {
  // The first bytes tell it but where they are damaged.
  const isBegun = await beginningOf(path).then(isBeginning, (error: unknown) => errorCode(error) === 'ENOENT');
  if (!isBegun && (await readIndex(path))?.isJournal === false) throw anotherFile(path);
}

function anotherFile(path: string): UsageError {
  return new UsageError(`${path}, where a journal of this run would lie, is another file. Move it away, or give the report another name.`);
}

function isBeginning(text: string): boolean {
  return mayBeginWith(text, '{"journal":"portrait-pipeline"');
}

/** Renamed, not copied: a run that is killed from here on goes on with the journal. An unfinished run knows more than the last one. */
async function takeUpKept(path: string): Promise<void> {
  const kept = await lstat(keptPath(path)).catch(() => undefined);
  // It is written at the end of the run, and through a link that would be another file.
  if (kept?.isSymbolicLink() === true) throw new UsageError(`Cannot keep what is found in ${keptPath(path)}: it is a link. Remove it.`);
  if (kept?.isFile() === true) await checkJournal(keptPath(path));
  try {
    await lstat(path);
  } catch {
    await rename(keptPath(path), path).catch((error: unknown) => {
      if (errorCode(error) !== 'ENOENT') throw new UsageError(`Cannot go on with ${keptPath(path)}: ${fileProblem(error, 'write')}`);
    });
  }
}

/** Where a record lies in the file, in bytes. */
interface Place {
  readonly offset: number;
  readonly length: number;
  readonly stamp: FileStamp;
}

interface JournalIndex {
  /** False where the file holds nothing of a journal's: it is not ours to write over. */
  readonly isJournal: boolean;
  readonly header: JournalHeader | undefined;
  readonly places: Map<string, Place>;
  readonly damaged: number;
  /** Byte after the last whole line. */
  readonly end: number;
}

/** Milliseconds between two flushes to the disk: what a power cut can cost. */
const flushInterval = 1000;

class JournalFile implements Journal {
  private end: number;
  private flushed = performance.now();
  private queue: Promise<void> = Promise.resolve();
  /** What the next write takes: records that come while one is under way go together. */
  private waiting: (JournalHeader | JournalRecord)[] = [];

  constructor(
    private readonly header: JournalHeader,
    private readonly path: string,
    private readonly file: FileHandle,
    private readonly index: JournalIndex,
    readonly resumed: boolean,
    readonly notes: readonly string[],
  ) {
    this.end = index.end;
  }

  get id(): string {
    return this.header.id;
  }

  get size(): number {
    return this.index.places.size;
  }

  knows(photo: string): boolean {
    return this.index.places.has(photo);
  }

  has(photo: string, stamp: FileStamp): boolean {
    const known = this.index.places.get(photo)?.stamp;
    return known !== undefined && known.size === stamp.size && known.modified === stamp.modified && known.hash === stamp.hash;
  }

  async recall(photo: string): Promise<PhotoResult> {
    const place = this.index.places.get(photo);
    if (place === undefined) throw new Error(`The journal ${this.path} knows nothing of ${photo}.`);
    const { buffer } = await this.file.read(Buffer.alloc(place.length), 0, place.length, place.offset);
    const text = checkedText(buffer.toString('utf8'));
    const record = text === undefined ? undefined : parseRecord(text);
    if (record === undefined) throw new Error(`The journal ${this.path} changed while it was read.`);
    return record.result;
  }

  append(result: PhotoResult, stamp: FileStamp): Promise<void> {
    const record: JournalRecord = { stamp, result };
    return this.write(record);
  }

  write(record: JournalHeader | JournalRecord): Promise<void> {
    this.waiting.push(record);
    if (this.waiting.length > 1) return this.queue;
    this.queue = this.queue.then(() => this.writeWaiting()).catch((error: unknown) => {
      if (error instanceof WriteError) throw error;
      throw new WriteError(`Cannot write the run's journal ${this.path}: ${fileProblem(error, 'write')}`);
    });
    return this.queue;
  }

  private async writeWaiting(): Promise<void> {
    const records = this.waiting;
    this.waiting = [];
    const lines = records.map((record) => Buffer.from(checkedLine(recordText(record))));
    const bytes = Buffer.concat(lines);
    // A disk that is almost full takes a part of what it is given, and says so by the number only.
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, this.end + done);
      done += bytesWritten;
    }
    for (const [at, record] of records.entries()) {
      const length = lines[at]?.length ?? 0;
      if ('result' in record) this.index.places.set(record.result.photo, { offset: this.end, length: length - 1, stamp: record.stamp });
      this.end += length;
    }
    if (performance.now() - this.flushed < flushInterval) return;
    await this.file.datasync();
    this.flushed = performance.now();
  }

  async keep(photos: Iterable<string>): Promise<void> {
    await this.queue;
    let kept: WholeFile | undefined;
    try {
      kept = WholeFile.begin(keptPath(this.path));
      // Another run than this one will go on from here.
      kept.append(checkedLine(recordText({ ...this.header, id: randomUUID() })));
      for (const photo of photos) {
        const place = this.index.places.get(photo);
        if (place === undefined) continue;
        const { buffer } = await this.file.read(Buffer.alloc(place.length), 0, place.length, place.offset);
        kept.append(Buffer.concat([buffer, Buffer.from('\n')]));
      }
      kept.commit();
    } catch (error) {
      kept?.discard();
      throw new WriteError(`Cannot keep what was found in ${keptPath(this.path)}: ${fileProblem(error, 'write')}`);
    }
  }

  async close(): Promise<void> {
    // What failed was told to the caller of `append`.
    await this.queue.catch(() => undefined);
    await this.file.sync();
    await this.file.close();
  }

  async remove(): Promise<void> {
    await this.queue;
    await this.file.close();
    await rm(this.path, { force: true });
  }
}

function whyUnused(earlier: JournalIndex, options: JournalOptions): string {
  if (!options.resume && options.update !== true) return 'An earlier run was not finished; with --resume this one would have gone on with it.';
  if (earlier.header === undefined) return 'The beginning of the journal is damaged; all photos are judged anew.';
  return 'The settings, the model or the folder are not those of the earlier run; all photos are judged anew.';
}

function emptyIndex(): JournalIndex {
  return { isJournal: true, header: undefined, places: new Map(), damaged: 0, end: 0 };
}

async function openFile(path: string, length: number): Promise<FileHandle> {
  try {
    // Not through a link: what it leads to is not ours to write over.
    const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | constants.O_NOFOLLOW, 0o666);
    if (!(await file.stat()).isFile()) {
      await file.close();
      throw new Error('it is not a file.');
    }
    // A record that was cut short is taken off, so that the next one starts on a line of its own.
    await file.truncate(length);
    return file;
  } catch (error) {
    throw new UsageError(`Cannot write the run's journal ${path}: ${fileProblem(error, 'write')}`);
  }
}

/** Reads a journal once, from start to end. Undefined where there is none. */
async function readIndex(path: string): Promise<JournalIndex | undefined> {
  const places = new Map<string, Place>();
  let header: JournalHeader | undefined;
  let damaged = 0;
  let end = 0;
  let isBegun: boolean;
  try {
    isBegun = isBeginning(await beginningOf(path));
    for await (const line of wholeLines(path)) {
      const text = checkedText(line.bytes.toString('utf8'));
      const record = text === undefined || line.offset === 0 ? undefined : parseRecord(text);
      if (line.offset === 0) header = text === undefined ? undefined : parseHeader(text);
      else if (record === undefined) damaged += 1;
      else places.set(record.result.photo, { offset: line.offset, length: line.bytes.length, stamp: record.stamp });
      end = line.offset + line.bytes.length + 1;
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new UsageError(`Cannot read the run's journal ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { isJournal: isBegun || places.size > 0, header, places, damaged, end };
}

/** As much of a file as tells a journal from others. */
async function beginningOf(path: string): Promise<string> {
  const file = await openRegularFile(path, { refuseLinks: true });
  try {
    return (await readBytes(file, 64)).toString('latin1');
  } finally {
    await file.close();
  }
}

/** The lines of a file that end in a line feed, with their places. */
async function* wholeLines(path: string): AsyncGenerator<{ readonly bytes: Buffer; readonly offset: number }> {
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  const file = await openRegularFile(path, { refuseLinks: true });
  // Closes the file when it is done.
  for await (const chunk of file.createReadStream({ highWaterMark: 1 << 20 })) {
    let bytes: Buffer = Buffer.concat([rest, chunk]);
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10)) {
      yield { bytes: bytes.subarray(0, at), offset };
      bytes = bytes.subarray(at + 1);
      offset += at + 1;
    }
    rest = bytes;
  }
}
