import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadConfig } from '../../src/pipeline/config.js';
import { csvHeader, csvRows } from '../../src/reports/csv.js';
import { openReview, type Review } from '../../src/review/review.js';
import { hasChromium, launchChromium, withoutChromium } from '../support/chromium.js';
import { face, photoResult } from '../support/results.js';
import { demoPhotos } from '../support/shared-data.js';

/**
 * Runs in the page. Contrast by WCAG 2.2: of every text that is seen against all that lies behind it, 4.5 : 1, or 3 : 1 where it is
 * large; what lets a photo shine through is tried on black and on white. Switched off controls need none.
 */
const findFaint = `(() => {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
    return { rgb: [r, g, b], a: a / 255 };
  };
  const over = (top, below) => top.rgb.map((value, index) => value * top.a + below[index] * (1 - top.a));
  const luminance = (rgb) => rgb.map((value) => value / 255).map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  const behind = (element, ground) => {
    const layers = [];
    for (let each = element; each !== null; each = each.parentElement) layers.push(rgba(getComputedStyle(each).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), ground);
  };
  const opacity = (element) => {
    let all = 1;
    for (let each = element; each !== null; each = each.parentElement) all *= Number(getComputedStyle(each).opacity);
    return all;
  };
  const faint = [];
  let seen = 0;
  const look = (element, text, color) => {
    if (!element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) || element.closest(':disabled, svg') !== null || opacity(element) < 0.05) return;
    seen += 1;
    const { fontSize, fontWeight } = getComputedStyle(element);
    const size = parseFloat(fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700) ? 3 : 4.5;
    const least = Math.min(...[[0, 0, 0], [255, 255, 255]].map((ground) => {
      const below = behind(element, ground);
      const ink = rgba(color);
      return contrast(over({ rgb: ink.rgb, a: ink.a * opacity(element) }, below), below);
    }));
    if (least < needed) faint.push(text.trim().slice(0, 30) + ' (' + element.className + '): ' + least.toFixed(2));
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: element, textContent: text } = walker.currentNode;
    if (text.trim() !== '' && !['SCRIPT', 'NOSCRIPT'].includes(element.tagName)) look(element, text, getComputedStyle(element).color);
  }
  for (const input of document.querySelectorAll('input[placeholder]')) look(input, input.placeholder, getComputedStyle(input, '::placeholder').color);
  return { seen, faint: [...new Set(faint)] };
})()`;

/** Runs in the page: what can be worked, as far as it is seen, with the name that a screen reader says. */
const findControls = `(() => {
  const all = [...document.querySelectorAll('button:not(:disabled), a[href], input, select, summary, [tabindex="0"]')];
  const open = document.querySelector('dialog[open]');
  return all.filter((each) => each.checkVisibility({ checkVisibilityCSS: true }) && (open === null || open.contains(each))).map((each, index) => {
    each.dataset.control = String(index);
    return { control: String(index), name: each.getAttribute('aria-label') ?? each.textContent.trim() ?? '' };
  });
})()`;
const focused = `(() => {
  const each = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(each);
  return { control: each.dataset.control ?? '', isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 };
})()`;
const faintSchema = z.object({ seen: z.number(), faint: z.array(z.string()) });
const controlsSchema = z.array(z.object({ control: z.string(), name: z.string() }));
const focusedSchema = z.object({ control: z.string(), isSeen: z.boolean() });

describe.skipIf(!hasChromium)(`the page of a review for everybody${withoutChromium}`, () => {
  let browser: Browser;
  let review: Review;
  let page: Page;

  /** Ways through the page, each to something that looks different. */
  const places: readonly (readonly [name: string, reach: () => Promise<void>, leave: () => Promise<void>])[] = [
    ['the grid, a selection in it', async () => { await page.keyboard.press('Shift+ArrowRight'); }, async () => { await page.keyboard.press('Escape'); }],
    ['the menu', async () => { await page.click('summary'); }, async () => { await page.click('summary'); }],
    ['the sheet of keys', async () => { await page.keyboard.press('?'); }, async () => { await page.keyboard.press('Escape'); }],
    ['what choices teach', async () => {
      await page.click('summary');
      await page.click('text=Learn from my choices …');
      await page.waitForSelector('dialog[open] pre');
      // The menu lies over nothing any more.
      expect(await page.locator('details[open]').count()).toBe(0);
    }, async () => { await page.keyboard.press('Escape'); }],
    ['a photo', async () => {
      await page.click('#card-0');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.face-facts');
    }, async () => { await page.keyboard.press('Escape'); }],
    ['frames side by side', async () => {
      await page.click('#card-0');
      await page.keyboard.press('c');
      await page.waitForSelector('.column .face-100');
    }, async () => { await page.keyboard.press('Escape'); }],
  ];

  beforeAll(async () => {
    browser = await launchChromium();
    const folder = mkdtempSync(join(tmpdir(), 'review-access-'));
    mkdirSync(join(folder, 'photos'));
    const scene = (rank: number): Partial<Parameters<typeof photoResult>[1]> => ({ scene: { scene: 1, frames: 2, rank, reason: rank === 1 ? 'best of 2: all eyes open' : 'more eyes closed than 2.jpg', people: [0, 1] } });
    const results = [
      photoResult('1.jpg', { faces: [face(), face({ x: 900, eyes: 'closed', reasons: ['eyes closed'] })], reasons: ['face 2: eyes closed'], verdict: 'reject', ...scene(2) }),
      photoResult('2.jpg', { faces: [face(), face({ x: 900 })], ...scene(1) }),
      photoResult('3.jpg', { verdict: 'review', reasons: ['sharpness unsure'], faces: [face({ sharpness: 50 })] }),
      photoResult('4.jpg'),
    ];
    for (const [index, { photo }] of results.entries()) copyFileSync(demoPhotos[index] ?? '', join(folder, 'photos', photo));
    writeFileSync(join(folder, 'out.csv'), csvHeader() + results.map(csvRows).join(''));
    review = await openReview({
      photos: results.map(({ photo }) => ({ path: join(folder, 'photos', photo), photo })), folder: join(folder, 'photos'), followLinks: false, report: join(folder, 'out.csv'),
      config: loadConfig(), port: 0, signal: new AbortController().signal, onNote: () => undefined,
      learned: { file: join(folder, 'mine.yaml'), config: () => loadConfig() },
      executor: { mostAhead: 1, prepare: () => undefined, run: () => Promise.resolve(), close: () => Promise.resolve() },
    });
    page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
    await page.goto(review.link);
    await page.waitForSelector('.card');
    for (const [id, key] of [[0, 'x'], [1, 'p'], [1, '4'], [1, '6'], [2, 'r'], [3, '7']] as const) {
      await page.click(`#card-${String(id)}`);
      await page.keyboard.press(key);
    }
    await page.waitForSelector('#card-3 .badge[data-colour=Yellow]');
  });
  afterAll(async () => {
    await review.close();
    await browser.close();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`has the contrast that WCAG AA asks of texts, ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      const all: string[] = [];
      for (const [name, reach, leave] of places) {
        await reach();
        const { seen, faint } = faintSchema.parse(await page.evaluate(findFaint));
        expect(seen).toBeGreaterThan(5);
        all.push(...faint.map((text) => `${name}: ${text}`));
        await leave();
      }
      expect(all).toEqual([]);
    });
  }

  it('can be worked without a mouse: Tab comes to everything, it is seen where it is, and everything has a name', async () => {
    for (const [name, reach, leave] of places) {
      await reach();
      const controls = controlsSchema.parse(await page.evaluate(findControls));
      expect(controls.filter(({ name: said }) => said === ''), name).toEqual([]);
      const visited = new Set<string>();
      for (let press = 0; press < controls.length * 2 + 10 && visited.size < controls.length; press += 1) {
        await page.keyboard.press('Tab');
        const { control, isSeen } = focusedSchema.parse(await page.evaluate(focused));
        if (control !== '') expect(isSeen, `${name}: ${controls[Number(control)]?.name ?? ''}`).toBe(true);
        if (control !== '') visited.add(control);
      }
      expect(controls.filter(({ control }) => !visited.has(control)).map(({ name: said }) => said), name).toEqual([]);
      await leave();
    }
  });
});
