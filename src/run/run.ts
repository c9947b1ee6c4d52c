/**
 * A run over many photos: from the list of files to finished reports.
 */
import type { PhotoFile, PhotoResult } from '../core/result.js';
import { UsageError } from '../core/usage-error.js';
import { runFingerprint } from './fingerprint.js';
import { fileStamp, openJournal, type Journal } from './journal.js';
import type { FileStamp } from './journal-record.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import type { PhotoExecutor } from './executor.js';
import type { ResultSink, RunOutput } from './sink.js';
import { SceneGrouping } from '../scenes/group.js';
import { RunSummary } from './summary.js';

export interface RunOptions {
  /** Where the photos are judged. It stays open. */
  readonly executor: PhotoExecutor;
  readonly settings: PhotoSettings;
  /** The folder that photos are named by. */
  readonly folder: string;
  /** Where the results go. */
  readonly output: RunOutput;
  /** Go on with an unfinished run of the same reports: photos that are done and unchanged are not judged again. */
  readonly resume?: boolean;
  /** Judge only what is new or changed since the last complete run with `update` of the same reports; also goes on as `resume` does. */
  readonly update?: boolean;
  /** Tell changed photos by their content too, not by size and time alone. */
  readonly compareContent?: boolean;
  /**
   * The photos are handed out and nothing is waited for: whoever judges them goes on when this process ends, and the same run with
   * `resume` takes what they found. No report is written.
   */
  readonly leave?: boolean;
  /** Called with every result, in report order. */
  readonly onResult?: (result: PhotoResult) => void;
  /** Called whenever a photo is done, in any order. */
  readonly onProgress?: () => void;
  /** Called with what the person should know before the work starts. */
  readonly onNote?: (note: string) => void;
  /** Ends the run early: what is in work is finished, the reports keep what is done. */
  readonly signal: AbortSignal;
}

/**
 * Judges photos and writes the reports.
 * @returns the counts, which also tell whether the run was stopped
 * @throws UsageError before any work where a report cannot be written
 */
export async function runPhotos(photos: readonly PhotoFile[], options: RunOptions): Promise<RunSummary> {
  const settings = { ...options.settings, previews: options.output.previews };
  const { executor, output } = options;
  const summary = new RunSummary(photos.length);
  const { sinks, journal } = await openFiles(photos, settings, options, (problem) => {
    summary.unwritten += 1;
    options.onNote?.(problem);
  });
  for (const note of journal?.notes ?? []) options.onNote?.(note);
  const failure = new AbortController();
  const stop = AbortSignal.any([options.signal, failure.signal]);
  const fail = (): void => { failure.abort(); };
  let journaling = Promise.resolve();
  const scenes = new SceneGrouping();
  const writeAll = async (results: readonly PhotoResult[]): Promise<void> => {
    for (const result of results) {
      for (const sink of sinks) await sink.write(result);
      summary.add(result);
      options.onResult?.(result);
    }
  };
  const most = Math.min(executor.mostAhead, settings.previews ? mostWithPictures : Infinity);
  const writing = new OrderedWriting((result) => writeAll(scenes.take(result)), most, stop, fail);
  const inWork: Todo[] = [];
  /** The photos that are not done, as fast as their results are written: a slow disk or reader makes nothing pile up. */
  const todo = async function* (): AsyncGenerator<PhotoFile> {
    for (const [index, file] of photos.entries()) {
      if (options.leave !== true) await writing.roomFor(index);
      if (stop.aborted) return;
      const stamp = file.content !== undefined ? undefined : await fileStamp(file, journal !== undefined && options.compareContent === true);
      if (journal !== undefined && stamp !== undefined && journal.has(file.photo, stamp)) {
        options.onProgress?.();
        writing.take(index, () => journal.recall(file.photo).then((result) => withLooks(result, stamp)));
      } else {
        inWork.push({ index, file, stamp });
        yield stamp === undefined ? file : { ...file, looks: { size: stamp.size, modified: stamp.modified } };
      }
    }
  };
  try {
    if (journal?.resumed === true) options.onNote?.(doneBefore(photos, journal));
    await executor.run(todo(), settings, (at, result) => {
      const { index, file, stamp } = inWork[at] ?? { index: at };
      options.onProgress?.();
      // A photo that could not be read is tried again by a resumed run.
      if (journal !== undefined && stamp !== undefined && result.status !== 'error') {
        journaling = journal.append(result, stamp);
        journaling.catch(fail);
      }
      const journaled = journaling;
      writing.take(index, () => journaled.then(async () => withLooks(result, stamp ?? await lateStamp(file, result))));
    }, stop, journal?.id);
    await writing.done();
    await writeAll(scenes.rest());
    await journaling;
    const complete = summary.photos === photos.length;
    if (complete && options.update === true) await journal?.keep(photos.map(({ photo }) => photo));
    for (const sink of sinks) await (complete ? sink.finish() : options.leave === true ? sink.discard() : sink.abandon());
    await (complete ? journal?.remove() : journal?.close());
  } catch (error) {
    // Where the disk is full, half a report would only be in the way: the journal has all that was found.
    for (const sink of sinks) await sink.discard().catch(() => undefined);
    await journal?.close().catch(() => undefined);
    if (journal !== undefined) options.onNote?.('What was found so far is kept; the same command with --resume goes on from there.');
    throw error;
  } finally {
    output.close();
  }
  return summary;
}

/** A photo that the executor took. */
interface Todo {
  /** Its place in the report. */
  readonly index: number;
  readonly file: PhotoFile;
  /** How its file looked before it was read. */
  readonly stamp: FileStamp | undefined;
}

/** A folder may have been away when a photo of it was handed out, and there again when that was opened. */
async function lateStamp(file: PhotoFile | undefined, { status }: PhotoResult): Promise<FileStamp | undefined> {
  return file === undefined || file.content !== undefined || status === 'error' ? undefined : fileStamp(file, false);
}

/** Reports say which file it was that was judged. */
function withLooks(result: PhotoResult, stamp: FileStamp | undefined): PhotoResult {
  return stamp === undefined ? result : { ...result, file: { size: stamp.size, modified: stamp.modified } };
}

function doneBefore(photos: readonly PhotoFile[], journal: Journal): string {
  const known = photos.filter(({ photo }) => journal.knows(photo)).length;
  return `${String(known)} of ${String(photos.length)} photos were done before; those that have changed since are judged again.`;
}

/** A run without a report that is a file has nothing to go on with. */
async function openRunJournal(photos: readonly PhotoFile[], settings: PhotoSettings, options: RunOptions): Promise<Journal | undefined> {
  const { journal } = options.output;
  const keeps = options.update === true;
  const check = (isJournaled: (photo: string) => boolean): Promise<void> => options.output.check({ photos, isJournaled, keeps });
  if (journal === undefined) {
    if (keeps) throw new UsageError('--update is about a report that is a file; name it with --report.');
    if (options.resume === true) throw new UsageError('--resume goes on with a report that is a file; name it with --report, as in the run that stopped.');
    await check(() => false);
    return undefined;
  }
  const fingerprint = await runFingerprint(settings, options.folder);
  return openJournal(journal, fingerprint, { resume: options.resume === true, update: keeps, check });
}

/** Opens everything that the run writes to; where one thing cannot be written, none is left behind. */
async function openFiles(
  photos: readonly PhotoFile[],
  settings: PhotoSettings,
  options: RunOptions,
  onProblem: (problem: string) => void,
): Promise<{ readonly sinks: readonly ResultSink[]; readonly journal: Journal | undefined }> {
  const sinks = await options.output.open(onProblem);
  try {
    return { sinks, journal: await openRunJournal(photos, settings, options) };
  } catch (error) {
    for (const sink of sinks) await sink.discard();
    options.output.close();
    throw error;
  }
}

/** Results with the pictures of a page that may wait for being written, be it for an earlier one: some 50 MB. */
const mostWithPictures = 512;

/** Writes results one after the other in the order of their index, however they arrive. */
class OrderedWriting {
  private readonly waiting = new Map<number, () => Promise<PhotoResult>>();
  private next = 0;
  private written = 0;
  private writing = Promise.resolve();
  private wake: () => void = () => undefined;

  /**
   * @param most results that may wait for being written, be it for an earlier one
   * @param stop after its abort nobody is kept waiting for room
   * @param onFailure called when a result cannot be written; what it was is thrown by `done`
   */
  constructor(
    private readonly write: (result: PhotoResult) => Promise<void>,
    private readonly most: number,
    private readonly stop: AbortSignal,
    private readonly onFailure: () => void,
  ) {
    stop.addEventListener('abort', () => { this.wake(); });
  }

  /** Waits until few enough results are on their way for another one. For one caller at a time. */
  async roomFor(index: number): Promise<void> {
    while (index >= this.written + this.most && !this.stop.aborted) {
      await new Promise<void>((resolve) => { this.wake = resolve; });
    }
  }

  take(index: number, result: () => Promise<PhotoResult>): void {
    this.waiting.set(index, result);
    for (let ready = this.waiting.get(this.next); ready !== undefined; ready = this.waiting.get(this.next)) {
      this.waiting.delete(this.next);
      this.next += 1;
      this.enqueue(ready);
    }
  }

  /** Waits until everything that can be is written. @throws as writing did */
  async done(): Promise<void> {
    await this.writing;
  }

  private enqueue(result: () => Promise<PhotoResult>): void {
    this.writing = this.writing.then(async () => {
      await this.write(await result());
      this.written += 1;
      this.wake();
    });
    this.writing.catch(this.onFailure);
  }
}
