/**
 * node bench/page.js [PHOTOS=2000]: opens an HTML report in headless Chromium, as from disk, and prints how long that takes.
 *
 * The demo photos are judged for real; their blocks are repeated under other names until there are enough.
 */
/* global console, performance */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { demoPhotos } from '../dist/bench/photo-sets.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { processPhoto } from '../dist/pipeline/photo.js';
import { createStages } from '../dist/pipeline/stages.js';
import { createHtmlReport } from '../dist/reports/html/report.js';

const photos = Number(process.argv[2] ?? 2000);
const rounds = 5;
const config = loadConfig();
const stages = await createStages(config);
const judged = [];
for (const file of demoPhotos()) judged.push(await processPhoto(file, stages, { config, previews: true }));
await stages.release();

const folder = mkdtempSync(join(tmpdir(), 'page-'));
const file = join(folder, 'out.html');
const writer = await createHtmlReport(file, { folder, eyes: stages.thresholds, blur: config.blur });
for (let index = 0; index < photos; index += 1) {
  await writer.write({ ...judged[index % judged.length], photo: `day ${index % 3}/${String(index).padStart(5, '0')}.jpg` });
}
await writer.finish();

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium', args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const times = { pictures: [], key: [], sort: [] };
for (let round = 0; round <= rounds; round += 1) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const start = performance.now();
  await page.goto(pathToFileURL(file).href);
  await page.locator('.card .frame img').first().waitFor();
  const shown = performance.now() - start;
  const key = await timed(async () => {
    await page.keyboard.press('ArrowRight');
    await page.locator('.card:nth-of-type(2)[aria-selected=true]').waitFor();
  });
  const sort = await timed(async () => {
    await page.getByLabel('Sort').selectOption('sharpness');
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))');
  });
  // The first round warms the disk's cache and does not count.
  if (round > 0) for (const [name, value] of Object.entries({ pictures: shown, key, sort })) times[name].push(value);
  await page.close();
}
await browser.close();

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)].toFixed(0);
console.log(`${photos} group photos: ${(statSync(file).size / 1e6).toFixed(0)} MB`);
console.log(`medians of ${rounds}: first pictures, ready for keys ${median(times.pictures)} ms; arrow key ${median(times.key)} ms; sorted anew ${median(times.sort)} ms`);
rmSync(folder, { recursive: true });

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
