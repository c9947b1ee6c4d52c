/**
 * What all reports have in common.
 */
import type { PhotoResult } from '../pipeline/types.js';

/** Takes results in report order, one by one, and puts the file in place when all are there. */
export interface ReportWriter {
  write(result: PhotoResult): Promise<void>;
  /** Completes the report and puts it in place of an earlier one. */
  finish(): Promise<void>;
  /** The run was stopped: what is there is kept beside, under a name that says so, and an earlier report stays. */
  abandon(): Promise<void>;
  /** The run could not begin or go on: nothing is kept, and an earlier report stays. */
  discard(): Promise<void>;
}
