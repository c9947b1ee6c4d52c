import { DOMParser } from '@xmldom/xmldom';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { WholeFile } from '../../../src/files/whole-file.js';
import { loadConfig } from '../../../src/pipeline/config.js';
import { mergeMarks } from '../../../src/reports/xmp/packet.js';
import { createSidecarWriter, marksFor, sidecarPath, writeSidecar } from '../../../src/reports/xmp/sidecars.js';
import { photoResult } from '../../support/results.js';
import { demoPhotos } from '../../support/shared-data.js';

const hasExiftool = spawnSync('exiftool', ['-ver']).status === 0;
const withoutExiftool = hasExiftool ? '' : ' (skipped: no exiftool; apt-get install libimage-exiftool-perl)';
const settings = loadConfig().xmp;
const folder = (): string => mkdtempSync(join(tmpdir(), 'xmp-'));

/** A sidecar as an editor leaves it: own settings, keywords, a history. */
const edited = `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Some Editor">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/" crs:Exposure2012="+0.85">
   <dc:subject xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Bag><rdf:li>wedding &amp; party</rdf:li></rdf:Bag></dc:subject>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>`;

describe('the sidecar of a photo', () => {
  it('has the name that each editor looks for', () => {
    expect(sidecarPath('/p/IMG.CR2', 'lightroom')).toBe('/p/IMG.xmp');
    expect(sidecarPath('/p/IMG.CR2', 'darktable')).toBe('/p/IMG.CR2.xmp');
  });

  it('gets no mark for keep, 2 stars for review and -1 for reject by default', () => {
    expect(marksFor('keep', settings)).toEqual({ rating: undefined, label: undefined });
    expect(marksFor('review', settings)).toEqual({ rating: 2, label: 'Yellow' });
    expect(marksFor('reject', settings)).toEqual({ rating: -1, label: 'Red' });
  });

  it('keeps every field that is not ours', () => {
    const merged = mergeMarks(edited, { rating: 2, label: 'Yellow' }, 'lightroom', false);
    for (const kept of ['crs:Exposure2012="+0.85"', 'wedding &amp; party', 'x:xmptk="Some Editor"']) expect(merged).toContain(kept);
    expect(merged).toContain('xmp:Rating="2"');
  });

  it.each([
    ['an attribute', edited.replace('crs:Exposure2012', 'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5" crs:Exposure2012')],
    ['an element', edited.replace('<dc:subject', '<xmp:Rating xmlns:xmp="http://ns.adobe.com/xap/1.0/">5</xmp:Rating><dc:subject')],
  ])('leaves a person\'s own stars, kept as %s, unless forced', (_, own) => {
    expect(mergeMarks(own, { rating: -1, label: undefined }, 'lightroom', false)).toBeUndefined();
    const forced = mergeMarks(own, { rating: -1, label: undefined }, 'lightroom', true);
    expect(forced?.match(/Rating/g)?.length).toBe(own.match(/Rating/g)?.length);
    expect(forced).not.toContain('>5<');
    expect(forced).not.toContain('Rating="5"');
  });

  const other = edited.replace('crs:Exposure2012', 'xmlns:xmp="http://example.org/other/" xmp:Foo="1" crs:Exposure2012');
  it.each([
    ['where the mark goes', other],
    ['further out', edited.replace('<rdf:RDF', '<rdf:RDF xmlns:xmp="http://example.org/other/" xmlns:darktable="http://example.org/other/"')],
    ['where our namespace has another one', other.replace('xmp:Foo', 'xmlns:xap="http://ns.adobe.com/xap/1.0/" xap:Rating="1" xmp:Foo')],
  ])('stays XML where a prefix that we would choose stands for something else %s', (_, own) => {
    for (const editor of ['lightroom', 'darktable'] as const) {
      const marks = { rating: 4, label: 'Green' } as const;
      const merged = mergeMarks(own, marks, editor, true);
      const document = new DOMParser({ onError: (_level, message) => { throw new Error(message); } }).parseFromString(merged ?? '', 'text/xml');
      const [description] = document.getElementsByTagName('rdf:Description');
      expect(description?.getAttributeNS('http://ns.adobe.com/xap/1.0/', 'Rating')).toBe('4');
      expect(mergeMarks(merged, marks, editor, true)).toBeUndefined();
    }
  });

  it('is left as it is where it is not UTF-8, or a pipe', async () => {
    const path = join(folder(), 'a.xmp');
    const bytes = Buffer.from(edited.replace('party', 'f\u00eate'), 'latin1');
    writeFileSync(path, bytes);
    await expect(writeSidecar(path, { rating: 2, label: undefined }, { editor: 'lightroom', force: true, within: undefined })).rejects.toThrow();
    expect(readFileSync(path).equals(bytes)).toBe(true);
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [`${path}.xmp`]);
    await expect(writeSidecar(`${path}.xmp`, { rating: 2, label: undefined }, { editor: 'lightroom', force: true, within: undefined })).rejects.toThrow(/it is a pipe/);
  });

  it('is left as it is, byte for byte, where it is not XMP', async () => {
    const path = join(folder(), 'a.xmp');
    for (const text of ['not XML at all', '<unclosed>', '<a/>', '']) {
      writeFileSync(path, text);
      await expect(writeSidecar(path, { rating: 2, label: undefined }, { editor: 'lightroom', force: true, within: undefined })).rejects.toThrow();
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });

  it.each(['changed', 'made'])('that an editor has %s while the new one goes to the disk is left as the editor wants it', async (what) => {
    const path = join(folder(), 'a.xmp');
    if (what === 'changed') writeFileSync(path, edited);
    const saved = edited.replace('+0.85', '+0.10');
    vi.spyOn(WholeFile.prototype, 'flush').mockImplementationOnce(() => { writeFileSync(path, saved); });
    await expect(writeSidecar(path, { rating: 2, label: undefined }, { editor: 'lightroom', force: true, within: undefined })).rejects.toThrow('it was written to meanwhile.');
    expect([readFileSync(path, 'utf8'), readdirSync(dirname(path))]).toEqual([saved, ['a.xmp']]);
  });

  it('leaves a file that only looks like one of ours, and stays a link where it is one', async () => {
    const path = join(folder(), 'a.xmp');
    writeFileSync(`${path}.part`, 'somebody else\'s');
    symlinkSync('elsewhere.xmp', path);
    await writeSidecar(path, { rating: 2, label: undefined }, { editor: 'lightroom', force: false, within: undefined });
    expect(readdirSync(dirname(path)).sort()).toEqual(['a.xmp', 'a.xmp.part', 'elsewhere.xmp']);
    expect(readFileSync(`${path}.part`, 'utf8')).toBe('somebody else\'s');
    expect(readFileSync(join(dirname(path), 'elsewhere.xmp'), 'utf8')).toContain('xmp:Rating="2"');
  });

  it.each(['its folder is a link', 'it is a link', 'it is a link to nothing yet'])('is not written outside the folder of the photos where %s', async (what) => {
    const [photos, outside] = [folder(), folder()];
    writeFileSync(join(outside, 'a.xmp'), edited);
    if (what === 'its folder is a link') symlinkSync(outside, join(photos, 'sub'));
    else symlinkSync(join(outside, what === 'it is a link' ? 'a.xmp' : 'b.xmp'), join(photos, 'a.xmp'));
    const path = join(photos, what === 'its folder is a link' ? 'sub/a.xmp' : 'a.xmp');
    const mark = { rating: 2, label: undefined };
    await expect(writeSidecar(path, mark, { editor: 'lightroom', force: true, within: photos })).rejects.toThrow(/leads out of the folder/);
    expect([readdirSync(outside), readFileSync(join(outside, 'a.xmp'), 'utf8')]).toEqual([['a.xmp'], edited]);
    const problems: string[] = [];
    const wish = { editor: 'lightroom', folder: photos, settings, force: true, onProblem: (text: string) => problems.push(text) } as const;
    const result = photoResult(what === 'its folder is a link' ? 'sub/a.jpg' : 'a.jpg', { verdict: 'reject' });
    await createSidecarWriter({ ...wish, followLinks: false }).write(result);
    expect([problems.join(), readdirSync(outside)]).toEqual([expect.stringMatching(/leads out of the folder/), ['a.xmp']]);
    // Whoever follows links asked for it.
    await createSidecarWriter({ ...wish, followLinks: true }).write(result);
    expect([problems.length, readFileSync(join(outside, what.endsWith('yet') ? 'b.xmp' : 'a.xmp'), 'utf8')]).toEqual([1, expect.stringContaining('Rating="-1"')]);
  });

  it('that is write-protected is left as it is', async () => {
    const path = join(folder(), 'a.xmp');
    writeFileSync(path, edited, { mode: 0o444 });
    await expect(writeSidecar(path, { rating: 2, label: undefined }, { editor: 'lightroom', force: true, within: undefined })).rejects.toThrow(/it is write-protected/);
    expect(readFileSync(path, 'utf8')).toBe(edited);
  });

  it('is written for judged photos only, and never beside a photo to keep', async () => {
    const photos = folder();
    const problems: string[] = [];
    const writer = createSidecarWriter({ editor: 'lightroom', folder: photos, settings, force: false, followLinks: false, onProblem: (text) => problems.push(text) });
    await writer.write(photoResult('a.jpg'));
    await writer.write(photoResult('b.jpg', { verdict: 'reject' }));
    await writer.write(photoResult('c.jpg', { status: 'error', verdict: 'review' }));
    await writer.write(photoResult('missing/d.jpg', { verdict: 'reject' }));
    expect(readdirSync(photos)).toEqual(['b.xmp']);
    expect(problems.join()).toMatch(/d\.xmp was left as it is/);
  });

  it.skipIf(!hasExiftool)(`reads back in exiftool, old fields and new${withoutExiftool}`, async () => {
    const photos = folder();
    const read = (path: string): Record<string, unknown> => {
      const [tags] = z.array(z.record(z.string(), z.unknown())).parse(JSON.parse(execFileSync('exiftool', ['-j', '-n', path], { encoding: 'utf8' })));
      return tags ?? {};
    };
    const lightroom = join(photos, 'a.xmp');
    writeFileSync(lightroom, edited);
    await writeSidecar(lightroom, { rating: -1, label: 'Red', pick: 'reject' }, { editor: 'lightroom', force: false, within: undefined });
    expect(readFileSync(lightroom, 'utf8')).toContain('xmpDM:pick="-1"');
    expect(read(lightroom)).toMatchObject({ Rating: -1, Label: 'Red', Good: false, Exposure2012: '+0.85', Subject: 'wedding & party' });
    const darktable = join(photos, 'a.jpg.xmp');
    await writeSidecar(darktable, { rating: 2, label: 'Yellow' }, { editor: 'darktable', force: false, within: undefined });
    await writeSidecar(darktable, { rating: 3, label: 'Green' }, { editor: 'darktable', force: false, within: undefined });
    expect(read(darktable)).toMatchObject({ Rating: 2, Colorlabels: 1 });
    await writeSidecar(darktable, { rating: 3, label: 'Green' }, { editor: 'darktable', force: true, within: undefined });
    expect(read(darktable)).toMatchObject({ Rating: 3, Colorlabels: 2 });
    // exiftool writes into what we wrote: a stranger agrees that it is whole.
    copyFileSync(demoPhotos[0] ?? '', join(photos, 'b.jpg'));
    execFileSync('exiftool', ['-q', '-overwrite_original', '-XMP-dc:Title=Title', darktable]);
    expect(read(darktable)).toMatchObject({ Rating: 3, Title: 'Title' });
    expect(existsSync(`${darktable}_original`)).toBe(false);
  });
});
