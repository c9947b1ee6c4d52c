import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { z } from 'zod';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/pipeline/config.js';
import { csvHeader, csvRows } from '../../src/reports/csv.js';
import { openReview, type Review } from '../../src/review/review.js';
import type { PhotoFile, PhotoResult } from '../../src/core/result.js';
import type { PhotoExecutor } from '../../src/run/executor.js';
import { hasChromium, launchChromium, withoutChromium } from '../support/chromium.js';
import { face, photoResult } from '../support/results.js';
import { demoPhotos } from '../support/shared-data.js';

/** Judges by telling what it was told. @param meanwhile waited for before each photo, by its number */
function executorOf(results: ReadonlyMap<string, PhotoResult>, meanwhile: (number: number) => Promise<void> = () => Promise.resolve()): PhotoExecutor {
  return {
    mostAhead: 512,
    prepare: () => undefined,
    run: async (photos, _settings, onResult) => {
      let number = 0;
      for await (const { photo } of photos) {
        await meanwhile(number);
        onResult(number, results.get(photo) ?? photoResult(photo));
        number += 1;
      }
    },
    close: () => Promise.resolve(),
  };
}

describe.skipIf(!hasChromium)(`the page of a review${withoutChromium}`, () => {
  let browser: Browser;
  let folder: string;
  let review: Review;
  let page: Page;
  let problems: string[];

  const scene = (rank: number, reason: string): Partial<PhotoResult> => ({ scene: { scene: 1, frames: 2, rank, reason, people: [0, 1] } });
  const two = [face(), face({ x: 900, eyes: 'closed', reasons: ['eyes closed'] })];
  const results = [
    photoResult('1.jpg', { faces: two, reasons: ['face 2: eyes closed', 'faces 1, 2: face dark'], verdict: 'reject', ...scene(2, 'more eyes closed than 2.jpg') }),
    photoResult('2.jpg', { faces: [face(), face({ x: 900 })], ...scene(1, 'best of 2: all eyes open') }),
    photoResult('3.jpg', { verdict: 'review', reasons: ['sharpness unsure'] }),
    photoResult('4.jpg'), photoResult('5.jpg'),
  ];

  const start = async (photos: readonly PhotoFile[], rows: readonly PhotoResult[] | undefined, judged = results, meanwhile?: (number: number) => Promise<void>): Promise<void> => {
    const report = join(folder, 'out.csv');
    if (rows !== undefined) writeFileSync(report, csvHeader() + rows.map(csvRows).join(''));
    review = await openReview({
      photos, folder: dirname(photos[0]?.path ?? folder), followLinks: false, report, config: loadConfig(), port: 0,
      learned: { file: join(folder, 'mine.yaml'), config: () => loadConfig() }, signal: new AbortController().signal, onNote: () => undefined,
      executor: executorOf(new Map(judged.map((result) => [result.photo, result])), meanwhile),
    });
  };
  const window = async (): Promise<Page> => {
    const opened = await browser.newPage({ viewport: { width: 1300, height: 800 } });
    opened.on('console', (message) => { if (message.type() === 'error') problems.push(message.text()); });
    opened.on('pageerror', ({ message }) => { problems.push(message); });
    await opened.goto(review.link);
    await opened.waitForSelector('.card');
    return opened;
  };
  /** Photos of the results: as the demo brings them, and as they are copied into each test's folder. */
  const demoFiles = (): PhotoFile[] => results.map(({ photo }, index) => ({ path: demoPhotos[index] ?? '', photo }));
  const copiedFiles = (): PhotoFile[] => results.map(({ photo }) => ({ path: join(folder, 'photos', photo), photo }));
  const closeAll = async (): Promise<void> => {
    await page.close();
    await review.close();
  };
  /** Ends the review, for another one in an empty folder. */
  const moveTo = async (name = 'review-page-'): Promise<void> => {
    await closeAll();
    folder = mkdtempSync(join(tmpdir(), name));
  };
  const text = (selector: string, of = page): Promise<string> => of.locator(selector).first().innerText();
  const badge = (id: number, of = page): Promise<string> => of.locator(`#card-${String(id)} .badge`).innerText();

  beforeAll(async () => { browser = await launchChromium(); });
  afterAll(() => browser.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'review-page-'));
    mkdirSync(join(folder, 'photos'));
    for (const [index, { photo }] of results.entries()) copyFileSync(demoPhotos[index] ?? '', join(folder, 'photos', photo));
    problems = [];
    await start(copiedFiles(), results);
    page = await window();
  });
  afterEach(() => closeAll());

  it('is usable from the keyboard alone: choose, go on, undo, redo', async () => {
    await page.keyboard.press('3');
    await expect.poll(() => badge(0)).toBe('★★★');
    await page.keyboard.press('x');
    await expect.poll(() => badge(1)).toBe('✕');
    expect(await page.locator('.card.cursor').getAttribute('id')).toBe('card-2');
    await page.keyboard.press('Control+z');
    await expect.poll(() => badge(1)).toBe('');
    await page.keyboard.press('Control+z');
    await expect.poll(() => badge(0)).toBe('');
    await page.keyboard.press('Control+Shift+z');
    await expect.poll(() => badge(0)).toBe('★★★');
    expect(problems).toEqual([]);
  });

  it('takes back what was chosen last, also where that is not written down yet', async () => {
    await page.keyboard.press('4');
    await expect.poll(() => badge(0)).toBe('★★★★');
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => { answer = resolve; });
    await page.route('**/choose', async (route) => {
      await held;
      await route.continue();
    });
    const undone = page.waitForResponse('**/undo');
    await page.keyboard.press('x');
    await page.keyboard.press('Control+z');
    answer();
    await undone;
    await expect.poll(async () => [await badge(0), await badge(1)]).toEqual(['★★★★', '']);
  });

  it('goes back to the photo whose choice is undone, in the grid, at a photo and side by side', async () => {
    const cursor = (): Promise<string | null> => page.locator('.card.cursor').getAttribute('id');
    await page.keyboard.press('x');
    await expect.poll(cursor).toBe('card-1');
    await page.keyboard.press('Control+z');
    await expect.poll(cursor).toBe('card-0');
    await page.keyboard.press('Enter');
    await page.keyboard.press('2');
    await expect.poll(() => text('.side h2')).toBe('2.jpg');
    await page.keyboard.press('Control+z');
    await expect.poll(() => text('.side h2')).toBe('1.jpg');
    expect(await text('.side .place')).toBe('1 of 5');
    await page.keyboard.press('c');
    await page.waitForSelector('.column .face-100');
    await page.keyboard.press('5');
    await expect.poll(() => page.locator('.column.focus .star[aria-pressed=true]').count()).toBe(5);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Control+z');
    await expect.poll(() => text('.column.focus h3')).toContain('1.jpg');
    await expect.poll(() => page.locator('.column .star[aria-pressed=true]').count()).toBe(0);
  });

  it('shows the end of a name that is too long for its place: cameras number photos there', async () => {
    await closeAll();
    const name = 'Summerfeast_of_Anna_and_Tom_by_the_lake_IMG_4721.jpg';
    copyFileSync(demoPhotos[0] ?? '', join(folder, 'photos', name));
    await start([{ path: join(folder, 'photos', name), photo: name }], [photoResult(name)]);
    page = await window();
    expect(await page.locator('.card .name').textContent()).toBe(name);
    const cut = z.object({ end: z.string(), isInside: z.boolean(), isCut: z.boolean() }).parse(await page.evaluate(`(() => {
      const [name, beginning, end] = ['.name', '.name .beginning', '.name :last-child'].map((each) => document.querySelector('.card ' + each));
      const [room, part] = [name.closest('.card').getBoundingClientRect(), end.getBoundingClientRect()];
      return { end: end.textContent, isInside: part.right <= room.right && part.width > 0, isCut: beginning.scrollWidth > beginning.clientWidth };
    })()`));
    expect(cut).toEqual({ end: 'G_4721.jpg', isInside: true, isCut: true });
  });

  it('chooses for a selection at once, and takes it back at once', async () => {
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    await page.keyboard.press('p');
    await expect.poll(async () => [await badge(0), await badge(1), await badge(2)]).toEqual(['✓', '✓', '✓']);
    await page.keyboard.press('Control+z');
    await expect.poll(async () => [await badge(0), await badge(1), await badge(2)]).toEqual(['', '', '']);
  });

  it('keeps choices over a restart, and two windows agree', async () => {
    const other = await window();
    await page.keyboard.press('5');
    await expect.poll(() => badge(0, other)).toBe('★★★★★');
    await other.close();
    await closeAll();
    await start(copiedFiles(), undefined);
    page = await window();
    expect(await badge(0)).toBe('★★★★★');
  });

  it('shows a photo, its faces by the numbers that reasons name, and lights the faces that a reason is about', async () => {
    await page.keyboard.press(' ');
    await page.waitForSelector('.reasons li');
    expect(await page.locator('.loupe text').allTextContents()).toEqual(['1', '2']);
    expect(await page.locator('.face-facts h3').allTextContents()).toEqual(['Face 1', 'Face 2']);
    await page.hover('.reasons li');
    expect(await page.locator('.loupe rect.lit').getAttribute('data-face')).toBe('1');
    await page.hover('.reasons li:nth-child(2)');
    expect(await page.locator('.loupe rect.lit').count()).toBe(2);
  });

  it('shows 100 %: each pixel of the photo is one of the screen, fetched where it is looked at', async () => {
    await page.keyboard.press('Enter');
    await page.waitForSelector('.reasons li');
    await page.keyboard.press('z');
    await page.waitForSelector('.tile');
    const wholePixels = '[...document.querySelectorAll(".tile")].every((tile) => tile.complete && Math.abs(tile.naturalWidth - tile.getBoundingClientRect().width) < 1)';
    await expect.poll(() => page.evaluate(wholePixels)).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.tile').count()).toBe(0);
    expect(problems).toEqual([]);
  });

  it('shows at 100 % what is under the pointer: the point that is clicked, then by its place in the room every corner of the photo', async () => {
    await page.keyboard.press('Enter');
    await page.waitForSelector('.reasons li');
    /** What is in the middle of the room, px of the photo, and the room. */
    const seen = async (): Promise<{ x: number; y: number; room: { width: number; height: number; left: number; top: number } }> =>
      z.object({ x: z.number(), y: z.number(), room: z.object({ width: z.number(), height: z.number(), left: z.number(), top: z.number() }) }).parse(await page.evaluate(`(() => {
        const [room, sheet] = ['.loupe', '.photo-sheet'].map((each) => document.querySelector(each).getBoundingClientRect());
        const scale = 1920 / sheet.width;
        return { x: (room.left + room.width / 2 - sheet.left) * scale, y: (room.top + room.height / 2 - sheet.top) * scale, room: { width: room.width, height: room.height, left: room.left, top: room.top } };
      })()`));
    const { room } = await seen();
    const scale = Math.max(1920 / room.width, 1280 / room.height);
    // A point right of the middle and below it, that far from the edges that it can be in the middle.
    await page.mouse.move(room.left + room.width / 2 + 200 / scale, room.top + room.height / 2 + 100 / scale);
    await page.mouse.down();
    await page.mouse.up();
    const clicked = await seen();
    expect(Math.abs(clicked.x - 1160)).toBeLessThan(3);
    expect(Math.abs(clicked.y - 740)).toBeLessThan(3);
    await page.mouse.move(room.left + room.width - 1, room.top + room.height - 1);
    const corner = await seen();
    expect(Math.abs(corner.x - (1920 - room.width / 2))).toBeLessThan(3);
    expect(Math.abs(corner.y - (1280 - room.height / 2))).toBeLessThan(3);
    await page.mouse.move(room.left, room.top);
    expect((await seen()).x).toBeCloseTo(room.width / 2, -1);
    await page.mouse.down();
    await page.mouse.up();
    expect(await page.locator('.loupe.full').count()).toBe(0);
  });

  it('cuts the eyes out where they are', async () => {
    await moveTo();
    await start(demoFiles(), undefined);
    await review.judged;
    page = await window();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.eye img');
    const sources = z.array(z.string()).parse(await page.evaluate('[...document.querySelector(".face-facts").querySelectorAll(".eye img")].map((image) => image.src)'));
    const middles = sources.map((source) => {
      const query = new URLSearchParams(source.split('?')[1]);
      const [x = 0, y = 0, width = 0, height = 0] = ['x', 'y', 'width', 'height'].map((key) => Number(query.get(key)));
      return [x + width / 2, y + height / 2].map(Math.round);
    });
    // A person's right eye is on the left.
    expect(middles).toEqual([[468, 480], [548, 480]]);
  });

  it('shows scenes as stacks of their best frame, side by side, and keeps this one and not the others', async () => {
    await page.keyboard.press('s');
    await expect.poll(() => page.locator('.card').count()).toBe(4);
    expect(await text('#card-1 .count')).toBe('2');
    await page.keyboard.press('c');
    await page.waitForSelector('.column .face-100');
    expect(await page.locator('.column .why-scene').allInnerTexts()).toEqual(['more eyes closed than 2.jpg', 'best of 2: all eyes open']);
    await page.keyboard.press('b');
    await page.keyboard.press('s');
    await expect.poll(async () => [await badge(0), await badge(1)]).toEqual(['✕', '✓']);
  });

  it('shows the same person of all frames at one height, however the frames differ, and one person of them on a key', async () => {
    await moveTo();
    const people = (...order: readonly number[]): Partial<PhotoResult> => ({ scene: { scene: 1, frames: 2, rank: 2 - (order[0] ?? 0), reason: order[0] === 0 ? 'short' : 'long '.repeat(60), people: order } });
    const frames = [
      photoResult('1.jpg', { faces: [face(), face({ x: 900 }), face({ x: 1300 })], ...people(0, 1, 2) }),
      photoResult('2.jpg', { faces: [face({ x: 900 }), face()], width: 1280, height: 1280, ...people(1, 0) }),
    ];
    writeFileSync(join(folder, '1.jpg'), readFileSync(demoPhotos[0] ?? ''));
    await sharp(demoPhotos[0]).resize(1280, 1280, { fit: 'cover' }).toFile(join(folder, '2.jpg'));
    await start(frames.map(({ photo }) => ({ path: join(folder, photo), photo })), undefined, frames);
    await review.judged;
    page = await window();
    await page.keyboard.press('c');
    await page.waitForSelector('.column .face-100');
    const rows = async (): Promise<(readonly [string, number])[][]> => z.array(z.array(z.tuple([z.string(), z.number()]))).parse(await page.evaluate(`[...document.querySelectorAll('.column')].map((column) =>
      [...column.querySelectorAll('.face-row')].map((row) => [row.querySelector('h4, .empty').textContent, Math.round(row.getBoundingClientRect().top)]))`));
    const [one = [], other = []] = await rows();
    expect([one.map(([name]) => name), other.map(([name]) => name)]).toEqual([['Face 1', 'Face 2', 'Face 3'], ['Face 2', 'Face 1', 'not found in this frame']]);
    const tops = one.map(([, top]) => top);
    expect(tops).toEqual(other.map(([, top]) => top));
    // Below each other: a face takes 240 px.
    expect(tops.every((top, index) => index === 0 || top - (tops[index - 1] ?? 0) > 240)).toBe(true);
    // Names and verdicts are seen above the pictures.
    expect(await page.evaluate('[...document.querySelectorAll(".column h3")].map((head) => head.clientHeight > 15)')).toEqual([true, true]);
    await page.keyboard.press('n');
    await page.keyboard.press('n');
    expect((await rows()).map((column) => column.map(([name]) => name))).toEqual([['Face 2'], ['Face 1']]);
  });

  it('has all it has in a narrow window too, two photos beside each other, nothing cut off at the side', async () => {
    await page.close();
    page = await browser.newPage({ viewport: { width: 390, height: 800 } });
    await page.goto(review.link);
    await page.waitForSelector('.card');
    const outside = (): Promise<unknown> => page.evaluate(`[...document.querySelectorAll('button, summary, input, .card, .loupe, .side')]
      .filter((each) => each.checkVisibility() && !each.closest('.columns, details:not([open]) > div'))
      .filter((each) => { const { left, right } = each.getBoundingClientRect(); return left < 0 || right > innerWidth; })
      .map((each) => each.getAttribute('aria-label') ?? each.className)`);
    expect(await outside()).toEqual([]);
    const tops = z.array(z.number()).parse(await page.evaluate('[...document.querySelectorAll(".card")].map((card) => card.getBoundingClientRect().top)'));
    expect(tops.filter((top) => top === tops[0])).toHaveLength(2);
    await page.click('summary');
    await page.click('text=Learn from my choices …');
    await page.waitForSelector('dialog[open] pre');
    expect(await outside()).toEqual([]);
    await page.keyboard.press('Escape');
    await page.click('.card');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.side .face-100 img');
    expect(await outside()).toEqual([]);
    await page.click('.side >> text=Pick');
    await expect.poll(() => text('.side h2')).toBe('2.jpg');
    await page.keyboard.press('c');
    await page.waitForSelector('.column .face-100');
    expect(await outside()).toEqual([]);
  });

  describe('asks for no picture longer than it is to be seen', () => {
    let asked: string[];
    let gone: string[];
    const address = (url: string): string => url.split('/').slice(4).join('/');
    /** Holds pictures back, and opens the page anew. */
    const hold = async (pattern: RegExp): Promise<void> => {
      [asked, gone] = [[], []];
      await page.close();
      page = await browser.newPage({ viewport: { width: 1300, height: 800 } });
      await page.route(pattern, () => undefined);
      page.on('request', (request) => { if (pattern.test(request.url())) asked.push(address(request.url())); });
      // Small pictures that were not there yet go, too: those are not spoken of where larger ones are held.
      page.on('requestfailed', (request) => { if (pattern.test(request.url())) gone.push(address(request.url())); });
      await page.goto(review.link);
      await page.waitForSelector('.card');
    };

    it('of the grid, which asks again when it is seen again, but not when its pictures get another size', async () => {
      await hold(/fitted\/320$/);
      const all = [0, 1, 2, 3, 4].map((id) => `photo/${String(id)}/fitted/320`);
      await expect.poll(() => asked).toEqual(all);
      await page.fill('.size', '160');
      await page.fill('.size', '200');
      await page.keyboard.press('Enter');
      await expect.poll(() => gone.toSorted()).toEqual(all);
      asked = [];
      await page.keyboard.press('Escape');
      await expect.poll(() => asked.filter((path) => path !== all[0])).toEqual(all.slice(1));
    });

    it('of faces at 100 %, and of photos at 100 %', async () => {
      await hold(/\/part\?/);
      await page.keyboard.press('Enter');
      await expect.poll(() => asked.length).toBeGreaterThan(0);
      const faces = [...asked];
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => gone).toEqual(expect.arrayContaining(faces));
      asked = [];
      await page.keyboard.press('z');
      await expect.poll(() => asked.filter((path) => path.includes('width=512')).length).toBeGreaterThan(0);
      const tiles = asked.filter((path) => path.includes('width=512'));
      await page.keyboard.press('z');
      await expect.poll(() => gone).toEqual(expect.arrayContaining(tiles));
    });

    it('of photos that were decoded ahead and are not next any more, and of frames side by side', async () => {
      await hold(/fitted\/(2000|1024)$/);
      const whole = (id: number): string => `photo/${String(id)}/fitted/2000`;
      await page.keyboard.press('Enter');
      // Two at once, or none of them would be there soon.
      await expect.poll(() => asked).toEqual([0, 1].map(whole));
      await page.keyboard.press('End');
      await expect.poll(() => gone.toSorted()).toEqual([0, 1].map(whole));
      await page.keyboard.press('Home');
      await page.keyboard.press('c');
      const frames = [0, 1].map((id) => `photo/${String(id)}/fitted/1024`);
      await expect.poll(() => asked).toEqual(expect.arrayContaining(frames));
      await page.keyboard.press('Escape');
      await expect.poll(() => gone).toEqual(expect.arrayContaining(frames));
    });
  });

  it('makes the next photos ready one after the other, the way that somebody goes, and finds those again that were ready', async () => {
    const asked: string[] = [];
    const there: string[] = [];
    const photoOf = (url: string): string[] => (url.includes('fitted/2000') ? [/photo\/(\d)/.exec(url)?.[1] ?? ''] : []);
    page.on('request', (request) => { asked.push(...photoOf(request.url())); });
    page.on('requestfinished', (request) => { there.push(...photoOf(request.url())); });
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    await expect.poll(() => asked).toEqual(['4', '3']);
    await expect.poll(() => page.evaluate('document.querySelector(".whole-photo").naturalWidth')).toBe(1920);
    await page.evaluate('document.querySelector(".whole-photo").dataset.made = "once"');
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => asked).toEqual(['4', '3', '2', '1', '0']);
    // One that is not there yet is let go by who leaves, and asked for again.
    await expect.poll(() => there.toSorted()).toEqual(['0', '1', '2', '3', '4']);
    for (const key of ['ArrowLeft', 'ArrowLeft', 'ArrowRight', 'ArrowLeft', 'Home', 'End']) {
      await page.keyboard.press(key);
      await expect.poll(() => page.evaluate('document.querySelector(".whole-photo").naturalWidth')).toBe(1920);
    }
    expect(asked).toHaveLength(5);
    // Back at the last one, it is the picture that was decoded then.
    expect(await page.locator('.whole-photo').getAttribute('data-made')).toBe('once');
  });

  it('says that there is no picture of a photo that cannot be read, in the grid and at the photo', async () => {
    await closeAll();
    writeFileSync(join(folder, 'photos', '3.jpg'), 'no photo any more');
    await start(copiedFiles(), undefined);
    page = await browser.newPage({ viewport: { width: 1300, height: 800 } });
    await page.goto(review.link);
    const said = (selector: string): Promise<unknown> => page.evaluate(`getComputedStyle(document.querySelector('${selector}'), '::after').content`);
    await expect.poll(() => said('#card-2 .frame')).toBe('"no picture"');
    await page.click('#card-2');
    await page.keyboard.press('Enter');
    await expect.poll(() => said('.photo-sheet')).toBe('"no picture"');
    expect(await page.locator('.photo-sheet > img:visible').count()).toBe(0);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => said('.photo-sheet')).toBe('none');
  });

  it('shows the photo that the keys are at, and a small picture of it until the whole is there', async () => {
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => { answer = resolve; });
    await page.route(/photo\/2\/fitted\/2000$/, async (route) => {
      await held;
      await route.continue();
    });
    const seen = (selector: string): Promise<string | null> => page.locator(selector).getAttribute('src');
    await page.click('#card-2');
    await page.keyboard.press('Enter');
    expect([await seen('.preview'), await seen('.whole-photo')]).toEqual(['photo/2/fitted/320', 'photo/2/fitted/2000']);
    answer();
    await expect.poll(() => seen('.preview')).toBe(null);
    expect(await page.evaluate('document.querySelector(".whole-photo").naturalWidth')).toBe(1920);
    await page.keyboard.press('ArrowRight');
    expect(await seen('.whole-photo')).toBe('photo/3/fitted/2000');
  });

  it('has a sheet of keys', async () => {
    await page.keyboard.press('?');
    expect(await text('dialog[open]')).toContain('undo, redo');
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
  });

  it('finds photos by a part of their names or reasons', async () => {
    const found = async (words: string): Promise<string[]> => {
      await page.fill('input[type=search]', words);
      return page.locator('.card .name').allInnerTexts();
    };
    expect(await found('UNSURE')).toEqual(['3.jpg']);
    expect(await found('4.j')).toEqual(['4.jpg']);
    expect(await found('nobody')).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')('shows names and reasons as text, whatever is in them', async () => {
    const made = (name: string): string => `<img src=x onerror=document.title='${name}'>"&amp;`;
    await moveTo(`review-${made('folder')}`);
    const odd = [1, 2].map((rank) => photoResult(`${String(rank)}${made('name')}.jpg`, {
      reasons: [`face 1: ${made('reason')}`], faces: [face({ reasons: [made('reason')] })], ...scene(rank, made('scene')),
    }));
    await start(odd.map(({ photo }, index) => ({ path: demoPhotos[index] ?? '', photo })), odd);
    page = await window();
    const [title, name] = [await page.title(), odd[0]?.photo ?? ''];
    expect(await page.locator('#card-0 .name').textContent()).toBe(name);
    expect(await text('#card-0 .why')).toContain(made('reason'));
    await page.keyboard.press('Enter');
    await page.waitForSelector('.reasons li');
    expect([await text('.side h2'), await text('.reasons li')]).toEqual([name, `face 1: ${made('reason')}`]);
    expect(await text('.side .scene')).toContain(made('scene'));
    await page.keyboard.press('c');
    await page.waitForSelector('.column .face-100');
    expect(await page.locator('.column h3').first().textContent()).toContain(name);
    expect(await text('.why-scene')).toBe(made('scene'));
    // Nothing of it became an image, and nothing ran.
    expect(await page.locator('img[src=x]').count()).toBe(0);
    expect([await page.title(), problems]).toEqual([title, []]);
  });

  it('judges what is not judged yet, and writes the report when all is', async () => {
    await moveTo();
    await start(demoFiles(), undefined);
    await review.judged;
    page = await window();
    expect(existsSync(join(folder, 'out.csv'))).toBe(true);
    expect(await page.locator('.card[data-verdict=waiting]').count()).toBe(0);
  });

  it('can be used from the first photo on: chosen for while others are judged, with how many are', async () => {
    await moveTo();
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => { goOn = resolve; });
    await start(demoFiles(), undefined, [], (number) => (number === 2 ? held : Promise.resolve()));
    page = await window();
    await expect.poll(() => text('.state'), { timeout: 20_000 }).toBe('2 of 5 judged');
    const bar = page.getByRole('progressbar', { name: 'Photos judged' });
    expect([await bar.getAttribute('value'), await bar.getAttribute('max')]).toEqual(['2', '5']);
    expect(await page.locator('.card[data-verdict=waiting] .why').allInnerTexts()).toEqual(['waiting', 'waiting', 'waiting']);
    // In a narrow window, too, the bar with it has room for all.
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate('[...document.querySelectorAll(".tools > *")].every((each) => each.getBoundingClientRect().right <= innerWidth)')).toBe(true);
    await page.setViewportSize({ width: 1300, height: 800 });
    // At a photo that is not judged nothing goes wrong, and nothing is asked that has no answer yet.
    await page.click('#card-3');
    await page.keyboard.press('Enter');
    expect(await text('.side .judged')).toContain('not judged yet');
    await expect.poll(() => page.evaluate('document.querySelector(".whole-photo").naturalWidth')).toBe(1920);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Home');
    expect(problems).toEqual([]);
    await page.keyboard.press('4');
    await page.click('#card-3');
    await page.keyboard.press('x');
    await expect.poll(async () => [await badge(0), await badge(3)]).toEqual(['★★★★', '✕']);
    goOn();
    await review.judged;
    await expect.poll(() => page.locator('.card[data-verdict=waiting]').count()).toBe(0);
    expect([await badge(0), await badge(3), await page.locator('progress').isVisible(), await text('.state')]).toEqual(['★★★★', '✕', false, '']);
  });

  it('misses nothing that is judged while it opens', async () => {
    await moveTo();
    let goOn = (): void => undefined;
    const held = new Promise<void>((resolve) => { goOn = resolve; });
    await start(demoFiles(), undefined, [], (number) => (number === 0 ? held : Promise.resolve()));
    page = await browser.newPage();
    // What the page asked for is on its way while all photos are judged.
    await page.route(/\/shoot$/, async (route) => {
      const old = await route.fetch();
      goOn();
      await review.judged;
      await route.fulfill({ response: old });
    });
    await page.goto(review.link);
    await expect.poll(() => page.locator('.card:not([data-verdict=waiting])').count()).toBe(5);
  });

  it('takes everything in again when the connection was lost for a while', async () => {
    const { host, port, pathname } = new URL(review.link);
    let isAway = false;
    const between = createServer((asked, answer) => {
      if (isAway) answer.destroy();
      else request({ port, path: asked.url, headers: { ...asked.headers, host } }, (from) => { from.pipe(answer.writeHead(from.statusCode ?? 500, from.headers)); }).end();
    });
    await new Promise<void>((resolve) => { between.listen(0, '127.0.0.1', resolve); });
    try {
      const address = between.address();
      await page.goto(`http://127.0.0.1:${String(typeof address === 'object' ? address?.port : address)}${pathname}`);
      await page.waitForSelector('.card');
      isAway = true;
      between.closeAllConnections();
      await expect.poll(() => text('.note')).toContain('has ended');
      const other = await window();
      await other.keyboard.press('x');
      await expect.poll(() => badge(0, other)).toBe('✕');
      await other.close();
      expect(await badge(0)).toBe('');
      isAway = false;
      await expect.poll(() => badge(0), { timeout: 20_000 }).toBe('✕');
      expect(await text('.note')).toBe('');
    } finally {
      between.closeAllConnections();
      between.close();
    }
  });

  it('says why judging came to an end too early', async () => {
    await moveTo();
    await start(demoFiles(), undefined, [], (number) =>
      (number === 1 ? Promise.reject(new Error('The nets are gone.')) : Promise.resolve()));
    await review.judged;
    page = await window();
    expect(await text('.state')).toBe('The nets are gone.');
  });

  it('learns from choices: proposes, lists what would change, opens a photo of the list, and writes when told to', async () => {
    await moveTo();
    const small = await sharp(demoPhotos[0]).resize(64).jpeg().toBuffer();
    const own = Array.from({ length: 60 }, (_, index) => photoResult(`${String(index).padStart(2, '0')}.jpg`, { faces: [face({ sharpness: index < 20 ? 10 : index < 50 ? 36 : 80 })] }));
    for (const { photo } of own) writeFileSync(join(folder, photo), Buffer.concat([small, Buffer.from(photo)]));
    writeFileSync(join(folder, 'mine.yaml'), '# my own\nblur:\n  for: print # large\n');
    await start(own.map(({ photo }) => ({ path: join(folder, photo), photo })), own, own);
    page = await window();
    // The first twenty are bad to anybody; the others this person keeps, soft as they are.
    for (const [from, to, key] of [[0, 19, 'x'], [20, 59, 'p']] as const) {
      await page.click(`#card-${String(from)}`);
      await page.keyboard.down('Shift');
      for (let step = from; step < to; step += 1) await page.keyboard.press('ArrowRight');
      await page.keyboard.up('Shift');
      await page.keyboard.press(key);
      await expect.poll(() => badge(to)).toBe(key === 'x' ? '✕' : '✓');
    }
    await page.click('summary');
    await page.click('text=Learn from my choices …');
    await page.waitForSelector('dialog[open] li');
    expect(await text('dialog[open] pre')).toMatch(/blur\.blurred_below: 45 -> \d+.*30 of your photos would be judged otherwise/s);
    await page.click('dialog[open] >> text=Write into');
    await expect.poll(() => text('dialog[open]')).toContain('Written:');
    expect(readFileSync(join(folder, 'mine.yaml'), 'utf8')).toMatch(/# my own\nblur:\n(.*\n)* {2}for: print # large\n/);
    expect(loadConfig(join(folder, 'mine.yaml')).blur.blurred_below).toBeLessThan(40);
    await page.click('dialog[open] li button >> nth=0');
    await page.waitForSelector('.face-facts');
    expect(await text('.side h2')).toContain('20.jpg');
  });

  it('scrolls through 20,000 photos with no more than those in sight in the page', async () => {
    await moveTo();
    const many = Array.from({ length: 20_000 }, (_, index) => photoResult(`${String(index).padStart(5, '0')}.jpg`));
    await start(many.map(({ photo }, index) => ({ path: demoPhotos[index % 6] ?? '', photo })), many);
    page = await window();
    expect(await text('.tabs b')).toBe('20000');
    await page.keyboard.press('End');
    await page.waitForSelector('#card-19999');
    expect(await page.locator('.card').count()).toBeLessThan(150);
    await page.keyboard.press('p');
    await expect.poll(() => badge(19_999)).toBe('✓');
  });
});
