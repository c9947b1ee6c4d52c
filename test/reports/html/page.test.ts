import { parse } from 'csv-parse/sync';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../../../src/pipeline/config.js';
import { createHtmlReport } from '../../../src/reports/html/report.js';
import type { PhotoResult } from '../../../src/core/result.js';
import { hasChromium, launchChromium, withoutChromium } from '../../support/chromium.js';
import { face, photoResult, withPreview } from '../../support/results.js';

const folder = mkdtempSync(join(tmpdir(), 'html-'));
const hostile = 'x <img src=q onerror="document.title=\'run\'"></script><script>document.title=\'run\'</script>.jpg';

async function report(name: string, results: readonly PhotoResult[]): Promise<string> {
  const path = join(folder, name);
  const config = loadConfig(undefined, ['classify.closed_below=0.2', 'classify.open_above=0.85']);
  const writer = await createHtmlReport(path, { folder: join(folder, 'photos'), config });
  for (const result of results) await writer.write(result);
  await writer.finish();
  return pathToFileURL(path).href;
}

describe.skipIf(!hasChromium)(`the page of an HTML report${withoutChromium}`, () => {
  let browser: Browser;
  let page: Page;
  let url: string;
  const requests: string[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1400, height: 900 }, colorScheme: 'light', acceptDownloads: true });
    page.on('request', (request) => { if (!request.url().startsWith('data:')) requests.push(request.url()); });
    page.on('pageerror', (error) => { problems.push(error.message); });
    page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) problems.push(message.text()); });
    url = await report('small.html', await Promise.all([
      photoResult('a.jpg', { faces: [face({ open: 0.91, sharpness: 90 })] }),
      photoResult('day 1/b.jpg', {
        verdict: 'reject', reasons: ['face 1: eyes closed'],
        faces: [face({ eyes: 'closed', open: 0.03, reasons: ['eyes closed'], sharpness: 70 }), face({ x: 1492 }), face({ bystander: true, x: 900 })],
      }),
      photoResult('c.jpg', { verdict: 'reject', reasons: ['face blurred'], faces: [face({ sharpness: 12, reasons: ['face blurred'] })] }),
      photoResult('d.jpg', {
        verdict: 'review', reasons: ['eyes may be closed'], faces: [face({ eyes: 'unsure', open: 0.5, reasons: ['eyes may be closed'] })],
      }),
      photoResult('e.jpg', { status: 'no_face', verdict: 'review', reasons: ['no face found'], faces: [] }),
      photoResult('=f,"q".jpg'),
    ].map(withPreview)).then((results) => [...results, photoResult(hostile, {
      status: 'error', width: 0, height: 0, faces: [], verdict: 'review', reasons: ['photo could not be read'],
      error: '</script><script>document.title=\'run\'</script><!-- <script>',
    })]));
  });

  afterAll(() => browser.close());

  beforeEach(async () => {
    requests.length = 0;
    problems.length = 0;
    if (page.url() === url) await page.evaluate('localStorage.clear()');
    await page.goto(url);
    await page.locator('.card').first().waitFor();
  });

  afterEach(() => {
    expect(problems).toEqual([]);
  });

  const names = (): Promise<string[]> => page.locator('.card .name').allTextContents();
  const count = (tab: string): Promise<string> => page.locator('.tabs button', { hasText: tab }).locator('b').innerText();
  const current = (): Promise<string> => page.locator('.card[aria-selected=true] .name').innerText();

  it('asks for nothing but itself', () => {
    expect(new Set(requests)).toEqual(new Set([url]));
  });

  it('runs nothing that stands in a name or a message, and shows both as text', async () => {
    expect(await page.title()).toBe('photos');
    const card = page.locator('.card', { hasText: 'script>.jpg' });
    expect(await card.getAttribute('title')).toBe(hostile);
    expect(await card.locator('.why').innerText()).toContain('</script><script>');
    expect(await page.locator('img[src=q]').count()).toBe(0);
  });

  it('boxes every face in the colour of what was found', async () => {
    const boxes = page.locator('.card', { hasText: 'b.jpg' }).locator('.boxes rect');
    expect(await boxes.count()).toBe(3);
    expect(await boxes.nth(0).getAttribute('class')).toBe('tone-reject');
    expect(await boxes.nth(1).getAttribute('class')).toBe('tone-keep');
    expect(await boxes.nth(2).getAttribute('class')).toContain('bystander');
  });

  it('shows a face\'s eyes with their probability, its sharpness and the reasons in words', async () => {
    await page.locator('.card', { hasText: 'b.jpg' }).locator('.frame').click();
    const first = page.locator('.detail .face').first();
    expect(await first.locator('.eye img').count()).toBe(2);
    expect(await first.locator('.eye').first().innerText()).toMatch(/right eye\s*0\.03 closed/);
    expect(await first.locator('.measure', { hasText: 'Sharpness' }).innerText()).toMatch(/70 sharp/);
    expect(await first.locator('.reason').innerText()).toBe('eyes closed');
  });

  it('has the figures of both eyes on one level, each on a line of its own', async () => {
    for (const photo of ['a.jpg', 'b.jpg', 'd.jpg']) {
      await page.locator('.card', { hasText: photo }).locator('.frame').click();
      const values = await page.locator('.detail .face').first().locator('.eye .value').all();
      const boxes = await Promise.all(values.map((value) => value.boundingBox()));
      expect(boxes.map((box) => box?.y)).toEqual([boxes[0]?.y, boxes[0]?.y]);
      for (const box of boxes) expect(box?.height).toBeLessThan(20);
    }
  });

  it('marks on the bars where closed ends and open begins, blurred ends and sharp begins', async () => {
    const marks = async (bar: string): Promise<(string | null)[]> => {
      const lines = await page.locator('.detail .face').first().locator(bar).first().locator('line').all();
      return Promise.all(lines.map((line) => line.getAttribute('x1')));
    };
    await page.locator('.card', { hasText: 'b.jpg' }).locator('.frame').click();
    expect(await marks('.eye .bar')).toEqual(['20', '85']);
    const { blurred_below: blurred, sharp_above: sharp } = loadConfig().blur;
    expect(await marks('.measure .bar')).toEqual([String(blurred), String(sharp)]);
  });

  it('links to the photo where it lies', async () => {
    await page.locator('.card', { hasText: 'b.jpg' }).locator('.frame').click();
    expect(await page.locator('.detail h2 a').getAttribute('href')).toBe('./photos/day%201/b.jpg');
  });

  it('filters by verdict and by reason', async () => {
    await page.locator('.tabs button', { hasText: 'Reject' }).click();
    expect(await names()).toEqual(['b.jpg', 'c.jpg']);
    await page.getByLabel('Reason').selectOption('face blurred');
    expect(await names()).toEqual(['c.jpg']);
    await page.locator('.tabs button', { hasText: 'Keep' }).click();
    expect(await page.locator('.grid').innerText()).toContain('No photo fits');
  });

  it.each([
    ['eyes', ['b.jpg', 'd.jpg', 'a.jpg']], ['sharpness', ['c.jpg', 'b.jpg', 'd.jpg']], ['verdict', ['b.jpg', 'c.jpg', 'd.jpg']],
    ['faces', ['b.jpg', 'a.jpg', 'c.jpg']],
  ])('sorts by %s', async (order, first) => {
    await page.getByLabel('Sort').selectOption(order);
    expect((await names()).slice(0, 3)).toEqual(first);
  });

  it('moves with the arrow keys', async () => {
    expect(await current()).toBe('a.jpg');
    await page.keyboard.press('ArrowRight');
    expect(await current()).toBe('b.jpg');
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Home');
    expect(await current()).toBe('a.jpg');
  });

  it('takes choices from the keys 1-5, x, r, k and 0, above the tool\'s verdict', async () => {
    await page.keyboard.press('x');
    expect(await count('Reject')).toBe('3');
    expect(await page.locator('.card').first().getAttribute('data-verdict')).toBe('reject');
    await page.keyboard.press('4');
    expect(await page.locator('.card .badge').first().innerText()).toBe('★★★★');
    await page.keyboard.press('r');
    expect(await count('Review')).toBe('4');
    await page.keyboard.press('k');
    expect(await count('Mine')).toBe('1');
    await page.keyboard.press('0');
    expect(await count('Mine')).toBe('0');
    expect(await count('Keep')).toBe('2');
  });

  it('keeps choices when the page is closed and opened again', async () => {
    await page.keyboard.press('5');
    await page.reload();
    await page.locator('.card').first().waitFor();
    expect(await page.locator('.card .badge').first().innerText()).toBe('★★★★★');
  });

  it('compares marked photos side by side, zoomed together', async () => {
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await page.keyboard.press('c');
    const images = page.locator('.compare .zoomed');
    expect(await images.count()).toBe(2);
    await page.keyboard.press('+');
    for (const image of await images.all()) expect(await image.getAttribute('style')).toContain('scale(1.25)');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('2');
    await page.keyboard.press('Escape');
    expect(await page.locator('.card', { hasText: 'b.jpg' }).locator('.badge').innerText()).toBe('★★');
  });

  it('compares the same face of each photo, counted from the left', async () => {
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('c');
    const said = page.locator('.compare .column').first().locator('.reason');
    expect(await said.innerText()).toBe('eyes closed');
    await page.keyboard.press(']');
    expect(await said.innerText()).toContain('bystander');
    await page.keyboard.press(']');
    expect(await said.innerText()).toBe('eyes open, sharp');
  });

  it('saves all verdicts with the choices as CSV, safe for spreadsheets', async () => {
    await page.keyboard.press('x');
    await page.locator('.menu summary').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('CSV', { exact: true }).click()]);
    const rows: Record<string, string>[] = parse(readFileSync(await download.path(), 'utf8'), { columns: true });
    expect(rows).toHaveLength(7);
    expect(rows[0]).toEqual({ photo: 'a.jpg', verdict: 'reject', stars: '0', chosen_by: 'me', tool_verdict: 'keep', reasons: '', file_size: '', file_modified: '' });
    expect(rows.map((row) => row['photo'])).toContain('\'=f,"q".jpg');
  });

  it('saves the same as JSON', async () => {
    await page.keyboard.press('3');
    await page.locator('.menu summary').click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByText('JSON', { exact: true }).click()]);
    const saved = z.array(z.looseObject({ photo: z.string(), stars: z.number() })).parse(JSON.parse(readFileSync(await download.path(), 'utf8')));
    expect(saved[0]).toMatchObject({ photo: 'a.jpg', verdict: 'keep', stars: 3, chosen_by: 'me' });
    expect(saved.at(-1)?.photo).toBe(hostile);
  });

  it('is dark where the system is, and fits a narrow screen', async () => {
    const background = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await background()).not.toBe(light);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await page.locator('.frame').first().click();
    expect(await page.locator('.detail').isVisible()).toBe(true);
    await page.locator('.detail .close').click();
    expect(await page.locator('.detail').isVisible()).toBe(false);
  });

  it('holds 2,000 photos and makes pictures only of those in view', async () => {
    const one = await withPreview(photoResult('one.jpg'));
    await page.goto(await report('large.html', Array.from({ length: 2000 }, (_, index) => ({ ...one, photo: `${String(index)}.jpg` }))));
    await page.locator('.card .frame img').first().waitFor();
    expect(await page.locator('.card').count()).toBe(2000);
    expect(await page.locator('.card .frame img').count()).toBeLessThan(200);
    await page.keyboard.press('End');
    await page.locator('.card').last().locator('.frame img').waitFor();
    expect(await page.locator('.card .frame img').count()).toBeLessThan(300);
  });
});

describe('an HTML report that is not finished', () => {
  it('leaves an earlier one in its place', async () => {
    await report('kept.html', [photoResult('a.jpg')]);
    const before = readFileSync(join(folder, 'kept.html'), 'utf8');
    const writer = await createHtmlReport(join(folder, 'kept.html'), { folder, config: loadConfig() });
    await writer.write(photoResult('b.jpg'));
    await writer.abandon();
    expect(readFileSync(join(folder, 'kept.html'), 'utf8')).toBe(before);
    expect(readFileSync(join(folder, 'kept.partial.html'), 'utf8')).toContain('b.jpg');
  });
});
