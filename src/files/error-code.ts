/**
 * What the system calls an error.
 */

/** The code of a system's or Node.js's error, such as `ENOENT`; undefined where an error has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
