import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { checkNoPhoto } from '../../src/cli/writable.js';
import { debugMark } from '../../src/image/debug-mark.js';
import { pipeline } from '../support/pipeline.js';

describe('a photo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'writable-'));
  const at = (name: string): string => join(folder, name);
  const picture = sharp({ create: { width: 64, height: 64, channels: 3, background: '#888' } });

  it('is replaced by no report and no packed file, whatever it is called, also where a link leads to it', async () => {
    const bytes = await picture.clone().jpeg().toBuffer();
    mkdirSync(at('eyes/open'), { recursive: true });
    for (const name of ['a.json', 'b.jpg', 'c.partial.csv', 'd.png', 'eyes/open/a.jpg']) writeFileSync(at(name), bytes);
    symlinkSync('b.jpg', at('link.csv'));
    for (const [command, option, file] of [
      [['run', folder, '--report'], 'a.json', 'a.json'], [['run', folder, '--report'], 'link.csv', 'link.csv'],
      // What a run leaves that is stopped.
      [['run', folder, '--report'], 'c.csv', 'c.partial.csv'], [['review', folder, '--no-open', '--report'], 'c.csv', 'c.partial.csv'],
      [['pack', at('eyes'), '-o'], 'eyes/open/a.jpg', 'eyes/open/a.jpg'],
      // A sheet of samples, which is drawn over an earlier one.
      [['pack', at('eyes'), '-o', at('eyes.arrow'), '--show'], 'd.png', 'd.png'],
    ] as const) {
      const { code, stderr } = await pipeline(...command, at(option));
      expect([code, stderr]).toEqual([2, expect.stringMatching(/Cannot write .*: there is a photo in its place\. Name another file\./)]);
      expect(readFileSync(at(file)).equals(bytes)).toBe(true);
    }
  });

  it('is not what the tool has drawn, a report, or a file that is not there', async () => {
    writeFileSync(at('sheet.png'), await picture.clone().png().withExif(debugMark).toBuffer());
    writeFileSync(at('out.csv'), 'photo,status\n');
    for (const name of ['sheet.png', 'out.csv', 'none.csv']) expect(() => { checkNoPhoto(at(name)); }).not.toThrow();
  });

  it('stays in the tar that it is packed from', async () => {
    writeFileSync(at('eyes.tar'), 'a tar');
    const { code, stderr } = await pipeline('pack', at('eyes.tar'), '-o', at('eyes.tar'));
    expect([code, stderr]).toEqual([2, expect.stringMatching(/eyes\.tar, which is to be packed\. Name another file/)]);
    expect(readFileSync(at('eyes.tar'), 'utf8')).toBe('a tar');
  });
});
