/**
 * Names of files as text. Most systems take any bytes for a name; text is UTF-8. What is not is kept all the same, so that no
 * two names become one and every file can be opened.
 *
 * Inside the tool, a byte that is not UTF-8 is a lone surrogate, U+DC80 to U+DCFF (as in Python, PEP 383): no text has these.
 * In reports it is `\xHH`, and so is the backslash of a name that has such a sequence in it.
 */
import { isUtf8 } from 'node:buffer';
import { readdir, realpath, lstat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { z } from 'zod';

/** A name from the bytes that the system gives. */
export function nameFromBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let name = '';
  for (let at = 0; at < bytes.length;) {
    const length = [1, 2, 3, 4].find((count) => at + count <= bytes.length && isUtf8(bytes.subarray(at, at + count)));
    name += length === undefined ? String.fromCharCode(0xdc00 + bytes.readUInt8(at)) : bytes.toString('utf8', at, at + length);
    at += length ?? 1;
  }
  return name;
}

/** A path as the system takes it. */
export function systemPath(path: string): string | Buffer {
  if (!loneSurrogate.test(path)) return path;
  return Buffer.concat(Array.from(path, (character) => {
    const code = character.charCodeAt(0);
    return character.length === 1 && code >= 0xdc80 && code <= 0xdcff ? Buffer.from([code - 0xdc00]) : Buffer.from(character);
  }));
}

/** A path as reports have it: UTF-8, and another one for every other path. */
export function reportName(path: string): string {
  return path.replace(/\\(?=x[0-9a-f]{2})/g, '\\x5c')
    .replace(loneSurrogates, (character) => `\\x${(character.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`);
}

/** The path that `reportName` made a name of. */
export function pathFromReport(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => {
    const byte = Number.parseInt(hex, 16);
    return byte < 0x80 ? String.fromCharCode(byte) : String.fromCharCode(0xdc00 + byte);
  });
}

const loneSurrogate = /\p{Surrogate}/u;
const loneSurrogates = /\p{Surrogate}/gu;

/** The path without links. @throws as the system does */
export async function realPath(path: string): Promise<string> {
  return nameFromBytes(await realpath(systemPath(path), 'buffer'));
}

/** Whether a path is a folder or lies in it, by their text: both absolute, and without links where those matter. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** A path below a folder, with `/` between its parts: no way out of it, and only one way to spell it. */
export const innerPath = z.string().min(1).max(4096).refine((path) =>
  !path.includes('\0') && (sep === '/' || !path.includes(sep)) && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'), 'it leads elsewhere');

/** What a folder lists under a name. */
export interface FolderEntry {
  readonly name: string;
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}

/** What a folder holds, in no order. @throws as the system does */
export async function listFolder(path: string): Promise<readonly FolderEntry[]> {
  const entries = await readdir(systemPath(path), { withFileTypes: true });
  // What stands for bytes that are no text; only then is it worth asking for the bytes.
  if (!entries.some(({ name }) => name.includes('\ufffd'))) return entries;
  const names = (await readdir(systemPath(path), { encoding: 'buffer' })).map(nameFromBytes);
  const looked = await Promise.all(names.map(async (name) => {
    // One that is gone by now is not there.
    const stats = await lstat(systemPath(join(path, name))).catch(() => undefined);
    return stats === undefined ? [] : [{
      name, isFile: () => stats.isFile(), isDirectory: () => stats.isDirectory(), isSymbolicLink: () => stats.isSymbolicLink(),
    }];
  }));
  return looked.flat();
}
