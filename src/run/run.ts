/**
 * A run over many photos: from the list of files to finished reports.
 */
import type { PhotoFile, PhotoResult } from '../core/result.js';
import { UsageError } from '../core/usage-error.js';
import { runFingerprint } from './fingerprint.js';
import { fileStamp, openJournal, type FileStamp, type Journal } from './journal.js';
import type { PhotoSettings } from '../pipeline/photo.js';
import type { PhotoPool } from './pool.js';
import type { ResultSink, RunOutput } from './sink.js';
import { RunSummary } from './summary.js';

export interface RunOptions {
  /** Where the photos are judged. It stays open. */
  readonly pool: PhotoPool;
  readonly settings: PhotoSettings;
  /** The folder that photos are named by. */
  readonly folder: string;
  /** Where the results go. */
  readonly output: RunOutput;
  /** Go on with an unfinished run of the same reports: photos that are done and unchanged are not judged again. */
  readonly resume?: boolean;
  /** Tell changed photos by their content too, not by size and time alone. */
  readonly compareContent?: boolean;
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
  const { pool, output } = options;
  await output.check(photos.length);
  const summary = new RunSummary(photos.length);
  const { sinks, journal } = await openFiles(settings, options, (problem) => {
    summary.unwritten += 1;
    options.onNote?.(problem);
  });
  for (const note of journal?.notes ?? []) options.onNote?.(note);
  const failure = new AbortController();
  // Reports are written one result after the other, in the order of `photos`, while later photos are still in work.
  let writing = Promise.resolve();
  let journaling = Promise.resolve();
  const inOrder = new InOrder((result: () => Promise<PhotoResult>) => {
    writing = writing.then(async () => {
      const value = await result();
      for (const sink of sinks) await sink.write(value);
      summary.add(value);
      options.onResult?.(value);
    });
    // A failure, such as a full disk, ends the run. It surfaces where `writing` is awaited.
    writing.catch(() => { failure.abort(); });
  });
  try {
    const todo = await recallDone(photos, journal, options, (index, recall) => {
      options.onProgress?.();
      inOrder.take(index, recall);
    });
    await pool.run(todo.map(({ file }) => file), settings, (at, result) => {
      const { index, stamp } = todo[at] ?? { index: at, stamp: undefined };
      options.onProgress?.();
      // A photo that could not be read is tried again by a resumed run.
      if (journal !== undefined && stamp !== undefined && result.status !== 'error') {
        journaling = journal.append(result, stamp);
        journaling.catch(() => { failure.abort(); });
      }
      inOrder.take(index, () => Promise.resolve(result));
    }, AbortSignal.any([options.signal, failure.signal]));
    await writing;
    await journaling;
    const complete = summary.photos === photos.length;
    for (const sink of sinks) await (complete ? sink.finish() : sink.abandon());
    await (complete ? journal?.remove() : journal?.close());
  } catch (error) {
    // Where the disk is full, half a report would only be in the way: the journal has all that was found.
    for (const sink of sinks) await sink.discard().catch(() => undefined);
    await journal?.close().catch(() => undefined);
    if (journal !== undefined) options.onNote?.('What was found so far is kept; the same command with --resume goes on from there.');
    throw error;
  }
  return summary;
}

/** A photo that has to be judged. */
interface Todo {
  readonly file: PhotoFile;
  /** Its place in the report. */
  readonly index: number;
  /** How its file looked before it was read. */
  readonly stamp: FileStamp | undefined;
}

/** Passes on what the journal knows of unchanged photos. @returns the others */
async function recallDone(
  photos: readonly PhotoFile[],
  journal: Journal | undefined,
  options: RunOptions,
  onDone: (index: number, recall: () => Promise<PhotoResult>) => void,
): Promise<Todo[]> {
  const todo: Todo[] = [];
  for (const [index, file] of photos.entries()) {
    const stamp = journal === undefined ? undefined : await fileStamp(file.path, options.compareContent === true);
    if (journal !== undefined && stamp !== undefined && journal.has(file.photo, stamp)) {
      onDone(index, () => journal.recall(file.photo));
    } else {
      todo.push({ file, index, stamp });
    }
  }
  if (journal?.resumed === true) options.onNote?.(`${photos.length - todo.length} of ${photos.length} photos were done before.`);
  return todo;
}

/** A run without a report that is a file has nothing to go on with. */
async function openRunJournal(settings: PhotoSettings, options: RunOptions): Promise<Journal | undefined> {
  const { journal } = options.output;
  if (journal === undefined) {
    if (options.resume !== true) return undefined;
    throw new UsageError('--resume goes on with a report that is a file; name it with --report, as in the run that stopped.');
  }
  const fingerprint = await runFingerprint(settings, options.folder);
  return openJournal(journal, fingerprint, { resume: options.resume === true });
}

/** Opens everything that the run writes to; where one thing cannot be written, none is left behind. */
async function openFiles(
  settings: PhotoSettings,
  options: RunOptions,
  onProblem: (problem: string) => void,
): Promise<{ readonly sinks: readonly ResultSink[]; readonly journal: Journal | undefined }> {
  const sinks = await options.output.open(onProblem);
  try {
    return { sinks, journal: await openRunJournal(settings, options) };
  } catch (error) {
    for (const sink of sinks) await sink.discard();
    throw error;
  }
}

/** Passes values on in the order of their index, however they arrive. */
class InOrder<T> {
  private readonly waiting = new Map<number, T>();
  private next = 0;

  constructor(private readonly emit: (value: T) => void) {}

  take(index: number, value: T): void {
    this.waiting.set(index, value);
    for (let ready = this.waiting.get(this.next); ready !== undefined; ready = this.waiting.get(this.next)) {
      this.waiting.delete(this.next);
      this.next += 1;
      this.emit(ready);
    }
  }
}
