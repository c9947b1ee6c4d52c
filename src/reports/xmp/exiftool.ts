/**
 * exiftool, which writes metadata into photos: a program of its own under the Artistic License or the GPL, so this project does
 * not bring it along. The npm package exiftool-vendored has it where that is installed; else it is the one of the system.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { z } from 'zod';
import { UsageError } from '../../core/usage-error.js';

/** An exiftool that runs. */
export interface Exiftool {
  /** The program; a name without folders is looked for on the path. */
  readonly command: string;
  readonly version: string;
  /** Where it is from, for people. */
  readonly source: string;
}

/** What one of several commands printed. */
export interface ExiftoolAnswer {
  readonly out: string;
  /** Warnings and errors. */
  readonly problems: string;
}

/** The exiftool that is there, or undefined. The package that somebody installed for this goes before the system's. */
export async function findExiftool(): Promise<Exiftool | undefined> {
  const packaged = await packagedPath();
  return (packaged === undefined ? undefined : await tried(packaged, 'the npm package exiftool-vendored'))
    ?? tried('exiftool', 'this system');
}

/** @throws UsageError where there is none, with what to do */
export async function needExiftool(): Promise<Exiftool> {
  const found = await findExiftool();
  if (found !== undefined) return found;
  throw new UsageError(`--embed needs exiftool, which is not there. ${howToInstall}`);
}

/** What somebody does who has none. */
export const howToInstall = 'Run "npm install exiftool-vendored", or install exiftool itself (Debian: libimage-exiftool-perl; macOS: brew install exiftool).';

async function packagedPath(): Promise<string | undefined> {
  // A name in a variable: the compiler must not look for what need not be there.
  const name = 'exiftool-vendored';
  try {
    const loaded = z.looseObject({ exiftoolPath: z.custom<() => Promise<unknown>>((value) => typeof value === 'function') }).parse(await import(name));
    return z.string().parse(await loaded.exiftoolPath());
  } catch {
    return undefined;
  }
}

async function tried(command: string, source: string): Promise<Exiftool | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, [...withoutConfig, '-ver']);
    const version = stdout.trim();
    return /^\d+\.\d+/.test(version) ? { command, version, source } : undefined;
  } catch {
    return undefined;
  }
}

/** A person's own configuration of exiftool could make it do other things. */
const withoutConfig = ['-config', ''];

/** Older versions do not know the flag of Lightroom Classic. */
const config = `%Image::ExifTool::UserDefined = ('Image::ExifTool::XMP::xmpDM' => { pick => { Writable => 'integer' } });
1;
`;

/**
 * Runs commands one after the other in one process, which ends by itself, also when this one is killed.
 * @param commands the arguments of each: no line feeds in them
 * @param folder a temporary one, for a file that exiftool reads
 * @throws where exiftool cannot be started, or ends before all commands are done
 */
export async function runExiftool({ command }: Exiftool, commands: readonly (readonly string[])[], folder: string): Promise<ExiftoolAnswer[]> {
  const configPath = join(folder, 'exiftool.config');
  await writeFile(configPath, config);
  const child = spawn(command, ['-config', configPath, '-@', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const failed = once(child, 'error').then(([error]) => { throw error; });
  failed.catch(() => undefined);
  // Whoever ends too early does not take what is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(commands.map((args, index) => [...args, '-echo3', markOf(index), '-echo4', markOf(index), '-execute', ''].join('\n')).join(''));
  const [out, problems] = await Promise.race([Promise.all([text(child.stdout), text(child.stderr)]), failed]);
  return commands.map((_, index) => ({ out: between(out, index), problems: between(problems, index) }));
}

function markOf(index: number): string {
  return `{end of ${String(index)}}`;
}

/** What was printed for a command: its mark comes after it. */
function between(text: string, index: number): string {
  const end = text.indexOf(markOf(index));
  if (end < 0) throw new Error(`exiftool ended before it was done. ${text.trim()}`);
  const from = index === 0 ? 0 : text.indexOf(markOf(index - 1)) + markOf(index - 1).length;
  return text.slice(from, end).trim();
}
