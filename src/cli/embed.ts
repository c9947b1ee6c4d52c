/**
 * `pipeline xmp --embed` and its `--undo`: marks inside the photos.
 */
import { ChoicesFile } from '../choices/file.js';
import { UsageError } from '../core/usage-error.js';
import { realDisk } from '../files/disk.js';
import { realPath } from '../files/file-name.js';
import { lockPath, takeLock, type Lock } from '../files/lock.js';
import { fileProblem, WriteError } from '../files/problem.js';
import { embedMarks, undoEmbedding, type EmbedOutcome, type EmbedWish } from '../reports/xmp/embed.js';
import { embedJournalPath, readEmbedJournal, type Embedded } from '../reports/xmp/embed-journal.js';
import type { Exiftool } from '../reports/xmp/exiftool.js';
import { endOnSignal } from './end-on-signal.js';
import { exitCodes } from './exit-codes.js';
import { log } from './log.js';
import { createProgress } from './progress.js';

interface EmbedRequest {
  readonly report: string;
  readonly folder: string;
  readonly exiftool: Exiftool;
  /** The file of choices, which is told that a photo has another content now; undefined where nothing is chosen. */
  readonly choices: string | undefined;
  readonly force: boolean;
}

/** Writes marks into photos. @throws UsageError where a review has the choices open, or another embedding is at work */
export async function embed(wishes: readonly EmbedWish[], { report, folder, exiftool, choices, force }: EmbedRequest): Promise<void> {
  await withJournal(report, async (journal, embedded) => {
    const file = choices === undefined ? undefined : await ChoicesFile.open(choices);
    const progress = createProgress(wishes.length);
    try {
      const outcome = await embedMarks(wishes, {
        disk: realDisk, folder: await realPath(folder), journal, embedded, exiftool, force,
        onSame: async (before, after) => {
          await file?.unite({ key: before.hash, size: before.size }, { key: after.hash, size: after.size });
        },
        onPhoto: () => { progress.step(); },
      });
      progress.stop();
      say(outcome, `photo(s) written into, through exiftool ${exiftool.version} of ${exiftool.source}; their pictures are the same byte by byte.`);
      if (outcome.done > 0) log.log(`pipeline xmp ${report} --undo takes that back.`);
    } finally {
      progress.stop();
      await file?.close();
    }
  });
}

/** Takes the last embedding back. @throws UsageError where there is none */
export async function undoEmbed(report: string, folder: string): Promise<void> {
  await withJournal(report, async (journal, embedded) => {
    if (embedded.sessions.length === 0) throw new UsageError(`Nothing that pipeline xmp --embed wrote is left to be taken back: ${journal}.`);
    say(await undoEmbedding({ disk: realDisk, folder: await realPath(folder), journal, embedded }), 'photo(s) are as they were, byte by byte.');
  });
}

async function withJournal(report: string, work: (journal: string, embedded: Embedded) => Promise<void>): Promise<void> {
  endOnSignal();
  const journal = embedJournalPath(report);
  const lock = lockOf(journal, report);
  try {
    const embedded = await readEmbedJournal(realDisk, journal);
    if (embedded.damaged > 0) {
      log.warn(`${String(embedded.damaged)} line(s) of ${journal} are damaged: what they say cannot be taken back.`);
    }
    await work(journal, embedded);
  } finally {
    lock.release();
  }
}

function lockOf(journal: string, report: string): Lock {
  try {
    return takeLock(lockPath(journal), `the photos of ${report}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new WriteError(`Cannot write beside ${report}, where it is kept how to take marks out again: ${fileProblem(error, 'write')}`);
  }
}

function say({ done, left }: EmbedOutcome, what: string): void {
  log.log(`${String(done)} ${what}`);
  for (const each of left) log.warn(`Left as it is: ${each}`);
  if (left.length > 0) process.exitCode = exitCodes.failure;
}
