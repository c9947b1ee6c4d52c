/**
 * What `pipeline run` writes: its reports and, where asked for, sidecars beside the photos.
 */
import type { Config } from '../pipeline/config.js';
import { UsageError } from '../core/usage-error.js';
import { lockPath, takeLock, type Lock } from '../files/lock.js';
import { fileProblem } from '../files/problem.js';
import { placeOf } from '../files/whole-file.js';
import { checkSpace } from '../files/space.js';
import type { ResultSink, RunOutput } from '../run/sink.js';
import { createReport, showsPictures } from './create.js';
import { reportHeader, type ReportHeader } from './header.js';
import { runNeeds } from './needs.js';
import type { Editor } from './xmp/packet.js';
import { checkSidecarFolder, countMissing, createSidecarWriter } from './xmp/sidecars.js';

export interface OutputOptions {
  /** Report files; `-` is CSV on standard output. */
  readonly reports: readonly string[];
  /** The folder that photos are named by. */
  readonly folder: string;
  readonly config: Config;
  /** Say in a JSON report how long each stage took. */
  readonly times: boolean;
  /** Sidecars to write beside the photos, if any. */
  readonly sidecars?: { readonly editor: Editor; readonly force: boolean; readonly followLinks: boolean };
}

/** The output of a run, not opened yet. */
export function reportOutput({ reports, folder, config, times, sidecars }: OutputOptions): RunOutput {
  const first = reports.find((path) => path !== '-');
  const locks: Lock[] = [];
  const close = (): void => { for (const lock of locks.splice(0)) lock.release(); };
  return {
    journal: first === undefined ? undefined : `${first}.journal`,
    previews: reports.some(showsPictures),
    check: async ({ photos, isJournaled, keeps }) => {
      if (sidecars !== undefined) await checkSidecarFolder(folder);
      const missing = sidecars === undefined ? undefined : { folder, count: await countMissing(photos, sidecars.editor) };
      const unjournaled = photos.filter(({ photo }) => !isJournaled(photo)).length;
      await checkSpace(runNeeds(reports, { photos: photos.length, journaled: unjournaled + (keeps ? photos.length : 0), sidecars: missing }));
    },
    open: async (onProblem) => {
      const sinks: ResultSink[] = [];
      try {
        for (const path of reports) if (path !== '-') locks.push(lockReport(path));
        let asked: Promise<ReportHeader> | undefined;
        const header = (): Promise<ReportHeader> => asked ??= reportHeader(folder, config);
        for (const path of reports) sinks.push(await createReport(path, { folder, config, times, header }));
        if (sidecars !== undefined) sinks.push(createSidecarWriter({ ...sidecars, folder, settings: config.xmp, onProblem }));
        return sinks;
      } catch (error) {
        for (const sink of sinks) await sink.discard();
        close();
        throw error;
      }
    },
    close,
  };
}

/** Two runs would write one journal, and the later one would put its report in place of the other's. */
function lockReport(path: string): Lock {
  try {
    return takeLock(lockPath(placeOf(path)), `the report ${path}`);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`Cannot write the report ${path}: ${fileProblem(error, 'write')}`);
  }
}
