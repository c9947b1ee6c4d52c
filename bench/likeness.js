/**
 * node bench/likeness.js FOLDER [PHOTOS=60]: how alike two frames of one photo are (cropped and exposed differently), and two photos.
 * By this the limits of src/scenes/group.ts can be told.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodePhoto, openPhoto, shrinkFor } from '../dist/image/decode.js';
import { writeBurstFrame } from '../dist/image/fake-burst.js';
import { lookOf } from '../dist/image/look.js';
import { likeness, shapesOf } from '../dist/scenes/likeness.js';
import { Random } from '../dist/train/data/random.js';

const [folder, most = '60'] = process.argv.slice(2);
const limits = { max_megapixels: 250, max_megabytes: 500, timeout_seconds: 60 };
const random = new Random(5);
const work = mkdtempSync(join(tmpdir(), 'likeness-'));
const names = readdirSync(folder).filter((name) => /\.jpe?g$/i.test(name)).sort().slice(0, Number(most));
const frames = [];
for (const name of names) {
  for (const number of [0, 1]) {
    const path = join(work, `${number}-${name}`);
    await writeBurstFrame({ path: join(folder, name), eyes: [], faceWidth: 60 }, { fault: 'none', time: 0, camera: 'A' }, undefined, () => random.next(), path);
    const photo = await openPhoto(path, limits);
    frames.push({ name, shapes: shapesOf(lookOf((await decodePhoto(photo, shrinkFor(photo, 1000))).raster)) });
  }
}
rmSync(work, { recursive: true });

const [same, other] = [[], []];
for (const [index, a] of frames.entries()) {
  for (const b of frames.slice(index + 1)) (a.name === b.name ? same : other).push({ alike: likeness(a.shapes, b.shapes), names: `${a.name} ${b.name}` });
}
const lowest = same.toSorted((a, b) => a.alike - b.alike).slice(0, 3);
const highest = other.toSorted((a, b) => b.alike - a.alike).slice(0, 8);
process.stdout.write(`two frames of one photo, ${same.length} pairs, the least alike: ${lowest.map(({ alike }) => alike.toFixed(3)).join(' ')}\n`);
process.stdout.write(`two photos, ${other.length} pairs, the most alike:\n${highest.map(({ alike, names: both }) => `  ${alike.toFixed(3)} ${both}\n`).join('')}`);
