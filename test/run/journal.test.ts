import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, linkSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fileStamp, openJournal, type Journal } from '../../src/run/journal.js';
import type { PhotoResult } from '../../src/core/result.js';
import { canMount, Disk, withoutMount } from '../support/disk.js';
import { photoResult, withPreview } from '../support/results.js';

const stamp = { size: 1000, modified: 1700000000000.25 };
const names = ['a.jpg', 'b.jpg', 'day 1/c\n.jpg', 'd 🙂.jpg'];

describe('the journal of a run', () => {
  let path: string;

  beforeEach(async () => {
    path = join(mkdtempSync(join(tmpdir(), 'journal-')), 'out.csv.journal');
    const journal = await openJournal(path, 'settings', { resume: false });
    for (const name of names) await journal.append(photoResult(name), stamp);
    await journal.close();
  });

  const reopen = (fingerprint = 'settings'): Promise<Journal> => openJournal(path, fingerprint, { resume: true });

  it.each<[string, (result: PhotoResult) => unknown]>([
    ['faces that are none', (result) => ({ ...result, faces: 'many' })],
    ['reasons that are no list', (result) => ({ ...result, reasons: {} })],
    ['a verdict that there is none of', (result) => ({ ...result, verdict: 'delete' })],
    ['a face without what was measured', (result) => ({ ...result, faces: [{ ...result.faces[0], measured: {} }] })],
    ['pictures that are no bytes', (result) => ({ ...result, preview: { thumbnail: 'x', faces: [] } })],
  ])('judges a photo again whose record somebody wrote with %s', async (_, forge) => {
    const text = JSON.stringify({ stamp, result: forge(photoResult('a.jpg')) });
    const forged = `${createHash('sha256').update(text).digest('hex').slice(0, 16)} ${text}\n`;
    const [first = ''] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, `${first}\n${forged}`);
    const journal = await reopen();
    expect(journal.has('a.jpg', stamp)).toBe(false);
    expect(journal.notes).toEqual([expect.stringMatching(/1 record\(s\) .* are damaged/)]);
    await journal.close();
  });

  it('tells before it changes anything which photos it has; where the run is not to begin, it stays as it is', async () => {
    const before = readFileSync(path);
    for (const [fingerprint, known] of [['settings', true], ['other settings', false]] as const) {
      const check = (isJournaled: (photo: string) => boolean): Promise<void> => {
        expect([isJournaled('a.jpg'), isJournaled('other.jpg')]).toEqual([known, false]);
        return Promise.reject(new Error('no room'));
      };
      await expect(openJournal(path, fingerprint, { resume: true, check })).rejects.toThrow('no room');
    }
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual(['out.csv.journal']);
  });

  it.each([false, true])('is not written over another file, such as a photo that has its name, too: --resume %s', async (resume) => {
    const photo = join(path, '..', 'a.jpg');
    for (const content of [Buffer.from([0xff, 0xd8, 0xff, 0xe0, 10, 1, 2, 10, 3]), Buffer.from('notes'), Buffer.from('0123456789abcdef {"journal":"of mine"}\n')]) {
      rmSync(path);
      writeFileSync(photo, content);
      linkSync(photo, path);
      await expect(openJournal(path, 'settings', { resume })).rejects.toThrow(/out\.csv\.journal.* is another file\. Move it away/);
      expect(readFileSync(photo)).toEqual(content);
      rmSync(photo);
    }
  });

  it('takes the place of no other file with what is kept for --update, and with what is set aside', async () => {
    const photo = Buffer.from([0xff, 0xd8, 0xff, 0xe0, 10, 1, 2, 10, 3]);
    const before = readFileSync(path);
    const beside = (name: string): string => join(path, '..', name);
    for (const isUnfinished of [true, false]) {
      writeFileSync(beside('out.csv.found'), photo);
      if (!isUnfinished) rmSync(path);
      await expect(openJournal(path, 'settings', { resume: false, update: true })).rejects.toThrow(/out\.csv\.found.* is another file\. Move it away/);
      expect(readFileSync(beside('out.csv.found'))).toEqual(photo);
      expect(existsSync(path)).toBe(isUnfinished);
    }
    writeFileSync(path, before);
    writeFileSync(beside('out.csv.journal.old'), photo);
    await expect(openJournal(path, 'settings', { resume: false })).rejects.toThrow(/out\.csv\.journal\.old.* is another file\. Move it away/);
    expect([readFileSync(path), readFileSync(beside('out.csv.journal.old'))]).toEqual([before, photo]);
    // An earlier one that was set aside makes place.
    writeFileSync(beside('out.csv.journal.old'), before);
    await (await openJournal(path, 'settings', { resume: false })).close();
  });

  it('begins anew where its first line was cut short', async () => {
    const first = readFileSync(path).indexOf(10);
    for (const length of [0, 1, 16, 17, 30, 46, 60, first]) {
      truncateSync(path, length);
      const journal = await openJournal(path, 'settings', { resume: true });
      expect(journal.size).toBe(0);
      await journal.close();
    }
  });

  it('is not written through a link: what that leads to stays as it is', async () => {
    const precious = join(path, '..', 'precious.txt');
    writeFileSync(precious, 'mine');
    rmSync(path);
    symlinkSync(precious, path);
    await expect(openJournal(path, 'settings', { resume: false })).rejects.toThrow(/Cannot (read|write) the run's journal/);
    expect(readFileSync(precious, 'utf8')).toBe('mine');
  });

  it('gives back every result as it was', async () => {
    const journal = await reopen();
    for (const name of names) expect(await journal.recall(name)).toEqual(photoResult(name));
    expect(journal.notes).toEqual([]);
    await journal.close();
  });

  it('gives back the pictures, byte for byte', async () => {
    const result = await withPreview(photoResult('pictures.jpg'));
    const first = await reopen();
    await first.append(result, stamp);
    await first.close();
    const journal = await reopen();
    const { preview } = await journal.recall('pictures.jpg');
    expect(Buffer.from(preview?.thumbnail ?? []).equals(Buffer.from(result.preview?.thumbnail ?? []))).toBe(true);
    expect(preview?.faces).toHaveLength(1);
    await journal.close();
  });

  it('knows a photo again only while its size, its time and, if asked for, its content are the same', async () => {
    const journal = await reopen();
    expect(journal.has('a.jpg', stamp)).toBe(true);
    expect(journal.has('a.jpg', { ...stamp, size: 1001 })).toBe(false);
    expect(journal.has('a.jpg', { ...stamp, modified: stamp.modified + 1 })).toBe(false);
    expect(journal.has('a.jpg', { ...stamp, hash: 'abc' })).toBe(false);
    expect(journal.has('other.jpg', stamp)).toBe(false);
    await journal.close();
  });

  it('drops a last record that was cut short, wherever the cut is, and goes on behind it', async () => {
    const whole = readFileSync(path);
    const lastLine = whole.lastIndexOf(10, whole.length - 2) + 1;
    for (const cut of [lastLine + 1, lastLine + 20, whole.length - 1]) {
      writeFileSync(path, whole);
      truncateSync(path, cut);
      const journal = await reopen();
      expect(journal.size).toBe(3);
      expect(journal.notes).toEqual([]);
      await journal.append(photoResult('e.jpg'), stamp);
      await journal.close();
      const again = await reopen();
      expect(again.size).toBe(4);
      expect((await again.recall('e.jpg')).photo).toBe('e.jpg');
      await again.close();
    }
  });

  it('reports a damaged record and uses the others', async () => {
    const bytes = readFileSync(path);
    const at = bytes.indexOf('b.jpg');
    bytes[at] = bytes.readUInt8(at) ^ 1;
    writeFileSync(path, bytes);
    const journal = await reopen();
    expect(journal.notes.join()).toMatch(/1 record\(s\) of .* are damaged/);
    expect(journal.has('b.jpg', stamp)).toBe(false);
    expect(journal.has('c.jpg', stamp) || journal.has('d 🙂.jpg', stamp)).toBe(true);
    await journal.close();
  });

  it('survives any byte in it being another, and random bytes behind it', async () => {
    const whole = readFileSync(path);
    for (let at = 0; at < whole.length; at += 37) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes.readUInt8(at) + 77) % 256;
      writeFileSync(path, bytes);
      const journal = await reopen();
      expect(journal.size).toBeLessThanOrEqual(names.length);
      for (const name of names) if (journal.has(name, stamp)) expect(await journal.recall(name)).toEqual(photoResult(name));
      await journal.close();
    }
    writeFileSync(path, whole);
    appendFileSync(path, Buffer.from('\u0000\n\n{"result":1}\nrubbish'));
    const journal = await reopen();
    expect(journal.size).toBe(names.length);
    await journal.close();
  });

  it('is set aside, with a note, where the settings are others', async () => {
    const journal = await reopen('other settings');
    expect(journal.size).toBe(0);
    expect(journal.notes.join()).toMatch(/settings.*judged anew.*journal\.old/);
    expect(existsSync(`${path}.old`)).toBe(true);
    await journal.close();
  });

  it('is set aside, not thrown away, by a run that does not resume', async () => {
    const journal = await openJournal(path, 'settings', { resume: false });
    expect(journal.notes.join()).toMatch(/--resume/);
    expect(statSync(`${path}.old`).size).toBeGreaterThan(0);
    await journal.close();
  });

  it('is not there to go on with after a run that was complete, and says so', async () => {
    expect((await reopen().then(async (journal) => { await journal.remove(); return journal; })).resumed).toBe(true);
    const journal = await reopen();
    expect(journal.resumed).toBe(false);
    expect(journal.notes).toEqual(['There is no unfinished run of this report to go on with; all photos are judged.']);
    await journal.close();
  });

  it('goes when the run is complete', async () => {
    const journal = await reopen();
    await journal.remove();
    expect(existsSync(path)).toBe(false);
  });

  it('cannot be begun in a missing folder, and says so', async () => {
    await expect(openJournal('/nowhere/out.csv.journal', 'settings', { resume: false })).rejects.toThrow(/Cannot write the run's journal/);
  });
});

describe.skipIf(!canMount)(`the journal of a run on a full disk${withoutMount}`, () => {
  it('keeps every record that it took, drops the one that was cut short, and goes on when there is room', async () => {
    const disk = await Disk.ofSize(mkdtempSync(join(tmpdir(), 'journal-')), 16);
    const path = disk.at('out.csv.journal');
    const taken: string[] = [];
    const full = await openJournal(path, 'settings', { resume: false });
    const fill = async (): Promise<never> => {
      for (let index = 0; ; index += 1) {
        await full.append(photoResult(`${String(index)}.jpg`), stamp);
        taken.push(`${String(index)}.jpg`);
      }
    };
    await expect(fill()).rejects.toThrow(/Cannot write the run's journal .*: the disk is full/);
    await expect(full.append(photoResult('later.jpg'), stamp), 'nothing follows half a record').rejects.toThrow(/the disk is full/);
    await full.close();
    expect(taken.length).toBeGreaterThan(5);
    expect(statSync(path).size, 'the last record is cut short').toBe(16 * 1024);

    disk.grow(64);
    const journal = await openJournal(path, 'settings', { resume: true });
    expect(journal.notes).toEqual([]);
    expect(journal.size).toBe(taken.length);
    await journal.append(photoResult('last.jpg'), stamp);
    await journal.close();
    const again = await openJournal(path, 'settings', { resume: true });
    for (const name of [...taken, 'last.jpg']) expect(await again.recall(name)).toEqual(photoResult(name));
    await again.close();
    await disk.close();
  });

  it('cannot be begun, says so, and leaves nothing', async () => {
    const disk = await Disk.ofSize(mkdtempSync(join(tmpdir(), 'journal-')), 4);
    writeFileSync(disk.at('filler'), Buffer.alloc(4096));
    await expect(openJournal(disk.at('out.csv.journal'), 'settings', { resume: false })).rejects.toThrow(/journal .*: the disk is full/);
    expect(readdirSync(disk.at(''))).toEqual(['filler']);
    await disk.close();
  });
});

describe('the stamp of a file', () => {
  it('tells content apart that has the same size and time, when asked to look', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'stamp-')), 'photo.jpg');
    const look = async (text: string, withHash: boolean): Promise<unknown> => {
      writeFileSync(path, text);
      utimesSync(path, 1_700_000_000, 1_700_000_000);
      return fileStamp({ path }, withHash);
    };
    expect(await look('aaaa', false)).toEqual(await look('bbbb', false));
    expect(await look('aaaa', true)).not.toEqual(await look('bbbb', true));
  });

  it('is undefined for a file that is gone', async () => {
    expect(await fileStamp({ path: '/nowhere.jpg' }, true)).toBeUndefined();
  });
});

describe('what is kept for the next run with update', () => {
  it('is not written through a link, also where there is a journal', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kept-'));
    writeFileSync(join(folder, 'precious'), 'precious');
    symlinkSync(join(folder, 'precious'), join(folder, 'out.csv.found'));
    writeFileSync(join(folder, 'out.csv.journal'), 'x');
    await expect(openJournal(join(folder, 'out.csv.journal'), 'f', { resume: false, update: true })).rejects.toThrow(/it is a link/);
    expect(readFileSync(join(folder, 'precious'), 'utf8')).toBe('precious');
  });
});
