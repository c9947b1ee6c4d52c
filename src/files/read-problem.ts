/**
 * What kept a file from being read, for people.
 */
import { errorCode } from './error-code.js';

/** Why a file could not be read: the second half of a sentence, with its full stop. */
export function readProblem(error: unknown): string {
  return problems[errorCode(error) ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

const problems: Readonly<Record<string, string>> = {
  EACCES: 'permission denied.',
  EPERM: 'permission denied.',
  ENOENT: 'it does not exist (any more).',
  ENOTDIR: 'what should be its folder is a file.',
  EISDIR: 'it is a folder.',
  ELOOP: 'it is a link that leads in a circle.',
  EIO: 'the disk reports an error.',
  ESTALE: 'its disk or share is gone.',
  ENODEV: 'its disk or share is gone.',
  ENAMETOOLONG: 'its name or path is longer than the system takes.',
  EMFILE: 'too many files are open.',
};
