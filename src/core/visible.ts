/**
 * Text for a terminal. Names of files, and messages of libraries that quote them, may hold anything.
 */

/** Characters that would move the cursor, colour, delete or reorder what is read. */
const unseen = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\p{Surrogate}]/gu;

/** The text with every such character written out, `\n` for a line feed and `\x1b` for an escape: always one line. */
export function visible(text: string): string {
  return text.replace(unseen, (character) => {
    if (character === '\n') return '\\n';
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}
