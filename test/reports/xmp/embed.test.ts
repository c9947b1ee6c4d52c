import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync, chmodSync, constants, copyFileSync, cpSync, existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync,
  truncateSync, utimesSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ChoicesFile, readChoices } from '../../../src/choices/file.js';
import { checkedLine } from '../../../src/files/checked-line.js';
import { realDisk } from '../../../src/files/disk.js';
import { WholeFile } from '../../../src/files/whole-file.js';
import { embedMarks, planMarks, undoEmbedding, type EmbedOutcome } from '../../../src/reports/xmp/embed.js';
import { readEmbedJournal } from '../../../src/reports/xmp/embed-journal.js';
import { findExiftool, runExiftool, type Exiftool } from '../../../src/reports/xmp/exiftool.js';
import { imageParts, isSameImage } from '../../../src/reports/xmp/image-parts.js';
import { goBack } from '../../../src/reports/xmp/way-back.js';
import type { Marks } from '../../../src/reports/xmp/packet.js';
import { entry, pipeline } from '../../support/pipeline.js';
import { demoPhotos } from '../../support/shared-data.js';

const exiftool = await findExiftool();
const withoutExiftool = exiftool === undefined ? ' (skipped: no exiftool; apt-get install libimage-exiftool-perl)' : '';
const marks: Marks = { rating: 4, label: 'Green', pick: 'pick' };
const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

/** What exiftool reads of a photo, but for its file and where in it something lies. */
function tagsOf(path: string): Record<string, unknown> {
  const config = join(mkdtempSync(join(tmpdir(), 'exiftool-')), 'config');
  writeFileSync(config, '%Image::ExifTool::UserDefined = (\'Image::ExifTool::XMP::xmpDM\' => { pick => { Writable => \'integer\' } });\n1;\n');
  const [tags] = z.array(z.record(z.string(), z.unknown())).parse(JSON.parse(execFileSync('exiftool', ['-config', config, '-j', '-n', '-G1', path], { encoding: 'utf8' })));
  return Object.fromEntries(Object.entries(tags ?? {}).filter(([name]) => !/^(System|ExifTool|SourceFile|File)|(Offsets?|Start|MediaDataSize)$/.test(name)));
}

describe.skipIf(exiftool === undefined)(`marks inside photos${withoutExiftool}`, () => {
  let base: string;
  const photo = (name: string): string => join(base, 'photos', name);
  const journal = (): string => join(base, 'out.csv.embed');
  const shared = async (): Promise<Parameters<typeof undoEmbedding>[0]> => ({
    disk: realDisk, folder: join(base, 'photos'), journal: journal(), embedded: await readEmbedJournal(realDisk, journal()),
  });
  const embed = async (wishes: Readonly<Record<string, Marks>>, more: { readonly force?: boolean; readonly exiftool?: Exiftool; readonly disk?: typeof realDisk } = {}): Promise<EmbedOutcome> => embedMarks(
    Object.entries(wishes).map(([name, each]) => ({ photo: name, marks: each })),
    { ...await shared(), exiftool: exiftool ?? { command: '', version: '', source: '' }, force: false, onSame: () => Promise.resolve(), onPhoto: () => undefined, ...more },
  );
  const undo = async (): Promise<EmbedOutcome> => undoEmbedding(await shared());
  const left = (): string[] => readdirSync(join(base, 'photos')).filter((name) => name.endsWith('.pipeline-part'));

  beforeEach(async () => {
    base = mkdtempSync(join(tmpdir(), 'embed-'));
    mkdirSync(photo(''));
    const camera = sharp(demoPhotos[0]).withExif({ IFD0: { Make: 'Test', Copyright: 'somebody' }, IFD2: { DateTimeOriginal: '2026:11:24 18:00:00' } });
    await camera.clone().jpeg().toFile(photo('a.jpg'));
    utimesSync(photo('a.jpg'), 1.7e9, 1.7e9);
  });

  /** Photos of every kind that is written into. */
  async function makeAll(): Promise<string[]> {
    const camera = sharp(demoPhotos[0]).resize(640).withExif({ IFD0: { Make: 'Test' } });
    await camera.clone().jpeg({ progressive: true }).toFile(photo('b.JPG'));
    await camera.clone().tiff({ tile: true, compression: 'deflate' }).toFile(photo('c.dng'));
    execFileSync('exiftool', ['-q', '-overwrite_original', '-DNGVersion=1.4.0.0', '-ExifIFD:ISO=200', photo('c.dng')]);
    await camera.clone().tiff({ compression: 'jpeg' }).toFile(photo('d.tif'));
    // The boxes of a HEIC; another codec inside.
    await camera.clone().avif({ quality: 40 }).toFile(photo('e.heic'));
    return ['a.jpg', 'b.JPG', 'c.dng', 'd.tif', 'e.heic'];
  }

  it('are read back by exiftool, beside all that was there; each picture is the same, and undoing gives every byte back', async () => {
    const names = await makeAll();
    const before = names.map((name) => ({ name, tags: tagsOf(photo(name)), bytes: readFileSync(photo(name)), modified: statSync(photo(name)).mtimeMs }));
    expect(await embed(Object.fromEntries(names.map((name) => [name, marks])))).toEqual({ done: 5, left: [] });
    for (const { name, tags, bytes } of before) {
      const { 'XMP-x:XMPToolkit': toolkit, ...now } = tagsOf(photo(name));
      expect(toolkit).toBeDefined();
      expect(now).toMatchObject({ ...tags, 'XMP-xmp:Rating': 4, 'XMP-xmp:Label': 'Green', 'XMP-xmpDM:Pick': 1, 'XMP-xmpDM:Good': true });
      expect(isSameImage(readFileSync(photo(name)), bytes)).toBe(true);
    }
    expect(readFileSync(journal()).length).toBeLessThan(12_000);
    expect(await undo()).toEqual({ done: 5, left: [] });
    for (const { name, bytes, modified } of before) {
      expect(readFileSync(photo(name)).equals(bytes)).toBe(true);
      expect(statSync(photo(name)).mtimeMs).toBeCloseTo(modified, 0);
    }
    expect((await readEmbedJournal(realDisk, journal())).sessions).toEqual([]);
  });

  it('tell a picture that changed by one byte, in every kind of file', async () => {
    for (const name of await makeAll()) {
      const bytes = readFileSync(photo(name));
      const part = imageParts(bytes).reduce((longest, each) => (each.end - each.start > longest.end - longest.start ? each : longest));
      const changed = Buffer.from(bytes);
      changed[(part.start + part.end) >> 1] = 255 - (bytes[(part.start + part.end) >> 1] ?? 0);
      expect(isSameImage(bytes, changed)).toBe(false);
    }
  });

  it.each([
    ['a picture that changed', 'cp "$in" "$out"; printf "\\377" | dd of="$out" bs=1 seek=90000 conv=notrunc 2>/dev/null'],
    ['a picture that was cut short', 'head -c 90000 "$in" > "$out"'],
    ['the marks missing', 'cp "$in" "$out"'],
    ['nothing', ':'],
    ['no JPEG', 'echo "text" > "$out"'],
    ['its own end, too early', 'exit 1'],
  ])('leave the photo alone where exiftool hands back %s', async (_, does) => {
    const command = join(base, 'exiftool.sh');
    // Reads as the real one does, and does its own thing where it is to write.
    writeFileSync(command, `#!/bin/sh
args=$(cat)
case "$args" in *"
-o
"*) in=$(echo "$args" | sed -n '/^-o$/{n;n;p;}'); out=$(echo "$args" | sed -n '/^-o$/{n;p;}'); ${does}; echo '{end of 0}'; echo '{end of 0}' >&2;;
*) echo "$args" | exiftool "$@";; esac
`);
    chmodSync(command, 0o755);
    const before = hashOf(photo('a.jpg'));
    const outcome = await embed({ 'a.jpg': marks }, { exiftool: { command, version: '0', source: 'a test' } });
    expect(outcome).toMatchObject({ done: 0, left: [expect.stringMatching(/^a\.jpg: /)] });
    expect(hashOf(photo('a.jpg'))).toBe(before);
    expect(left()).toEqual([]);
  });

  it('leave a person\'s own stars, unless forced, and replace and take away what is ours', async () => {
    const ratingAfter = async (wish: Marks, force = false): Promise<unknown> => {
      await embed({ 'a.jpg': wish }, { force });
      return tagsOf(photo('a.jpg'))['XMP-xmp:Rating'];
    };
    const none: Marks = { rating: undefined, label: undefined };
    execFileSync('exiftool', ['-q', '-overwrite_original', '-XMP-xmp:Rating=1', photo('a.jpg')]);
    expect(await ratingAfter(marks)).toBe(1);
    expect(await ratingAfter(none)).toBe(1);
    expect(await ratingAfter(marks, true)).toBe(4);
    expect(await ratingAfter({ ...marks, rating: 5 })).toBe(5);
    expect(await ratingAfter(none)).toBe(undefined);
    // Each is taken back for itself.
    for (const rating of [5, 4, 1]) {
      await undo();
      expect(tagsOf(photo('a.jpg'))['XMP-xmp:Rating']).toBe(rating);
    }
  });

  it('touch nothing where all is there already', async () => {
    await embed({ 'a.jpg': marks });
    const { mtimeMs } = statSync(photo('a.jpg'));
    expect(await embed({ 'a.jpg': marks })).toEqual({ done: 0, left: [] });
    expect(statSync(photo('a.jpg')).mtimeMs).toBe(mtimeMs);
  });

  it('are not taken out of a photo that was changed since', async () => {
    await embed({ 'a.jpg': marks });
    appendFileSync(photo('a.jpg'), 'x');
    const { left: said } = await undo();
    expect(said).toEqual(['a.jpg: it was changed since.']);
    expect((await readEmbedJournal(realDisk, journal())).sessions).toHaveLength(1);
  });

  it('are not written through links, into what is no photo, or where none is', async () => {
    symlinkSync(photo('a.jpg'), photo('link.jpg'));
    writeFileSync(photo('text.jpg'), 'text');
    mkdirSync(join(base, 'elsewhere'));
    copyFileSync(photo('a.jpg'), join(base, 'elsewhere', 'b.jpg'));
    symlinkSync(join(base, 'elsewhere'), photo('sub'));
    const { done, left: said } = await embed({ 'link.jpg': marks, 'text.jpg': marks, 'sub/b.jpg': marks, 'gone.jpg': marks });
    expect(done).toBe(0);
    expect(said.map((text) => text.split(':')[0])).toEqual(['link.jpg', 'text.jpg', 'sub/b.jpg', 'gone.jpg']);
  });

  it('can be given back by no journal but as other metadata of the same picture', async () => {
    await embed({ 'a.jpg': marks });
    const forged = Buffer.from(readFileSync(photo('a.jpg')));
    forged[90_000] = 255 - (forged[90_000] ?? 0);
    const [session] = (await readEmbedJournal(realDisk, journal())).sessions;
    const write = session?.[0];
    if (write === undefined) throw new Error('nothing was written down');
    const { deflateRawSync } = await import('node:zlib');
    const line = JSON.stringify({ ...write, before: { ...write.before, hash: createHash('sha256').update(forged).digest('hex') }, back: [deflateRawSync(forged).toString('base64')] });
    appendFileSync(journal(), `${createHash('sha256').update(line).digest('hex').slice(0, 16)} ${line}\n`);
    const now = hashOf(photo('a.jpg'));
    const { left: said } = await undo();
    expect(said).toEqual([expect.stringContaining('does not fit')]);
    expect([now, write.before.hash]).toContain(hashOf(photo('a.jpg')));
  });

  it('are written into no photo that the journal could not name again', async () => {
    const before = hashOf(photo('a.jpg'));
    const roundabout = ['./a.jpg', 'sub/../a.jpg', './/a.jpg', join('..', 'photos', 'a.jpg')];
    const { done, left: said } = await embed(Object.fromEntries(roundabout.map((name) => [name, marks])));
    expect([done, said.length, hashOf(photo('a.jpg'))]).toEqual([0, roundabout.length, before]);
  });

  describe('and a photo that an editor writes to meanwhile', () => {
    /** A disk on which something happens to the photo before the last look at it, which is the second one. */
    const diskWhere = (happens: (path: string) => void): typeof realDisk => {
      let looks = 0;
      return { ...realDisk, look: (path) => {
        looks += path === photo('a.jpg') ? 1 : 0;
        if (looks === 2) happens(path);
        return realDisk.look(path);
      } };
    };
    const sameLength = (path: string): Buffer => Buffer.alloc(statSync(path).size, 'edited');
    const edits: Readonly<Record<string, (path: string) => void>> = {
      'with another content': (path) => { writeFileSync(path, 'what an editor saves'); },
      'with as many bytes': (path) => { writeFileSync(path, sameLength(path)); },
      'with another length at the same time': (path) => {
        const { atime, mtime } = statSync(path);
        appendFileSync(path, 'x');
        utimesSync(path, atime, mtime);
      },
      'as another file with the same length and time': (path) => {
        const { atime, mtime } = statSync(path);
        writeFileSync(`${path}.new`, sameLength(path));
        utimesSync(`${path}.new`, atime, mtime);
        renameSync(`${path}.new`, path);
      },
    };

    it.each(Object.entries(edits))('are not written into it: %s', async (_, edit) => {
      let edited = Buffer.alloc(0);
      const disk = diskWhere((path) => {
        edit(path);
        edited = readFileSync(path);
      });
      expect(await embed({ 'a.jpg': marks }, { disk })).toEqual({ done: 0, left: ['a.jpg: it was written to meanwhile.'] });
      expect([readFileSync(photo('a.jpg')).equals(edited), left()]).toEqual([true, []]);
    });

    it('while the new file goes to the disk, which may take long, are neither written into it nor taken out of it', async () => {
      const saves = (content: string) => (): void => { writeFileSync(photo('a.jpg'), content); };
      const whole = readFileSync(photo('a.jpg'));
      vi.spyOn(WholeFile.prototype, 'flush').mockImplementationOnce(saves('what an editor saves'));
      expect(await embed({ 'a.jpg': marks })).toEqual({ done: 0, left: ['a.jpg: it was written to meanwhile.'] });
      expect([readFileSync(photo('a.jpg'), 'utf8'), left()]).toEqual(['what an editor saves', []]);
      writeFileSync(photo('a.jpg'), whole);
      await embed({ 'a.jpg': marks });
      vi.spyOn(WholeFile.prototype, 'flush').mockImplementationOnce(saves('what it saves later'));
      expect((await undo()).left).toEqual(['a.jpg: it was written to meanwhile.']);
      expect([readFileSync(photo('a.jpg'), 'utf8'), left()]).toEqual(['what it saves later', []]);
    });

    it.each(Object.entries(edits))('are not taken out of it: %s', async (_, edit) => {
      await embed({ 'a.jpg': marks });
      let edited = Buffer.alloc(0);
      const disk = diskWhere((path) => {
        edit(path);
        edited = readFileSync(path);
      });
      expect((await undoEmbedding({ ...await shared(), disk })).left).toEqual(['a.jpg: it was written to meanwhile.']);
      expect([readFileSync(photo('a.jpg')).equals(edited), left()]).toEqual([true, []]);
    });
  });

  it('are not taken out by a journal of another user, who could say anything', async () => {
    await embed({ 'a.jpg': marks });
    const read = async (path: string): ReturnType<typeof realDisk.read> => {
      const found = await realDisk.read(path);
      return { ...found, owner: found.owner + 1 };
    };
    await expect(readEmbedJournal({ ...realDisk, read }, journal())).rejects.toThrow(/belongs to another user\. Nothing was done/);
  });

  it('can be taken out again though a line of the journal is no text and the last one was cut short', async () => {
    const before = hashOf(photo('a.jpg'));
    const begin = checkedLine('{"kind":"begin","journal":"portrait-pipeline embed","version":1,"at":""}');
    writeFileSync(journal(), Buffer.from(`${begin}\xff\xfe\xff\n\xff\xfe\xff`, 'latin1'));
    await embed({ 'a.jpg': marks });
    expect((await readEmbedJournal(realDisk, journal())).damaged).toBe(1);
    expect(await undo()).toEqual({ done: 1, left: [] });
    expect(hashOf(photo('a.jpg'))).toBe(before);
  });

  it('come with a journal that is never longer than what is read again', async () => {
    writeFileSync(journal(), '');
    const before = hashOf(photo('a.jpg'));
    const given = await shared();
    const look = async (path: string): ReturnType<typeof realDisk.look> => {
      const entry = await realDisk.look(path);
      return entry === undefined || path !== journal() ? entry : { ...entry, size: 512e6 - 100 };
    };
    const { done, left: said } = await embedMarks([{ photo: 'a.jpg', marks }], {
      ...given, disk: { ...realDisk, look }, exiftool: exiftool ?? { command: '', version: '', source: '' }, force: false,
      onSame: () => Promise.resolve(), onPhoto: () => undefined,
    });
    expect([done, said]).toEqual([0, [expect.stringMatching(/as long as it may be/)]]);
    expect([hashOf(photo('a.jpg')), left()]).toEqual([before, []]);
  });

  it.each([
    ['hangs', 'sleep 600', /did not come to an end/],
    ['prints without end', 'yes', /prints without end/],
  ])('wait for no exiftool that %s', async (_, does, says) => {
    const command = join(base, 'exiftool.sh');
    writeFileSync(command, `#!/bin/sh\n${does}\n`, { mode: 0o755 });
    await expect(runExiftool({ command, version: '0', source: 'a test' }, [['-ver']], base, 2000)).rejects.toThrow(says);
  });

  it('are tried for one photo after the other where exiftool finds no end, and for no other after the third', async () => {
    const names = ['a.jpg', 'b.jpg', 'c.jpg', 'd.jpg'];
    for (const name of names.slice(1)) copyFileSync(photo('a.jpg'), photo(name));
    const command = join(base, 'exiftool.sh');
    writeFileSync(command, `#!/bin/sh\ngrep -c '^/.*jpg$' >> ${base}/asked\nexec yes\n`, { mode: 0o755 });
    const before = names.map((name) => hashOf(photo(name)));
    await expect(embed(Object.fromEntries(names.map((name) => [name, marks])), { exiftool: { command, version: '0', source: 'a test' } })).rejects.toThrow(/prints without end/);
    expect(readFileSync(join(base, 'asked'), 'utf8')).toBe('4\n1\n1\n1\n');
    expect([names.map((name) => hashOf(photo(name))), left()]).toEqual([before, []]);
  });

  it('are not waited for where an exiftool does not say its version', async () => {
    writeFileSync(join(base, 'exiftool'), '#!/bin/sh\nsleep 600\n', { mode: 0o755 });
    vi.stubEnv('PATH', `${base}:${process.env['PATH'] ?? ''}`);
    try {
      expect(await findExiftool(300)).toBeUndefined();
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('are written into no photo of more than 2 GB, and a batch ends with the photo that makes it 256 MB', async () => {
    truncateSync(photo('a.jpg'), 128e6);
    copyFileSync(photo('a.jpg'), photo('b.jpg'), constants.COPYFILE_FICLONE);
    await sharp(demoPhotos[0]).resize(100).jpeg().toFile(photo('c.jpg'));
    writeFileSync(photo('big.jpg'), '');
    truncateSync(photo('big.jpg'), 2e9 + 1);
    const command = join(base, 'exiftool.sh');
    writeFileSync(command, `#!/bin/sh\ngrep -c '^/.*jpg$' >> ${base}/asked\nexit 1\n`, { mode: 0o755 });
    const { done, left: said } = await embed({ 'big.jpg': marks, 'a.jpg': marks, 'b.jpg': marks, 'c.jpg': marks }, { exiftool: { command, version: '0', source: 'a test' } });
    expect([done, said[0]]).toEqual([0, expect.stringMatching(/^big\.jpg: it has 2000 MB; more than 2000 are not read/)]);
    // Two at once, and each of them when that has failed; the third for itself.
    expect(readFileSync(join(base, 'asked'), 'utf8')).toBe('2\n1\n1\n1\n');
  });

  it('are in no photo where the journal is another file, such as a photo of which it is one more name', async () => {
    const before = readFileSync(photo('a.jpg'));
    linkSync(photo('a.jpg'), journal());
    for (const attempt of [() => embed({ 'a.jpg': marks }), undo]) await expect(attempt()).rejects.toThrow(/out\.csv\.embed, .* is another file\. Move it away/);
    rmSync(journal());
    expect(readFileSync(photo('a.jpg')).equals(before)).toBe(true);
    writeFileSync(journal(), 'notes of mine');
    await expect(embed({ 'a.jpg': marks })).rejects.toThrow(/is another file/);
    expect(readFileSync(journal(), 'utf8')).toBe('notes of mine');
  });

  it('are not written through a link that a photo is for a moment, while exiftool is at work', async () => {
    const elsewhere = join(mkdtempSync(join(tmpdir(), 'elsewhere-')), 'precious.jpg');
    writeFileSync(elsewhere, 'mine');
    const command = join(base, 'exiftool.sh');
    const [there, hidden] = [photo('a.jpg'), photo('.a.jpg')];
    writeFileSync(command, `#!/bin/sh\n[ -e ${hidden} ] || { mv ${there} ${hidden}; ln -s ${elsewhere} ${there}; }\nexec exiftool "$@"\n`, { mode: 0o755 });
    const append: typeof realDisk.append = async (path, text) => {
      if (existsSync(hidden)) renameSync(hidden, there);
      await realDisk.append(path, text);
    };
    const { done, left: said } = await embed({ 'a.jpg': marks }, { exiftool: { command, version: '', source: '' }, disk: { ...realDisk, append } });
    expect([done, said]).toEqual([0, ['a.jpg: it is a link. Name a file.']]);
    expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
  });

  it('are not taken out of what a photo leads to as a link for a moment, between its reading and the file beside it', async () => {
    expect(await embed({ 'a.jpg': marks })).toEqual({ done: 1, left: [] });
    const elsewhere = join(mkdtempSync(join(tmpdir(), 'elsewhere-')), 'precious.jpg');
    writeFileSync(elsewhere, 'mine');
    const [there, hidden] = [photo('a.jpg'), photo('.a.jpg')];
    const begin = WholeFile.begin.bind(WholeFile);
    const spy = vi.spyOn(WholeFile, 'begin').mockImplementationOnce((...asked) => {
      renameSync(there, hidden);
      symlinkSync(elsewhere, there);
      return begin(...asked);
    });
    const look: typeof realDisk.look = async (path) => {
      if (existsSync(hidden)) renameSync(hidden, there);
      return realDisk.look(path);
    };
    const { done, left: said } = await undoEmbedding({ ...await shared(), disk: { ...realDisk, look } });
    spy.mockRestore();
    expect([done, said]).toEqual([0, ['a.jpg: it is a link. Name a file.']]);
    expect(readFileSync(elsewhere, 'utf8')).toBe('mine');
  });

  it('are not in the other names of a photo that has several', async () => {
    linkSync(photo('a.jpg'), join(base, 'other.jpg'));
    const before = hashOf(photo('a.jpg'));
    expect(await embed({ 'a.jpg': marks })).toEqual({ done: 1, left: [] });
    expect([hashOf(photo('a.jpg')) === before, hashOf(join(base, 'other.jpg'))]).toEqual([false, before]);
    expect(await undo()).toEqual({ done: 1, left: [] });
    expect([hashOf(photo('a.jpg')), hashOf(join(base, 'other.jpg'))]).toEqual([before, before]);
  });

  it('keep one photo that exiftool cannot live with from none of the others', async () => {
    copyFileSync(photo('a.jpg'), photo('b.jpg'));
    writeFileSync(photo('c.jpg'), Buffer.concat([readFileSync(photo('a.jpg')), Buffer.from('deadly')]));
    const command = join(base, 'exiftool.sh');
    writeFileSync(command, `#!/bin/sh
args=$(cat)
for file in $(echo "$args" | grep '^/'); do grep -q deadly "$file" 2>/dev/null && exit 1; done
echo "$args" | exiftool "$@"
`, { mode: 0o755 });
    const outcome = await embed({ 'a.jpg': marks, 'c.jpg': marks, 'b.jpg': marks }, { exiftool: { command, version: '0', source: 'a test' } });
    expect(outcome).toEqual({ done: 2, left: [expect.stringMatching(/^c\.jpg: exiftool ended before it was done/)] });
  });

  it('leave no copy of a photo and no exiftool behind when they are ended, and nothing for good when they are killed', async () => {
    const tools = join(base, 'tools');
    mkdirSync(tools);
    writeFileSync(join(tools, 'exiftool'), `#!/bin/sh
case "$*" in *-ver*) echo 12.57;; *) echo $$ > ${tools}/begun; exec sleep 600;; esac
`, { mode: 0o755 });
    writeFileSync(join(base, 'out.csv'), 'photo,verdict\r\na.jpg,reject\r\n');
    const temporary = join(base, 'tmp');
    mkdirSync(temporary);
    // One that nobody has waited for is there as a name only (Z).
    const isRunning = (): boolean => spawnSync('ps', ['-o', 'stat=', '-p', readFileSync(join(tools, 'begun'), 'utf8').trim()], { encoding: 'utf8' })
      .stdout.trim().replace(/^Z.*/, '') !== '';
    const endedBy = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
      rmSync(join(tools, 'begun'), { force: true });
      const child = spawn(process.execPath, [entry, 'xmp', join(base, 'out.csv'), '--embed'], {
        stdio: 'ignore', env: { ...process.env, PATH: `${tools}:${process.env['PATH'] ?? ''}`, TMPDIR: temporary },
      });
      const ended = once(child, 'exit');
      await expect.poll(() => existsSync(join(tools, 'begun')) && readFileSync(join(tools, 'begun'), 'utf8') !== '', { timeout: 30_000 }).toBe(true);
      child.kill(signal);
      await ended;
    };
    await endedBy('SIGKILL');
    expect(readdirSync(temporary)).toHaveLength(1);
    process.kill(Number(readFileSync(join(tools, 'begun'), 'utf8')));
    await endedBy('SIGTERM');
    expect(readdirSync(temporary)).toEqual([]);
    await expect.poll(isRunning).toBe(false);
  }, 90_000);

  it('end where the journal takes a line only in part: the next would grow out of it, and no photo is replaced without its way back', async () => {
    copyFileSync(photo('a.jpg'), photo('b.jpg'));
    const before = hashOf(photo('b.jpg'));
    let half = false;
    const append: typeof realDisk.append = async (path, text) => {
      if (half || !text.includes('"write"')) return realDisk.append(path, text);
      half = true;
      await realDisk.append(path, text.slice(0, 20));
      throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
    };
    await expect(embed({ 'a.jpg': marks, 'b.jpg': marks }, { disk: { ...realDisk, append } }))
      .rejects.toThrow(/Stopped at a\.jpg, which is as it was: Cannot write .*out\.csv\.embed.*: the disk reports an error/);
    expect([hashOf(photo('a.jpg')), hashOf(photo('b.jpg'))]).toEqual([before, before]);
    expect(left()).toEqual([]);
    expect(await embed({ 'a.jpg': marks, 'b.jpg': marks })).toEqual({ done: 2, left: [] });
    expect(await undo()).toEqual({ done: 2, left: [] });
    expect([hashOf(photo('a.jpg')), hashOf(photo('b.jpg'))]).toEqual([before, before]);
  });

  it('lose no photo at whatever step the process is killed, in writing and in taking back', async () => {
    const original = readFileSync(photo('a.jpg'));
    const script = fileURLToPath(new URL('embed-killed.js', import.meta.url));
    const run = (verb: string, killAt: number): { readonly steps: number; readonly killed: boolean } => {
      const { stdout, signal } = spawnSync(process.execPath, [script, base, verb, String(killAt), exiftool?.command ?? ''], { encoding: 'utf8' });
      return { steps: Number(stdout.split(' ')[0]), killed: signal === 'SIGKILL' };
    };
    const checked = new Set<string>();
    const isWhole = (): 'old' | 'new' => {
      const bytes = readFileSync(photo('a.jpg'));
      if (bytes.equals(original)) return 'old';
      if (checked.has(hashOf(photo('a.jpg')))) return 'new';
      expect(isSameImage(bytes, original)).toBe(true);
      expect(tagsOf(photo('a.jpg'))['XMP-xmp:Rating']).toBe(4);
      checked.add(hashOf(photo('a.jpg')));
      return 'new';
    };
    const seen = new Set<string>();
    for (const verb of ['embed', 'undo']) {
      const start = mkdtempSync(join(tmpdir(), 'embed-start-'));
      cpSync(base, start, { recursive: true, preserveTimestamps: true });
      for (let killAt = 1; ; killAt += 1) {
        const { killed } = run(verb, killAt);
        seen.add(`${verb} ${isWhole()}`);
        if (!killed) break;
        // Whatever was left, the next one does the rest, and all of it can be taken back.
        await undo();
        expect(isWhole()).toBe('old');
        for (const name of readdirSync(base)) if (name !== 'photos') rmSync(join(base, name), { recursive: true });
        cpSync(start, base, { recursive: true, force: true, preserveTimestamps: true });
      }
    }
    expect(seen).toEqual(new Set(['embed old', 'embed new', 'undo new', 'undo old']));
    expect(left()).toEqual([]);
  }, 240_000);

  it('leave choices, report and review as they know the photo: by its content before and after', async () => {
    const file = await ChoicesFile.open(join(base, 'choices.jsonl'));
    await file.choose([{ photo: { key: hashOf(photo('a.jpg')), size: statSync(photo('a.jpg')).size, photo: 'a.jpg' }, change: { stars: 3 } }]);
    await file.close();
    copyFileSync(photo('a.jpg'), photo('raw.cr2'));
    const looks = (name: string): string => `${String(statSync(photo(name)).size)},${new Date(Math.floor(statSync(photo(name)).mtimeMs / 1000) * 1000).toISOString()}`;
    writeFileSync(join(base, 'out.csv'), `photo,verdict,file_size,file_modified\r\na.jpg,reject,${looks('a.jpg')}\r\nraw.cr2,reject,${looks('raw.cr2')}\r\n`);
    const { code, stderr, stdout } = await pipeline('xmp', join(base, 'out.csv'), '--embed');
    expect([code, stderr]).toEqual([0, expect.not.stringMatching(/will not see/)]);
    expect(stdout + stderr).toMatch(/1 photo\(s\) written into/);
    expect(tagsOf(photo('a.jpg'))).toMatchObject({ 'XMP-xmp:Rating': 3 });
    expect(existsSync(photo('a.xmp'))).toBe(false);
    expect(readFileSync(photo('raw.xmp'), 'utf8')).toContain('Rating="3"');
    expect((await readChoices(join(base, 'choices.jsonl'))).history.of(hashOf(photo('a.jpg')))).toEqual({ stars: 3 });
    const sorted = await pipeline('sort', photo(''), '--report', join(base, 'out.csv'), '--to', join(base, 'sorted'));
    expect([sorted.code, existsSync(join(base, 'sorted', 'keep', 'a.jpg'))]).toEqual([0, true]);
    expect((await pipeline('xmp', join(base, 'out.csv'), '--undo')).code).toBe(0);
    expect((await readChoices(join(base, 'choices.jsonl'))).history.of(hashOf(photo('a.jpg')))).toEqual({ stars: 3 });
    const again = await pipeline('xmp', join(base, 'out.csv'), '--undo');
    expect([again.code, again.stderr]).toEqual([2, expect.stringMatching(/Nothing that pipeline xmp --embed wrote/)]);
  });
});

describe('a way back that somebody else wrote', () => {
  it('is unpacked no further than the old file was long', async () => {
    const { deflateRawSync } = await import('node:zlib');
    const bomb = deflateRawSync(Buffer.alloc(64e6)).toString('base64');
    expect(() => goBack(Buffer.alloc(10), [bomb], 1000)).toThrow(RangeError);
    expect(() => goBack(Buffer.alloc(1000), Array.from({ length: 1e5 }, () => [0, 1000] as const), 2000)).toThrow(RangeError);
    expect(goBack(Buffer.from('abc'), [[1, 2], deflateRawSync(Buffer.from('d')).toString('base64')], 3).toString()).toBe('bcd');
  });
});

describe('which marks change', () => {
  const wish: Marks = { rating: 4, label: undefined };
  it.each([
    ['none there', {}, {}, false, ['-XMP-xmp:Rating=4']],
    ['somebody\'s own', { rating: 2 }, {}, false, []],
    ['somebody\'s own, forced', { rating: 2 }, {}, true, ['-XMP-xmp:Rating=4']],
    ['ours of before', { rating: 2 }, { rating: 2 }, false, ['-XMP-xmp:Rating=4']],
    ['ours, changed by somebody', { rating: 3 }, { rating: 2 }, false, []],
    ['a label of ours that is wanted no more', { rating: 4, label: 'Red' }, { label: 'Red' as const }, false, ['-XMP-xmp:Label=']],
    ['a label in somebody\'s words', { rating: 4, label: 'To print' }, {}, true, []],
  ])('%s', (_, there, ours, force, args) => {
    expect(planMarks(there, wish, ours, force).args).toEqual(args);
  });
});
