/**
 * Where a run's results go. The run knows no format: reports and sidecars are sinks.
 */
import type { PhotoFile, PhotoResult } from '../core/result.js';

/** Takes results in report order, one by one, and puts the file in place when all are there. */
export interface ResultSink {
  write(result: PhotoResult): Promise<void>;
  /** Completes the report and puts it in place of an earlier one. */
  finish(): Promise<void>;
  /** The run was stopped: what is there is kept beside, under a name that says so, and an earlier report stays. */
  abandon(): Promise<void>;
  /** The run could not begin or go on: nothing is kept, and an earlier report stays. */
  discard(): Promise<void>;
}

/** What a run is going to write. */
export interface RunWork {
  readonly photos: readonly PhotoFile[];
  /** Whether the journal that is gone on with has a photo already. */
  readonly isJournaled: (photo: string) => boolean;
  /** Whether what was found is kept in a second file when the run is complete. */
  readonly keeps: boolean;
}

/** Everything that a run writes to, opened when the run begins. */
export interface RunOutput {
  /** Name of the journal that lets an unfinished run be gone on with; undefined where there is no file to lie beside. */
  readonly journal: string | undefined;
  /** Whether a sink shows pictures, which are then to be made with every result. */
  readonly previews: boolean;
  /**
   * Whether all can be written, asked before any work and before an earlier journal is changed.
   * @throws UsageError
   */
  check(work: RunWork): Promise<void>;
  /**
   * Opens the sinks; where one cannot be opened, none is left behind.
   * @param onProblem called with what could not be written of one photo; the run goes on
   * @throws UsageError
   */
  open(onProblem: (problem: string) => void): Promise<readonly ResultSink[]>;
  /** Called when the run is over, after the sinks and the journal: others may write to the same now. */
  close(): void;
}
