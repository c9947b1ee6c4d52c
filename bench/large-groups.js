/**
 * How many of 80 people on one picture of 6000 x 4000 px are found, as a Markdown table: portraits of two sets, their faces some 120 px and
 * some 60 px wide, in eight rows on noisy ground, made anew.
 *
 * npm run build && node bench/large-groups.js [--set KEY=VALUE] [--draw FOLDER] [PHOTOS...]
 *
 * Needs ../shared/data. `--draw` keeps the pictures in FOLDER, shrunk, with what was found drawn on them; PHOTOS are looked at and drawn as well.
 */
import { Buffer } from 'node:buffer';
import console from 'node:console';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { loadConfig } from '../dist/pipeline/config.js';
import { processPhoto } from '../dist/pipeline/photo.js';
import { createStages } from '../dist/pipeline/stages.js';
import { sharedSet } from './shared-set.js';

const PEOPLE = 80;
const [WIDTH, HEIGHT, COLUMNS] = [6000, 4000, 10];
/** Longest side of a drawing, px. */
const DRAWN = 2400;

/** A square of a portrait is this much wider than the face that the finder sees in it: medians, by set. */
const sets = [{ set: 'utkface_open', state: 'open', wider: 1.12 }, { set: 'cew_closed', state: 'closed', wider: 1.16 }];

/** Portraits `side` px wide, evenly over the picture, a little out of line. */
async function group(path, { set, state }, side) {
  const folder = join(sharedSet('faces', set), state);
  const names = readdirSync(folder).sort();
  const every = Math.floor(names.length / PEOPLE);
  const people = await Promise.all(Array.from({ length: PEOPLE }, async (_, index) => ({
    input: await sharp(join(folder, names[index * every])).rotate().resize(side, side, { fit: 'cover' }).toBuffer(),
    left: 250 + (index % COLUMNS) * 570 + (index * 37) % 90, top: 200 + Math.floor(index / COLUMNS) * 470 + (index * 53) % 110,
  })));
  const noise = { type: 'gaussian', mean: 110, sigma: 14 };
  await sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#6a7468', noise } })
    .composite(people).jpeg({ quality: 92 }).toFile(path);
  return people.map(({ left, top }) => ({ x: left, y: top, width: side, height: side }));
}

const holds = ({ x, y, width, height }, box) => {
  const [right, down] = [box.x + box.width / 2 - x, box.y + box.height / 2 - y];
  return right > 0 && down > 0 && right < width && down < height;
};

async function draw(folder, path, name, faces) {
  const { width, height } = await sharp(path).rotate().metadata().then(({ autoOrient }) => autoOrient);
  const scale = Math.min(1, DRAWN / Math.max(width, height));
  const boxes = faces.map(({ box }) => `<rect x="${box.x * scale}" y="${box.y * scale}" width="${box.width * scale}" height="${box.height * scale}" `
    + 'fill="none" stroke="#00e5ff" stroke-width="2"/>').join('');
  const [wide, high] = [Math.round(width * scale), Math.round(height * scale)];
  const shrunk = await sharp(path).rotate().resize(wide, high, { fit: 'fill' }).toBuffer();
  await sharp(shrunk).composite([{ input: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}">${boxes}</svg>`) }])
    .jpeg({ quality: 85 }).toFile(join(folder, `${name}.jpg`));
}

const { values, positionals: photos } = parseArgs({
  options: { set: { type: 'string', multiple: true, default: [] }, draw: { type: 'string' } }, allowPositionals: true,
});
const config = loadConfig(undefined, values.set);
const stages = await createStages(config);
const folder = mkdtempSync(join(tmpdir(), 'large-groups-'));
process.once('exit', () => { rmSync(folder, { recursive: true, force: true }); });
if (values.draw !== undefined) mkdirSync(values.draw, { recursive: true });
const look = async (path, name) => {
  const { faces } = await processPhoto({ path, photo: name }, stages, { config });
  if (values.draw !== undefined) await draw(values.draw, path, name.replace(/\.\w+$/, ''), faces);
  return faces;
};
console.log('| picture | faces, px | found | of 80 | where nobody is |');
console.log('| --- | --- | --- | --- | --- |');
for (const each of sets) {
  for (const width of [120, 60]) {
    const name = `${each.set}-${width}.jpg`;
    const people = await group(join(folder, name), each, Math.round(each.wider * width));
    const faces = await look(join(folder, name), name);
    const widths = faces.map(({ box }) => box.width).sort((a, b) => a - b);
    const found = people.filter((person) => faces.some(({ box }) => holds(person, box))).length;
    const none = faces.filter(({ box }) => !people.some((person) => holds(person, box))).length;
    console.log(`| ${each.set}, ${width} px | ${Math.round(widths[widths.length >> 1] ?? 0)} | ${found} | ${PEOPLE} | ${none} |`);
  }
}
for (const path of photos) {
  const faces = await look(path, basename(path));
  console.log(`| ${basename(path)} | ${faces.length === 0 ? '' : `${Math.round(Math.min(...faces.map(({ box }) => box.width)))}-${Math.round(Math.max(...faces.map(({ box }) => box.width)))}`} | ${faces.length} | | |`);
}
await stages.release();
