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
import { OrderedWriting } from './ordered-writing.js';
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
  const summary = new RunSummary(photos.length);
  const files = await openFiles(photos, settings, options, (problem) => {
    summary.unwritten += 1;
    options.onNote?.(problem);
  });
  const { journal } = files;
  for (const note of journal?.notes ?? []) options.onNote?.(note);
  const flow = new PhotoFlow(photos, options, files, summary);
  try {
    if (journal?.resumed === true) options.onNote?.(doneBefore(photos, journal));
    await options.executor.run(flow.todo(), settings, (at, result) => { flow.take(at, result); }, flow.stop, journal?.id);
    await flow.end();
    await finish(photos, options, files, summary.photos === photos.length);
  } catch (error) {
    // Where the disk is full, half a report would only be in the way: the journal has all that was found.
    for (const sink of files.sinks) await sink.discard().catch(() => undefined);
    await journal?.close().catch(() => undefined);
    if (journal !== undefined) options.onNote?.('What was found so far is kept; the same command with --resume goes on from there.');
    throw error;
  } finally {
    options.output.close();
  }
  return summary;
}

async function finish(photos: readonly PhotoFile[], options: RunOptions, { sinks, journal }: RunFiles, isComplete: boolean): Promise<void> {
  if (isComplete && options.update === true) await journal?.keep(photos.map(({ photo }) => photo));
  for (const sink of sinks) await (isComplete ? sink.finish() : options.leave === true ? sink.discard() : sink.abandon());
  await (isComplete ? journal?.remove() : journal?.close());
}

/** The photos of a run on their way: handed out as fast as results are written, journaled as they come, written in the order of the list. */
class PhotoFlow {
  /** Aborted where the run is stopped, or something cannot be written. */
  readonly stop: AbortSignal;
  private readonly failure = new AbortController();
  private readonly writing: OrderedWriting;
  private readonly scenes = new SceneGrouping();
  private readonly inWork: Todo[] = [];
  private journaling = Promise.resolve();

  constructor(
    private readonly photos: readonly PhotoFile[],
    private readonly options: RunOptions,
    private readonly files: RunFiles,
    private readonly summary: RunSummary,
  ) {
    const { executor, output, signal } = options;
    this.stop = AbortSignal.any([signal, this.failure.signal]);
    const most = Math.min(executor.mostAhead, output.previews ? mostWithPictures : Infinity);
    this.writing = new OrderedWriting((result) => this.write(this.scenes.take(result)), most, this.stop, () => { this.failure.abort(); });
  }

  /** The photos that are not done, as fast as their results are written: a slow disk or reader makes nothing pile up. */
  async* todo(): AsyncGenerator<PhotoFile> {
    const { journal } = this.files;
    for (const [index, file] of this.photos.entries()) {
      if (this.options.leave !== true) await this.writing.roomFor(index);
      if (this.stop.aborted) return;
      const stamp = file.content !== undefined ? undefined : await fileStamp(file, journal !== undefined && this.options.compareContent === true);
      if (journal !== undefined && stamp !== undefined && journal.has(file.photo, stamp)) {
        this.options.onProgress?.();
        this.writing.take(index, () => journal.recall(file.photo).then((result) => withLooks(result, stamp)));
      } else {
        this.inWork.push({ index, file, stamp });
        yield stamp === undefined ? file : { ...file, looks: { size: stamp.size, modified: stamp.modified } };
      }
    }
  }

  /** Takes a result in. @param at how many photos were handed out before its own */
  take(at: number, result: PhotoResult): void {
    const { index, file, stamp } = this.inWork[at] ?? { index: at };
    const { journal } = this.files;
    this.options.onProgress?.();
    // A photo that could not be read is tried again by a resumed run.
    if (journal !== undefined && stamp !== undefined && result.status !== 'error') {
      this.journaling = journal.append(result, stamp);
      this.journaling.catch(() => { this.failure.abort(); });
    }
    const journaled = this.journaling;
    this.writing.take(index, () => journaled.then(async () => withLooks(result, stamp ?? await lateStamp(file, result))));
  }

  /** Writes what waits for its scene, when no result is to come any more. @throws as writing and journaling did */
  async end(): Promise<void> {
    await this.writing.done();
    await this.write(this.scenes.rest());
    await this.journaling;
  }

  private async write(results: readonly PhotoResult[]): Promise<void> {
    for (const result of results) {
      for (const sink of this.files.sinks) await sink.write(result);
      this.summary.add(result);
      this.options.onResult?.(result);
    }
  }
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

/** What the run writes to. */
interface RunFiles {
  readonly sinks: readonly ResultSink[];
  readonly journal: Journal | undefined;
}

/** Opens everything that the run writes to; where one thing cannot be written, none is left behind. */
async function openFiles(
  photos: readonly PhotoFile[],
  settings: PhotoSettings,
  options: RunOptions,
  onProblem: (problem: string) => void,
): Promise<RunFiles> {
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
