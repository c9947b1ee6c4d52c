/**
 * node scripts/culling-pictures.js: takes the screenshots of docs/culling.md anew, of a review of the demo photos that
 * @vladmandic/face-api brings, each made into a burst, in headless Chromium. Run `npm run build` first.
 */
/* global document, URL */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { startReview } from '../bench/review-command.js';
import { demoPhotos } from '../dist/bench/photo-sets.js';
import { writeBurstFrame } from '../dist/image/fake-burst.js';
import { Random } from '../dist/train/data/random.js';

const target = fileURLToPath(new URL('../docs/culling/', import.meta.url));
const work = mkdtempSync(join(tmpdir(), 'culling-'));
const folder = join(work, 'Summer feast');
const random = new Random(19);
/** px of a face in the demo photos, about. */
const faceWidth = 160;

mkdirSync(folder);
let [clock, number] = [Date.UTC(2026, 6, 14, 18), 4710];
for (const { path } of demoPhotos()) {
  for (const fault of random.shuffle(['none', 'none', 'defocus'])) {
    clock += 400 + random.below(300);
    number += 1;
    const name = `Feast_of_Anna_and_Tom_2026-07-14_${String(number)}.jpg`;
    await writeBurstFrame({ path, eyes: [], faceWidth }, { fault, time: clock, camera: 'A' }, undefined, () => random.next(), join(folder, name));
  }
  clock += 60_000;
}

const review = await startReview(folder, '--report', join(work, 'feast.csv'));
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
try {
  const wide = await open(review.link, { width: 1280, height: 800 }, 'dark');
  await wide.waitForFunction(() => document.querySelector('progress').hidden, undefined, { timeout: 300_000 });
  await take(wide, 'stacks', ['s', 'ArrowRight', 'p', 'ArrowRight', '4', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft', 'ArrowLeft']);
  await take(wide, 'photo', ['Enter']);
  await take(wide, 'loupe', ['n']);
  await take(wide, 'compare', ['Escape', 'c']);
  await take(wide, 'keys', ['?']);
  await wide.close();
  const narrow = await open(review.link, { width: 390, height: 800 }, 'light');
  await take(narrow, 'narrow', ['Enter']);
} finally {
  await browser.close();
  review.end();
  rmSync(work, { recursive: true });
}

async function open(link, viewport, colorScheme) {
  const page = await browser.newPage({ viewport, colorScheme });
  await page.goto(link);
  await page.waitForSelector('.card');
  return page;
}

/** Presses keys, waits until all pictures in sight are there, and takes the picture. */
async function take(page, name, keys) {
  for (const key of keys) {
    await page.keyboard.press(key);
    await page.waitForTimeout(400);
  }
  await page.waitForFunction(() => [...document.images].every((image) => image.complete), undefined, { timeout: 60_000 });
  await page.waitForTimeout(300);
  await page.screenshot({ path: join(target, `${name}.jpg`), type: 'jpeg', quality: 78 });
}
