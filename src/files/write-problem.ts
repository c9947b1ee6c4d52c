/**
 * What kept a file from being written, for people.
 */
import { errorCode } from './error-code.js';

/** A file could not be written; the message names it and says why. */
export class WriteError extends Error {
  override readonly name = 'WriteError';
}

/** Why a file could not be written: the second half of a sentence, with its full stop. */
export function writeProblem(error: unknown): string {
  return problems[errorCode(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

/** Whether no other file could be written there either: the disk is full, or may only be read. */
export function isDiskProblem(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS'].includes(errorCode(error) ?? '');
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist. Make the folder first.',
  EACCES: 'the folder cannot be written to.',
  EPERM: 'the folder cannot be written to.',
  EROFS: 'the disk can only be read.',
  ENOSPC: 'the disk is full.',
  EDQUOT: 'your share of the disk is used up.',
  EFBIG: 'it grew beyond what the disk or the system allows a file.',
  ENOTDIR: 'what should be its folder is a file.',
  EPIPE: 'its reader has gone.',
  ENAMETOOLONG: 'its name is longer than this disk takes.',
};
