/**
 * What a report for programs says before its first photo: by it two reports are known to be comparable, and photos are found again.
 */
import { basename } from 'node:path';
import { contentHash } from '../files/content-hash.js';
import { reportName } from '../files/file-name.js';
import { packageVersion } from '../files/package.js';
import type { Config } from '../pipeline/config.js';
import { judgingFiles, judgingSettings } from '../run/fingerprint.js';

/** The same for every run with the same tool, settings and folder. */
export interface ReportHeader {
  readonly format: 'portrait-pipeline report';
  /** Raised when keys change their meaning or go. */
  readonly format_version: 1;
  readonly tool_version: string;
  /** The folder that photos are named by; absolute. */
  readonly root: string;
  /** The sections of the configuration that results depend on. */
  readonly config: Readonly<Record<string, unknown>>;
  /** SHA-256 of each model, hexadecimal, by the name of its file. */
  readonly models: Readonly<Record<string, string>>;
}

/**
 * The header of a run's reports.
 * @param folder that photos are named by
 * @throws if a model cannot be read
 */
export async function reportHeader(folder: string, config: Config): Promise<ReportHeader> {
  const models = judgingFiles(config).map(async (path): Promise<[string, string]> => [basename(path), await contentHash(path)]);
  return {
    format: 'portrait-pipeline report',
    format_version: 1,
    tool_version: packageVersion(),
    root: reportName(folder),
    config: Object.fromEntries(judgingSettings(config)),
    models: Object.fromEntries(await Promise.all(models)),
  };
}
