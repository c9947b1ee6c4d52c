import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { checkedLine, checkedText, checkedValue } from '../../src/files/checked-line.js';

const texts = ['', 'a', '{"name":"Müller \ufffd"}', 'x'.repeat(10_000)];
const withoutFeed = (line: string): string => line.slice(0, -1);

describe('a checked line', () => {
  it('is sixteen digits of the SHA-256 of its text, a space, the text and a line feed', () => {
    for (const text of texts) expect(checkedLine(text)).toBe(`${createHash('sha256').update(text).digest('hex').slice(0, 16)} ${text}\n`);
  });

  it('gives its text back', () => {
    for (const text of texts) expect(checkedText(withoutFeed(checkedLine(text)))).toBe(text);
  });

  it('gives nothing back where any of it is another, is missing, or is more', () => {
    const line = withoutFeed(checkedLine('{"a":1}'));
    for (let at = 0; at < line.length; at += 1) {
      expect(checkedText(`${line.slice(0, at)}${line[at] === '0' ? '1' : '0'}${line.slice(at + 1)}`)).toBe(undefined);
      expect(checkedText(line.slice(0, at))).toBe(undefined);
    }
    expect(checkedText(`${line} `)).toBe(undefined);
    expect(checkedText('')).toBe(undefined);
  });

  it('gives a value back where it is JSON of the schema', () => {
    const schema = z.strictObject({ a: z.number() });
    const valueOf = (text: string): unknown => checkedValue(schema, withoutFeed(checkedLine(text)));
    expect([valueOf('{"a":1}'), valueOf('{"a":"1"}'), valueOf('{"a":'), checkedValue(schema, '{"a":1}')]).toEqual([{ a: 1 }, undefined, undefined, undefined]);
  });
});
