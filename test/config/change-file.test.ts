import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { changeSettings } from '../../src/config/change-file.js';

const own = `# Weddings.
blur:            # asked of every face
    for: screen  # the album is small
    blurred_below: 45   # was 40

verdict: { strictness: strict }   # on one line
# That is all.
`;

describe('a settings file that is changed', () => {
  it('has the value in place of the old one, and every other character as before', () => {
    expect(changeSettings(own, [{ section: 'blur', key: 'blurred_below', value: 30 }], 'a.yaml')).toBe(own.replace('45', '30'));
    expect(changeSettings(own, [{ section: 'verdict', key: 'strictness', value: 'normal' }], 'a.yaml')).toBe(own.replace('strictness: strict', 'strictness: normal'));
  });

  it('gets a key that its section lacks, and a section that it lacks', () => {
    const changed = changeSettings(own, [{ section: 'blur', key: 'sharp_above', value: 55 }, { section: 'classify', key: 'closed_below', value: 0.2 }], 'a.yaml');
    expect(parse(changed)).toEqual({ blur: { for: 'screen', blurred_below: 45, sharp_above: 55 }, verdict: { strictness: 'strict' }, classify: { closed_below: 0.2 } });
    for (const line of own.trimEnd().split('\n')) expect(changed).toContain(line.trim());
  });

  it.each([['', { blur: { sharp_above: 60 } }], ['# nothing yet', { blur: { sharp_above: 60 } }], ['blur:\n', { blur: { sharp_above: 60 } }], ['blur: { for: screen }\n', { blur: { for: 'screen', sharp_above: 60 } }], ['{ run: { workers: 2 } }', { run: { workers: 2 }, blur: { sharp_above: 60 } }]])(
    'may be %j', (text, expected) => {
      expect(parse(changeSettings(text, [{ section: 'blur', key: 'sharp_above', value: 60 }], 'a.yaml'))).toEqual(expected);
    });

  it.each([['- a list', /must hold settings/], ['blur: [', /mine\.yaml is not valid YAML/]])('is refused where it is none: %j', (text, message) => {
    expect(() => changeSettings(text, [{ section: 'blur', key: 'sharp_above', value: 60 }], 'mine.yaml')).toThrow(message);
  });
});
