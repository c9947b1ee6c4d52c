/**
 * node bench/review.js [PHOTOS=20000] [LARGE=120] [SCROLLS=4]: how quick pipeline review is, in headless Chromium, and whether memory stays flat.
 *
 * LARGE keys each of several rhythms (0: none) go through photos of 24 MP (names of six, made of the demo photos with grain): from the key to the full
 * photo on the screen. Then PHOTOS frames (names of the six demo photos) are opened, and scrolled through SCROLLS times.
 */
/* global console, performance, window, document, requestAnimationFrame, setTimeout */
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { demoPhotos } from '../dist/bench/photo-sets.js';
import { startReview } from './review-command.js';

const [photos = 20_000, large = 120, scrolls = 4] = process.argv.slice(2).map(Number);
/** Frames of a scene. */
const frames = 4;
/** On more often than back, as somebody who compares with the photo before. */
const backAndForth = [true, true, false, true, true, true, false, false, true, true, false, true];
/** Keys and milliseconds between them, as keyboards repeat them. */
const held = { keys: 15, pace: 33 };
/** Ways in which somebody goes through photos. Each begins while the grid's own pictures are still being made. */
const rhythms = {
  'a key every half second': (page) => steps(page, 500, () => 'ArrowRight'),
  'a key a second': (page) => steps(page, 1000, () => 'ArrowRight'),
  'back and forth, a key every half second': (page) => steps(page, 500, (index) => (backAndForth[index % backAndForth.length] ? 'ArrowRight' : 'ArrowLeft')),
  [`from scene to scene (of ${frames} frames), a key every half second`]: async (page) => {
    await page.keyboard.press('s');
    return steps(page, 500, () => 'ArrowRight');
  },
  [`held down for ${held.keys} keys, one every ${held.pace} ms, then a second; from the last key`]: async (page) => {
    const [full, any] = [[], []];
    for (let round = 0; round < Math.ceil(large / held.keys); round += 1) {
      await page.waitForTimeout(1000);
      const last = await page.evaluate(holdKey, held);
      full.push(last.full);
      any.push(last.any);
    }
    return { full, any };
  },
};

const work = mkdtempSync(join(tmpdir(), 'review-bench-'));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--enable-precise-memory-info'],
});
try {
  console.log(`load of the machine before: ${loadavg()[0].toFixed(1)}`);
  if (large > 0) await benchKeys();
  await benchMany();
} finally {
  await browser.close();
  rmSync(work, { recursive: true });
}

async function benchKeys() {
  const folder = join(work, 'large');
  mkdirSync(folder);
  for (const [index, { path }] of demoPhotos().entries()) {
    const grain = { create: { width: 1500, height: 1000, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 128, sigma: 12 } } };
    const tile = await sharp(grain).png({ compressionLevel: 0 }).toBuffer();
    await sharp(path).resize(6000, 4000, { fit: 'cover', kernel: 'nearest' }).composite([{ input: tile, tile: true, blend: 'soft-light' }])
      .jpeg({ quality: 93 }).toFile(join(folder, `${name(index)}.jpg`));
  }
  // What the server and the browser keep, they keep by name.
  const all = (large + 2) * frames;
  for (let index = 6; index < all; index += 1) linkSync(join(folder, `${name(index % 6)}.jpg`), join(folder, `${name(index)}.jpg`));
  const size = readFileSync(join(folder, `${name(0)}.jpg`)).length;
  console.log(`${large} keys of each rhythm, photos of 24 MP (${(size / 1e6).toFixed(1)} MB each); from a key to the photo fitted to the window, ms:`);
  for (const [rhythm, play] of Object.entries(rhythms)) {
    const review = await open(folder, all, frames);
    await review.page.keyboard.press('Home');
    await review.page.keyboard.press('Enter');
    const { full, any } = await play(review.page);
    console.log(`${rhythm}: ${figures(full)}${any === undefined ? '' : `; to a small picture of it ${figures(any)}`}`);
    await review.close();
  }
}

async function steps(page, pace, keyOf) {
  const full = [];
  for (let index = 0; index < large; index += 1) {
    await page.waitForTimeout(pace);
    full.push((await page.evaluate(holdKey, { keys: 1, pace: 0, key: keyOf(index) })).full);
  }
  return { full };
}

function figures(times) {
  const slow = times.flatMap((time, index) => (time > 100 ? [`${index + 1}: ${time.toFixed(0)}`] : []));
  return `median ${at(times, 0.5)}, p95 ${at(times, 0.95)}, longest ${at(times, 1)}${slow.length === 0 ? '' : ` (above 100, by key: ${slow.slice(0, 12).join(', ')}${slow.length > 12 ? ` and ${slow.length - 12} more` : ''})`}`;
}

/** In the page: presses a key, or holds it down; then waits until the photo is decoded and the frame that shows it is drawn. */
async function holdKey({ keys, pace, key = 'ArrowRight' }) {
  for (let press = 0; press < keys; press += 1) {
    if (press > 0) await new Promise((resolve) => { setTimeout(resolve, pace); });
    document.activeElement.dispatchEvent(new window.KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  }
  const start = performance.now();
  const id = Number.parseInt(document.querySelector('.side h2').textContent, 10);
  const shown = (image, side) => image !== null && image.src.includes(`photo/${id}/fitted/`) && image.complete && image.naturalWidth >= side;
  let any;
  return new Promise((resolve) => {
    const look = () => {
      const whole = document.querySelector('.photo-sheet > img:not(.tile, .preview)');
      if (any === undefined && (shown(whole, 1) || shown(document.querySelector('.photo-sheet > .preview'), 1))) any = performance.now() - start;
      if (performance.now() - start > 20_000) resolve({ full: Infinity, any });
      else if (!shown(whole, 1900)) requestAnimationFrame(look);
      else whole.decode().then(() => requestAnimationFrame(() => { resolve({ full: performance.now() - start, any }); }));
    };
    look();
  });
}

async function benchMany() {
  const folder = join(work, 'many');
  mkdirSync(folder);
  const sources = demoPhotos();
  for (let index = 0; index < photos; index += 1) {
    // Links run out where a file has too many names.
    const source = join(work, `source-${index % 6}-${Math.floor(index / 30_000)}.jpg`);
    if (index % 30_000 < 6) writeFileSync(source, readFileSync(sources[index % 6].path));
    linkSync(source, join(folder, `${name(index)}.jpg`));
  }
  const review = await open(folder, photos);
  console.log(`${photos} photos: page ready (first pictures shown, answers to a key) ${review.ready.toFixed(0)} ms after it was asked for`);
  const scroll = async () => {
    for (let at = 0; at <= 100; at += 1) {
      await review.page.evaluate((share) => { const sheet = document.querySelector('.sheet'); sheet.scrollTop = share * sheet.scrollHeight; }, at / 100);
      await review.page.waitForTimeout(60);
    }
  };
  const memory = [];
  for (let round = 0; round < scrolls; round += 1) {
    await scroll();
    memory.push({ page: await pageMemory(review.page), server: serverMemory(review.pid), cards: await review.page.locator('.card').count() });
  }
  for (const [round, { page, server, cards }] of memory.entries()) {
    console.log(`scrolled through ${round + 1} time(s): page ${page.toFixed(1)} MB of JavaScript, server ${server.toFixed(0)} MB resident, ${cards} cards in the page`);
  }
  await review.close();
}

async function open(folder, count, scene = 0) {
  const report = join(folder, 'out.csv');
  const rows = ['photo,status,width,height,faces,face,face_x,face_y,face_width,face_height,face_score,left_eye_open,right_eye_open,eyes,sharpness,blur,verdict,reasons,error,scene,best_of_scene,scene_rank,scene_reason'];
  for (let index = 0; index < count; index += 1) rows.push(`${name(index)}.jpg,ok,${scene > 0 ? '6000,4000' : '1920,1280'},1,1,418,406,190,190,0.93,0.97,0.97,open,80.0,sharp,keep,,,${scene > 0 ? `${Math.floor(index / scene) + 1},${index % scene === 0 ? 'yes' : 'no'},${index % scene + 1},` : ',,,'}`);
  writeFileSync(report, `${rows.join('\r\n')}\r\n`);
  const { link, pid, end } = await startReview(report, '--photos', folder);
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  const start = performance.now();
  await page.goto(link);
  await page.waitForFunction(() => [...document.querySelectorAll('.card img')].slice(0, 6).filter((image) => image.complete && image.naturalWidth > 0).length >= 6, undefined, { polling: 'raf' });
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('#card-1.cursor');
  const ready = performance.now() - start;
  return {
    page, ready, pid,
    close: async () => {
      await page.close();
      end();
    },
  };
}

async function pageMemory(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  await session.detach();
  return usedSize / 1e6;
}

function serverMemory(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kilobytes) / 1e3;
}

function name(index) {
  return String(index).padStart(5, '0');
}

function at(times, share) {
  return times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(share * times.length))].toFixed(0);
}
