/**
 * Lines that say themselves whether they are what was written: a checksum, a space, a text without line feeds. Journals and choices
 * are made of them. They tell what a power cut left, not what somebody forged.
 */
import { createHash } from 'node:crypto';
import type { z } from 'zod';

/** Hexadecimal digits of the text's SHA-256 that stand before it. */
const checksumLength = 16;

/** A text as a line, line feed included. */
export function checkedLine(text: string): string {
  return `${checksum(text)} ${text}\n`;
}

/** The text of a line without its line feed, or undefined where the line is not what was written. */
export function checkedText(line: string): string | undefined {
  const text = line.slice(checksumLength + 1);
  return line.slice(0, checksumLength + 1) === `${checksum(text)} ` ? text : undefined;
}

/**
 * Whether a file may be one of such lines, by its beginning, cut short or not: any other is somebody else's, whatever its name.
 * @param start that the text of its first line has
 */
export function mayBeginWith(beginning: string, start: string): boolean {
  const text = beginning.slice(checksumLength + 1);
  return /^[0-9a-f]{0,16}$/.test(beginning.slice(0, checksumLength)) && ['', ' '].includes(beginning.slice(checksumLength, checksumLength + 1))
    && (text.startsWith(start) || start.startsWith(text));
}

/** The JSON of such a line, or undefined where the line is not what was written, or the value is none of the schema. */
export function checkedValue<T>(schema: z.ZodType<T>, line: string): T | undefined {
  const text = checkedText(line);
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, checksumLength);
}
