/**
 * What becomes of a face in a photo of 24 megapixels, which is shrunk while it is opened: the portraits of the cache, untouched
 * and with a blur that a print shows, each on a gray ground of 6000 x 4000 px, judged as a run does by default and with
 * `blur.second_decode`. Run `npm run build` and `npm run bench:blur-cache` first.
 */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { loadConfig } from '../dist/pipeline/config.js';
import { processPhoto } from '../dist/pipeline/photo.js';
import { createStages } from '../dist/pipeline/stages.js';
import { readCache } from './blur/cache.js';
import { encode, fromRaster, gaussian, readRaster, toRaster } from './blur/photos.js';
import { quantile } from './blur/statistics.js';

const say = (line = '') => process.stdout.write(`${line}\n`);
const row = (...cells) => say(`| ${cells.join(' | ')} |`);
/** Gaussian in shares of the face's width: none, and one that takes a print's detail. */
const blurs = [0, 0.004];
const ways = [[], ['blur.second_decode=true']];

const background = '#808080';
/** px of ground that are blurred with a portrait, so that its border is as well. */
const margin = 100;

/** The photo on a gray ground, blurred, as a camera would save it. */
async function onGround(raster, sigma) {
  const sides = { top: margin, bottom: margin, left: margin, right: margin };
  const padded = await toRaster(fromRaster(raster).extend({ ...sides, background }));
  const input = await encode(await gaussian(padded, sigma));
  const ground = { width: 6000, height: 4000, channels: 3, background };
  return sharp({ create: ground }).composite([{ input, gravity: 'centre' }]).jpeg({ quality: 92 }).toBuffer();
}

const portraits = new Map();
for await (const { path, view } of readCache('portraits', ({ kind, amount, missed }) => kind === 'gaussian' && amount === 0 && !missed)) {
  portraits.set(path, view.box.width * view.scale);
}
const seen = [];
for (const set of ways) {
  const config = loadConfig(undefined, set);
  const stages = await createStages(config);
  for (const [path, width] of portraits) {
    const raster = await readRaster(readFileSync(path));
    for (const blur of blurs) {
      const content = await onGround(raster, blur * width);
      const { faces: [face], times } = await processPhoto({ path, photo: path, content }, stages, { config });
      seen.push({ way: set.join(' ') || 'as it is shipped', blur, width, blurScore: face?.measured.blur, decode: times.decode });
    }
  }
  await stages.release();
}
row('', 'blur', 'faces', 'sharp', 'unsure', 'blurred', 'median detail', 'median detail asked', 'median ms of decoding');
row(...Array.from({ length: 9 }, () => '---'));
for (const way of new Set(seen.map((each) => each.way))) {
  for (const blur of blurs) {
    const found = seen.filter((each) => each.way === way && each.blur === blur && each.blurScore !== undefined);
    const share = (verdict) => `${(100 * found.filter(({ blurScore }) => blurScore.verdict === verdict).length / found.length).toFixed(1)} %`;
    const middle = (value) => quantile(found.map(value), 0.5).toFixed(0);
    row(way, `${(100 * blur).toFixed(1)} %`, found.length, share('sharp'), share('unsure'), share('blurred'),
      middle(({ blurScore }) => blurScore.detail), middle(({ blurScore }) => blurScore.needed), middle(({ decode }) => decode));
  }
}
