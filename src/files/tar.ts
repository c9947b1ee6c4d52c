/**
 * Lists what lies in a tar and where, so that single files of it can be read without unpacking the rest: ustar, pax and GNU's long
 * names. tar-stream, which unpacks elsewhere, goes through a tar from start to end and does not say where things lie.
 *
 * A tar may have been made by anybody: nothing is written, names are taken as data, and one that leads out of the tar is refused.
 */
import type { FileHandle } from 'node:fs/promises';
import { nameFromBytes } from './file-name.js';
import { openRegularFile, readBytes } from './regular-file.js';

/** A file in a tar. */
export interface TarEntry {
  /** `/` between the parts, none of them empty, `.` or `..`. */
  readonly name: string;
  /** Where its content begins in the tar, bytes. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/** A tar that is damaged or not as it should be; the message is the second half of a sentence, with its full stop. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

const block = 512;
/** Files that are listed of one tar at most: a shard has some thousands. */
const mostEntries = 1_000_000;
/** Bytes of what stands before a file to say more about it. */
const longestNote = 65_536;
const longestName = 4096;

/**
 * The files of a tar, without links, devices and folders; of two with one name the later, as unpacking would leave it.
 * @throws TarError where the tar is no tar, cut short, or has a name that leads out of it; else as the system does
 */
export async function listTar(path: string): Promise<TarEntry[]> {
  const file = await openRegularFile(path);
  try {
    const entries = new Map<string, TarEntry>();
    for await (const entry of entriesOf(file, (await file.stat()).size)) {
      // The later one stands where it stands in the tar.
      entries.delete(entry.name);
      entries.set(entry.name, entry);
      if (entries.size > mostEntries) throw new TarError(`it has more than ${String(mostEntries)} files.`);
    }
    return [...entries.values()];
  } finally {
    await file.close();
  }
}

async function* entriesOf(file: FileHandle, size: number): AsyncGenerator<TarEntry> {
  let said: Notes = {};
  for (let at = 0; at < size;) {
    const header = await readBytes(file, block, at);
    if (header.every((byte) => byte === 0)) return;
    const { type, name, length } = headerOf(header, at, said);
    const offset = at + block;
    if (offset + length > size) throw new TarError('it is cut short.');
    at = offset + block * Math.ceil(length / block);
    if (type === 'x' || type === 'L') {
      if (length > longestNote) throw new TarError(`a name in it takes ${String(length)} bytes.`);
      const content = await readBytes(file, length, offset);
      said = { ...said, ...(type === 'x' ? paxNotes(content) : { name: untilNul(content) }) };
      continue;
    }
    // What is said of all files ("g"), and of links ("K"), is nothing that matters here.
    if (type === 'g' || type === 'K') continue;
    said = {};
    if (isFile(type) && !name.endsWith('/')) yield { name: safeName(name), offset, length };
  }
}

/** What stands before a file's header and overrules it. */
interface Notes {
  readonly name?: string;
  readonly length?: number;
}

function headerOf(header: Buffer, at: number, said: Notes): { readonly type: string; readonly name: string; readonly length: number } {
  if (header.length < block) throw new TarError('it is cut short.');
  const stated = octal(header.subarray(148, 156));
  // The checksum is of a header with blanks in its own place.
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
  if (stated !== sum) throw new TarError(at === 0 ? 'it is no tar.' : `it is damaged at byte ${String(at)}.`);
  const type = String.fromCharCode(header.readUInt8(156));
  const isNote = 'xgLK'.includes(type);
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? untilNul(header.subarray(345, 500)) : '';
  const own = untilNul(header.subarray(0, 100));
  const length = (isNote ? undefined : said.length) ?? numberOf(header.subarray(124, 136));
  return {
    type,
    name: said.name ?? (prefix === '' ? own : `${prefix}/${own}`),
    // Links, devices and folders have no content, whatever their size says.
    length: '123456'.includes(type) ? 0 : length,
  };
}

function isFile(type: string): boolean {
  return type === '0' || type === '\0' || type === '7';
}

/** A number in octal digits, or in binary where it is too large for them (GNU). */
function numberOf(field: Buffer): number {
  if ((field.readUInt8(0) & 0x80) === 0) return checkedLength(octal(field));
  const value = field.subarray(1).reduce((total, byte) => total * 256 + byte, field.readUInt8(0) & 0x7f);
  return checkedLength(value);
}

/** A number in octal digits; 0 where there are none, NaN where there is something else. */
function octal(field: Buffer): number {
  const text = untilNul(field).trim();
  if (!/^[0-7]*$/.test(text)) return NaN;
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function checkedLength(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new TarError('it is damaged: a file in it has no length.');
  return value;
}

/** Of the records `LENGTH KEY=VALUE\n` those that matter. */
function paxNotes(content: Buffer): Notes {
  let notes: Notes = {};
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, blank));
    if (blank < 0 || !Number.isSafeInteger(length) || length <= blank - at || at + length > content.length) throw new TarError('it is damaged: what it says of a file cannot be read.');
    const record = content.subarray(blank + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    const key = record.toString('latin1', 0, Math.max(0, equals));
    const value = record.subarray(equals + 1);
    if (key === 'path') notes = { ...notes, name: nameFromBytes(value) };
    if (key === 'size') notes = { ...notes, length: checkedLength(/^\d+$/.test(value.toString('latin1')) ? Number(value.toString('latin1')) : NaN) };
    at += length;
  }
  return notes;
}

function untilNul(field: Buffer): string {
  const end = field.indexOf(0);
  return nameFromBytes(end < 0 ? field : field.subarray(0, end));
}

function safeName(name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.includes('..') || parts.length === 0 || name.includes('\0')) {
    throw new TarError('a name in it leads out of it, which no tar of photos has.');
  }
  if (name.length > longestName) throw new TarError(`a name in it has more than ${String(longestName)} characters.`);
  return parts.join('/');
}
