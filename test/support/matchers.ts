/**
 * Vitest's matchers inside of expected objects, whose own types would let anything pass the compiler.
 */
import { expect } from 'vitest';

/** A text that holds this one. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}

/** A text that fits this pattern. */
export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
