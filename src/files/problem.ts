/**
 * What the system says when something cannot be done with a file, for people. The one table of its kind.
 */
import { errorCode } from './error-code.js';

/** A file could not be written; the message names it and says why. */
export class WriteError extends Error {
  override readonly name = 'WriteError';
}

/** What was to be done: a file read, a file written, a folder made. */
export type Doing = 'read' | 'write' | 'make';

/**
 * Why something could not be done with a file or folder: the second half of a sentence, with its full stop and what to do.
 * @param doing what could not be done; of one error it makes different sentences
 */
export function fileProblem(error: unknown, doing: Doing): string {
  return sentences[errorCode(error) ?? '']?.[doing] ?? (error instanceof Error ? error.message : String(error));
}

/** Whether no other file could be written there either: the disk is full, or may only be read. */
export function isDiskProblem(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EROFS'].includes(errorCode(error) ?? '');
}

const elsewhere = 'Name a folder elsewhere.';
const denied = {
  read: 'permission denied.', write: 'the folder cannot be written to.', make: `the folder above it cannot be written to. ${elsewhere}`,
};
const gone = everywhere('its disk or share is gone.');

const sentences: Readonly<Record<string, Readonly<Partial<Record<Doing, string>>>>> = {
  EACCES: denied,
  EPERM: denied,
  ENOENT: {
    read: 'it does not exist (any more).', write: 'its folder does not exist. Make the folder first.', make: `nothing can be made there. ${elsewhere}`,
  },
  ENOTDIR: everywhere('what should be its folder is a file.'),
  EEXIST: everywhere('it is there already. Name another one.'),
  EISDIR: everywhere('it is a folder.'),
  ELOOP: everywhere('it is a link that leads in a circle.'),
  EROFS: { write: 'the disk can only be read.', make: `the disk can only be read. ${elsewhere}` },
  ENOSPC: everywhere('the disk is full.'),
  EDQUOT: everywhere('your share of the disk is used up.'),
  EFBIG: everywhere('it grew beyond what the disk or the system allows a file.'),
  EIO: everywhere('the disk reports an error.'),
  ESTALE: gone,
  ENODEV: gone,
  EPIPE: everywhere('its reader has gone.'),
  ENAMETOOLONG: {
    read: 'its name or path is longer than the system takes.', write: 'its name is longer than this disk takes.', make: 'its name is too long. Name a shorter one.',
  },
  EMFILE: everywhere('too many files are open.'),
};

function everywhere(sentence: string): Readonly<Record<Doing, string>> {
  return { read: sentence, write: sentence, make: sentence };
}
