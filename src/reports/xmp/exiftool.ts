/**
 * exiftool, which writes metadata into photos: a program of its own under the Artistic License or the GPL, so this project does
 * not bring it along. The npm package exiftool-vendored has it where that is installed; else it is the one of the system.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
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

/**
 * The exiftool that is there, or undefined. The package that somebody installed for this goes before the system's.
 * @param patience milliseconds in which it has to say who it is; it needs a tenth of a second
 */
export async function findExiftool(patience = 30_000): Promise<Exiftool | undefined> {
  const packaged = await packagedPath();
  return (packaged === undefined ? undefined : await tried(packaged, 'the npm package exiftool-vendored', patience))
    ?? tried('exiftool', 'this system', patience);
}

/** @throws UsageError where there is none, with what to do */
export async function needExiftool(): Promise<Exiftool> {
  const found = await findExiftool();
  if (found !== undefined) return found;
  throw new UsageError(`--embed needs exiftool, which is not there. ${howToInstall}`);
}

/** What somebody does who has none. */
export const howToInstall = 'Run "npm install --save-dev exiftool-vendored", or install exiftool itself (Debian: libimage-exiftool-perl; macOS: brew install exiftool).';

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

async function tried(command: string, source: string, patience: number): Promise<Exiftool | undefined> {
  try {
    const { stdout } = await promisify(execFile)(command, [...withoutConfig, '-ver'], { timeout: patience, killSignal: 'SIGKILL' });
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

/** exiftool was ended since it did not come to an end; the message is a sentence. */
export class EndlessError extends Error {
  override readonly name = 'EndlessError';
}

/** Bytes of answers and warnings; those of a batch are a few thousand. */
const longestAnswer = 16e6;

/**
 * Runs commands one after the other in one process, which is ended with this one.
 * @param commands the arguments of each: no line feeds in them
 * @param folder a temporary one, for a file that exiftool reads
 * @param patience milliseconds for all commands
 * @throws EndlessError where it takes longer, or prints without end; else where it cannot be started, or ends before all commands are done
 */
export async function runExiftool(
  { command }: Exiftool, commands: readonly (readonly string[])[], folder: string, patience: number,
): Promise<ExiftoolAnswer[]> {
  const configPath = join(folder, 'exiftool.config');
  await writeFile(configPath, config);
  const child = spawn(command, ['-config', configPath, '-@', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
  const end = (): void => { child.kill('SIGKILL'); };
  process.on('exit', end);
  const failed = once(child, 'error').then(([error]) => { throw error; });
  failed.catch(() => undefined);
  let timer;
  const endless = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new EndlessError(`exiftool did not come to an end in ${String(patience / 1000)} seconds.`)); }, patience);
  });
  // Whoever ends too early does not take what is written.
  child.stdin.on('error', () => undefined);
  child.stdin.end(commands.map((args, index) => [...args, '-echo3', markOf(index), '-echo4', markOf(index), '-execute', ''].join('\n')).join(''));
  try {
    const [out, problems] = await Promise.race([Promise.all([answerOf(child.stdout), answerOf(child.stderr)]), failed, endless]);
    return commands.map((_, index) => ({ out: between(out, index), problems: between(problems, index) }));
  } finally {
    clearTimeout(timer);
    process.off('exit', end);
    end();
    // What it has started itself may hold them open.
    for (const stream of [child.stdout, child.stderr]) stream.destroy();
  }
}

async function answerOf(stream: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const bytes: unknown = chunk;
    if (!(bytes instanceof Uint8Array)) continue;
    length += bytes.length;
    if (length > longestAnswer) throw new EndlessError('exiftool prints without end.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
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
