/**
 * Draws docs/focus-steps.jpg: a portrait that @vladmandic/face-api ships (MIT), blurred in eight steps, each as the pipeline
 * sees it, with its score and detail. Run `npm run build` first.
 */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { fileURLToPath, URL } from 'node:url';
import sharp from 'sharp';
import { loadConfig } from '../dist/pipeline/config.js';
import { scoreBlur } from '../dist/blur/sharpness.js';
import { nearest } from './blur/cache.js';
import { cut } from './blur/degrade.js';
import { openDoor } from './blur/door.js';
import { encode, fromRaster, gaussian, readRaster } from './blur/photos.js';
import { demoPhotos } from './blur/sets.js';

/** Standard deviations of the Gaussian in shares of the face's width. */
const steps = [0, 0.003, 0.005, 0.007, 0.01, 0.014, 0.02, 0.03];
const side = 220;
const line = 44;
const columns = 4;

const door = await openDoor();
const photo = await readRaster(readFileSync(demoPhotos[0]));
const [{ place: box }] = await door.see(await encode(photo));
const around = { x: box.x - 0.2 * box.width, y: box.y - 0.25 * box.height, width: 1.4 * box.width, height: 1.4 * box.height };
const panels = [];
for (const [k, step] of steps.entries()) {
  const image = await gaussian(photo, step * box.width);
  const view = nearest(await door.see(await encode(image)), box);
  const score = scoreBlur(view, loadConfig().blur);
  const text = [`${(100 * step).toFixed(1)} %: ${score.verdict}`, `sharpness ${score.sharpness.toFixed(1)}, detail ${score.detail.toFixed(0)} px`];
  process.stdout.write(`| ${text.join(' | ')} |\n`);
  const [left, top] = [(k % columns) * side, Math.floor(k / columns) * (side + line)];
  panels.push({ input: await fromRaster(cut(image, around).raster).resize(side - 4, side - 4, { fit: 'fill' }).png().toBuffer(), left, top });
  const lines = text.map((words, i) => `<text x="2" y="${15 + 17 * i}" font-family="sans-serif" font-size="13">${words}</text>`);
  panels.push({ input: Buffer.from(`<svg width="${side}" height="${line}">${lines.join('')}</svg>`), left, top: top + side - 4 });
}
await door.close();
const [width, height] = [columns * side, Math.ceil(steps.length / columns) * (side + line)];
await sharp({ create: { width, height, channels: 3, background: 'white' } }).composite(panels).jpeg({ quality: 85 })
  .toFile(fileURLToPath(new URL('../docs/focus-steps.jpg', import.meta.url)));
