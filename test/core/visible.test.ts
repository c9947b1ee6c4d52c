import { describe, expect, it } from 'vitest';
import { visible } from '../../src/core/visible.js';

describe('text for a terminal', () => {
  it.each([
    ['a line feed, which could begin a message of its own', 'a\nWARN delete all', 'a\\nWARN delete all'],
    ['an escape sequence', '\u001b[2Ja', '\\x1b[2Ja'],
    ['one of a single byte', '\u009b31m', '\\x9b31m'],
    ['what turns the reading direction', 'gpj.\u202eexe', 'gpj.\\u202eexe'],
    ['a byte of a name that is no text', 'a\udcff.jpg', 'a\\udcff.jpg'],
  ])('writes out %s', (_, text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('leaves everything else as it is', () => {
    expect(visible('Müller 結婚 🙂 é.jpg: 100 %')).toBe('Müller 結婚 🙂 é.jpg: 100 %');
  });
});
