/**
 * node bench/review.js [PHOTOS=20000] [LARGE=40]: how quick pipeline review is, in headless Chromium, and whether memory stays flat.
 *
 * LARGE photos of 24 MP (names of six, made of the demo photos with grain) are looked at one after the other, a key every 500 ms: from the key to
 * the next full photo on the screen. Then PHOTOS frames (names of the six demo photos) are opened, and scrolled through twice.
 */
/* global console, performance, window, document, requestAnimationFrame */
import { spawn } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import sharp from 'sharp';
import { demoPhotos } from '../dist/bench/photo-sets.js';

const [photos, large] = [Number(process.argv[2] ?? 20_000), Number(process.argv[3] ?? 40)];
/** Milliseconds that somebody looks at a photo before the next key. */
const pace = 500;
const entry = fileURLToPath(import.meta.resolve('../bin/pipeline.js'));
const work = mkdtempSync(join(tmpdir(), 'review-bench-'));
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--enable-precise-memory-info'],
});
try {
  console.log(`load of the machine before: ${loadavg()[0].toFixed(1)}`);
  await benchKeys();
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
  // What the server keeps, it keeps by name.
  for (let index = 6; index < large; index += 1) linkSync(join(folder, `${name(index % 6)}.jpg`), join(folder, `${name(index)}.jpg`));
  const size = readFileSync(join(folder, `${name(0)}.jpg`)).length;
  const review = await open(folder, large);
  await review.page.keyboard.press('Home');
  await review.page.keyboard.press('Enter');
  const times = [];
  for (let index = 1; index < large; index += 1) {
    await review.page.waitForTimeout(pace);
    times.push(await review.page.evaluate(keyToPhoto, index));
  }
  console.log(`${large} photos of 24 MP (${(size / 1e6).toFixed(1)} MB each), a key every ${pace} ms: key to next full photo median ${at(times, 0.5)} ms, p95 ${at(times, 0.95)} ms, longest ${at(times, 1)} ms`);
  await review.close();
}

/** In the page: presses the key, and waits until the photo is decoded and the frame that shows it is drawn. */
function keyToPhoto(id) {
  const start = performance.now();
  document.activeElement.dispatchEvent(new window.KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }));
  return new Promise((resolve) => {
    const look = () => {
      const image = document.querySelector('.photo-sheet > img:not(.tile)');
      if (performance.now() - start > 20_000) resolve(Infinity);
      else if (!image.src.includes(`photo/${id}/fitted/`) || !image.complete || image.naturalWidth < 2000) requestAnimationFrame(look);
      else image.decode().then(() => requestAnimationFrame(() => { resolve(performance.now() - start); }));
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
  for (let round = 0; round < 4; round += 1) {
    await scroll();
    memory.push({ page: await pageMemory(review.page), server: serverMemory(review.pid), cards: await review.page.locator('.card').count() });
  }
  for (const [round, { page, server, cards }] of memory.entries()) {
    console.log(`scrolled through ${round + 1} time(s): page ${page.toFixed(1)} MB of JavaScript, server ${server.toFixed(0)} MB resident, ${cards} cards in the page`);
  }
  await review.close();
}

async function open(folder, count) {
  const report = join(folder, 'out.csv');
  const rows = ['photo,status,width,height,faces,face,face_x,face_y,face_width,face_height,face_score,left_eye_open,right_eye_open,eyes,sharpness,blur,verdict,reasons,error'];
  for (let index = 0; index < count; index += 1) rows.push(`${name(index)}.jpg,ok,${count === large ? '6000,4000' : '1920,1280'},1,1,418,406,190,190,0.93,0.97,0.97,open,80.0,sharp,keep,,`);
  writeFileSync(report, `${rows.join('\r\n')}\r\n`);
  const child = spawn(process.execPath, [entry, 'review', report, '--photos', folder, '--no-open'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const link = await new Promise((resolve, reject) => {
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (data) => {
        said += data;
        const found = /http:\/\/127\.0\.0\.1:\d+\/[\w-]+\//.exec(said);
        if (found !== null) resolve(found[0]);
      });
    }
    child.on('exit', () => { reject(new Error(said)); });
  });
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  const start = performance.now();
  await page.goto(link);
  await page.waitForFunction(() => [...document.querySelectorAll('.card img')].slice(0, 6).filter((image) => image.complete && image.naturalWidth > 0).length >= 6, undefined, { polling: 'raf' });
  await page.keyboard.press('ArrowRight');
  await page.waitForSelector('#card-1.cursor');
  const ready = performance.now() - start;
  return {
    page, ready, pid: child.pid,
    close: async () => {
      await page.close();
      child.removeAllListeners('exit');
      child.kill('SIGTERM');
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
