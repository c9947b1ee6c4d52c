import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { csvHeader, csvRows } from '../../src/reports/csv.js';
import { hasChromium, launchChromium, withoutChromium } from '../support/chromium.js';
import { entry, pipeline } from '../support/pipeline.js';
import { photoResult } from '../support/results.js';
import { demoPhotos } from '../support/shared-data.js';
import { endAll, Started } from '../support/started.js';

const hasExiftool = spawnSync('exiftool', ['-ver']).status === 0;
const withoutExiftool = hasExiftool ? '' : ' (skipped: no exiftool; apt-get install libimage-exiftool-perl)';
const shootSchema = z.object({ items: z.array(z.object({ photo: z.string(), verdict: z.string().optional() })) });

describe('pipeline review', () => {
  let base: string;
  const photo = (name: string): string => join(base, 'photos', name);
  const report = (): string => join(base, 'photos.csv');

  /** Starts a review; its link. */
  const start = async (...options: readonly string[]): Promise<{ readonly review: Started; readonly link: string }> => {
    const review = new Started([entry, 'review', ...options, '--no-open']);
    await review.says('The page: ');
    await review.says('/\n');
    return { review, link: /http:\S+/.exec(review.output)?.[0] ?? '' };
  };

  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'review-verb-'));
    mkdirSync(photo(''));
  });
  afterEach(async () => {
    await endAll();
    rmSync(base, { recursive: true });
  });

  it.skipIf(!hasChromium || !hasExiftool)(`leads, with pipeline xmp, from a folder to stars in the editor: two commands and the keyboard${withoutChromium}${withoutExiftool}`, async () => {
    for (const [index, name] of ['a.jpg', 'b.jpg', 'c.jpg'].entries()) copyFileSync(demoPhotos[index] ?? '', photo(name));
    const before = readFileSync(photo('b.jpg'));
    const { review, link } = await start(photo(''), '--report', report());
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(link);
      await page.waitForSelector('.card');
      await page.keyboard.press('5');
      await page.keyboard.press('x');
      await page.keyboard.press('3');
      await expect.poll(() => page.locator('.badge').allInnerTexts()).toEqual(['★★★★★', '✕', '★★★']);
      // Chosen while they were judged; the report is there when all are.
      await expect.poll(() => existsSync(report()), { timeout: 60_000 }).toBe(true);
      await expect.poll(() => page.locator('.card[data-verdict=waiting]').count()).toBe(0);
    } finally {
      await browser.close();
    }
    review.signal('SIGINT');
    expect(await review.end()).toBe(0);
    await expect(fetch(link)).rejects.toThrow();

    const { code, stderr } = await pipeline('xmp', report(), '--embed', '--only-chosen');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const read = z.array(z.object({ Rating: z.number() })).parse(JSON.parse(execFileSync('exiftool', ['-j', '-XMP-xmp:Rating', photo('a.jpg'), photo('b.jpg'), photo('c.jpg')], { encoding: 'utf8' })));
    expect(read.map(({ Rating }) => Rating)).toEqual([5, -1, 3]);
    expect((await pipeline('xmp', report(), '--undo')).code).toBe(0);
    expect(readFileSync(photo('b.jpg')).equals(before)).toBe(true);
  }, 120_000);

  it.skipIf(process.platform === 'win32')('shows photos behind links that lead out where that is asked for, as run does; no link leads anywhere else later', async () => {
    const elsewhere = join(base, 'elsewhere');
    mkdirSync(elsewhere);
    copyFileSync(demoPhotos[0] ?? '', photo('a.jpg'));
    for (const name of ['b.jpg', 'private.jpg']) copyFileSync(demoPhotos[1] ?? '', join(elsewhere, name));
    symlinkSync(join(elsewhere, 'b.jpg'), photo('b.jpg'));
    writeFileSync(report(), csvHeader() + ['a.jpg', 'b.jpg'].map((name) => csvRows(photoResult(name))).join(''));

    const shut = await start(report(), '--photos', photo(''));
    expect(shootSchema.parse(await (await fetch(`${shut.link}shoot`)).json()).items.map((item) => item.photo)).toEqual(['a.jpg']);
    expect(shut.review.output).toContain('1 link(s) lead outside and were left alone, such as b.jpg; --follow-links follows them.');
    shut.review.signal('SIGTERM');
    await shut.review.end();

    const { link } = await start(report(), '--photos', photo(''), '--follow-links');
    expect(shootSchema.parse(await (await fetch(`${link}shoot`)).json()).items).toMatchObject([{ photo: 'a.jpg', verdict: 'keep' }, { photo: 'b.jpg', verdict: 'keep' }]);
    expect((await fetch(`${link}photo/1/fitted/320`)).status).toBe(200);
    rmSync(photo('b.jpg'));
    symlinkSync(join(elsewhere, 'private.jpg'), photo('b.jpg'));
    expect((await fetch(`${link}photo/1/fitted/321`)).status).toBe(422);
    expect((await fetch(`${link}photo/2/fitted/320`)).status).toBe(404);
  });

  it.skipIf(process.platform !== 'linux')('opens the browser with its link, which is another one each time, and answers no other address of this machine', async () => {
    copyFileSync(demoPhotos[0] ?? '', photo('a.jpg'));
    writeFileSync(report(), csvHeader() + csvRows(photoResult('a.jpg')));
    writeFileSync(join(base, 'xdg-open'), `#!/bin/sh\nprintf %s "$1" > '${join(base, 'opened')}.part' && mv '${join(base, 'opened')}.part' '${join(base, 'opened')}'\n`, { mode: 0o755 });
    const links = new Set<string>();
    for (let round = 0; round < 2; round += 1) {
      const review = new Started([entry, 'review', report(), '--photos', photo('')], { PATH: `${base}:${process.env['PATH'] ?? ''}` });
      await expect.poll(() => existsSync(join(base, 'opened')), { timeout: 30_000 }).toBe(true);
      const link = new URL(readFileSync(join(base, 'opened'), 'utf8'));
      expect(review.output).toContain(link.href);
      // 32 letters of 6 bits each.
      expect(link.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
      expect((await fetch(link)).status).toBe(200);
      await expect(fetch(link.href.replace('127.0.0.1', '127.0.0.2'))).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
      links.add(link.pathname);
      rmSync(join(base, 'opened'));
      review.signal('SIGINT');
      expect(await review.end()).toBe(0);
    }
    expect(links.size).toBe(2);
  });

  it.each([
    ['a folder that is not there', ['nowhere'], /There is no file or folder called .*nowhere/],
    ['a folder without photos', ['photos'], /There are no photos in/],
    ['a report of no kind that is read', ['notes.txt'], /not a folder, nor a report/],
    ['a report of photos that are nowhere near', ['lost.csv'], /not found nearby/],
    ['a folder with the photos of a report', ['photos', '--photos', 'photos'], /--photos is for a report/],
    ['a report with a report', ['lost.csv', '--report', 'out.csv'], /--report is for a folder/],
    ['a report that could not be read again', ['photos', '--report', 'out.html'], /is none/],
    ['a port that there is not', ['photos', '--port', '70000'], /0 to 65535/],
  ])('refuses %s', async (_, [what = '', ...options], said) => {
    writeFileSync(join(base, 'notes.txt'), 'x');
    writeFileSync(join(base, 'lost.csv'), csvHeader() + csvRows(photoResult('nobody-has-a-photo-of-this-name.jpg')));
    const { code, stderr } = await pipeline('review', join(base, what), ...options, '--no-open');
    expect(code).toBe(2);
    expect(stderr).toMatch(said);
  });
});
