/**
 * Recall, false faces and time of every detector with every landmark net, as a Markdown table.
 *
 * npm run build && node bench/detectors.js [--ytf N] [--tight N] [--only DETECTOR]
 *
 * Needs ../shared/data. `ms` is processor time a photo, one thread, over the six demo photos.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import console from 'node:console';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse/sync';
import { loadConfig } from '../dist/pipeline/config.js';
import { createFaceFinder } from '../dist/detect/faces.js';
import { listDetectors, listLandmarkNets } from '../dist/detect/registry.js';
import { compareFaces } from '../dist/detect/scoring.js';
import { decodePhoto, openPhoto, shrinkFor } from '../dist/image/decode.js';
import { boxInPhoto, pointInPhoto } from '../dist/image/view.js';
import { sharedSet } from './shared-set.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const config = loadConfig();

/** People in the photos of the smoke set, counted by eye; one where not named. */
const people = {
  'examples__knn_examples__test__kit_with_rose.jpg': 2,
  'examples__knn_examples__test__obama_and_biden.jpg': 3,
  'examples__two_people.jpg': 2,
};

/** A photo as the pipeline looks for faces in it. */
async function read(path) {
  const photo = await openPhoto(path, config.image);
  return decodePhoto(photo, shrinkFor(photo, config.image.decode_side));
}

/** `count` files of a folder, the same ones each time. */
function draw(path, count) {
  let state = 11;
  const random = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const names = readdirSync(path).sort();
  return Array.from({ length: Math.min(count, names.length) }, () => join(path, names.splice(random(names.length), 1)[0]));
}

function dlibPhotos() {
  const path = sharedSet('detect', 'dlib_faces');
  const photos = ['testing.xml', 'training.xml'].flatMap((file) =>
    [...readFileSync(join(path, file), 'utf8').matchAll(/<image file='([^']+)'[^>]*>(.*?)<\/image>/gs)].map(([, name, xml]) => ({
      path: join(path, name),
      faces: [...xml.matchAll(/<box top='(-?\d+)' left='(-?\d+)' width='(\d+)' height='(\d+)'/g)]
        .map(([, y, x, width, height]) => ({ x: Number(x), y: Number(y), width: Number(width), height: Number(height) })),
    })));
  return [...photos, { path: join(path, 'dogs.jpg'), faces: [] }];
}

/** The annotated box reaches from the brows to the chin: a detector's reaches further up. */
function ytfPhotos(count) {
  const path = sharedSet('detect', 'ytf68');
  const rows = new Map(parse(readFileSync(join(path, 'annotations.csv')), { columns: true }).map((row) => [row.image, row]));
  return draw(join(path, 'images'), count).map((image) => {
    const row = rows.get(image.split('/').at(-1));
    const [x, y, width, height] = ['box_x', 'box_y', 'box_w', 'box_h'].map((key) => Number(row[key]));
    return {
      path: image,
      face: { x, y: y - 0.3 * height, width, height: 1.3 * height },
      right: { x: Number(row.right_eye_x), y: Number(row.right_eye_y) },
      left: { x: Number(row.left_eye_x), y: Number(row.left_eye_y) },
    };
  });
}

async function onDlib(finder) {
  const sum = { faces: 0, found: 0, falseFaces: 0, dogs: 0 };
  for (const { path, faces } of dlibPhotos()) {
    const view = await read(path);
    const result = compareFaces(faces, (await finder.find(view.raster)).map(({ box }) => boxInPhoto(box, view)));
    sum.faces += faces.length;
    sum.found += result.found.length;
    if (path.endsWith('dogs.jpg')) sum.dogs += result.falseFaces.length;
    else sum.falseFaces += result.falseFaces.length;
  }
  return sum;
}

async function onYtf(finder, count) {
  const photos = ytfPhotos(count);
  const errors = [];
  let found = 0;
  let extra = 0;
  for (const { path, face, right, left } of photos) {
    const view = await read(path);
    const faces = await finder.find(view.raster);
    const result = compareFaces([face], faces.map(({ box }) => boxInPhoto(box, view)));
    found += result.found.length;
    extra += result.falseFaces.length;
    const match = faces.find(({ box }) => compareFaces([face], [boxInPhoto(box, view)]).found.length === 1);
    if (match === undefined) continue;
    const apart = Math.hypot(left.x - right.x, left.y - right.y);
    const off = (point, truth) => {
      const { x, y } = pointInPhoto(point, view);
      return Math.hypot(x - truth.x, y - truth.y) / apart;
    };
    errors.push((off(match.landmarks.left.center, left) + off(match.landmarks.right.center, right)) / 2);
  }
  errors.sort((a, b) => a - b);
  return { photos: photos.length, found, extra, error: errors[errors.length >> 1] ?? NaN };
}

/** A tight crop is found when a face is that is at least a third as wide as the crop. */
async function onTight(finder, count) {
  const crops = [
    ...draw(join(sharedSet('faces', 'cew_closed'), 'closed'), count / 2),
    ...draw(join(sharedSet('faces', 'utkface_open'), 'open'), count / 2),
  ];
  let found = 0;
  let extra = 0;
  for (const path of crops) {
    const { raster } = await read(path);
    const large = (await finder.find(raster)).map(({ box }) => box.width > raster.width / 3);
    if (large.includes(true)) found += 1;
    extra += Math.max(0, large.length - 1);
  }
  return { crops: crops.length, found, extra };
}

async function onSmoke(finder) {
  const path = sharedSet('smoke', 'face_recognition');
  const sum = { faces: 0, found: 0, falseFaces: 0 };
  for (const name of readdirSync(path).sort()) {
    const expected = people[name] ?? 1;
    const found = (await finder.find((await read(join(path, name))).raster)).length;
    sum.faces += expected;
    sum.found += Math.min(found, expected);
    sum.falseFaces += Math.max(0, found - expected);
  }
  return sum;
}

async function onDemo(finder) {
  const demo = join(root, 'node_modules', '@vladmandic', 'face-api', 'demo');
  const rasters = [];
  for (const n of [1, 2, 3, 4, 5, 6]) rasters.push((await read(join(demo, `sample${n}.jpg`))).raster);
  let found = 0;
  for (const raster of rasters) found += (await finder.find(raster)).length;
  const before = process.cpuUsage();
  for (const raster of rasters) await finder.find(raster);
  const { user, system } = process.cpuUsage(before);
  return { found, ms: (user + system) / 1000 / rasters.length };
}

const { values } = parseArgs({
  options: { ytf: { type: 'string', default: '500' }, tight: { type: 'string', default: '200' }, only: { type: 'string' } },
});
const percent = (share) => `${(100 * share).toFixed(1)} %`;
console.log('| detector | landmarks | second look | demo (22) | dlib_faces | false | dogs | ytf68 | others | eye error |'
  + ' tight crops | others | smoke | false | ms a photo |');
console.log(`|${' --- |'.repeat(15)}`);
for (const { name: detector } of listDetectors()) {
  if (values.only !== undefined && values.only !== detector) continue;
  for (const [landmarks, look] of [...listLandmarkNets().map(({ name }) => [name, true]), [config.detect.landmarks, false]]) {
    const finder = await createFaceFinder({ ...config.detect, detector, landmarks, second_look: look });
    const demo = await onDemo(finder);
    const dlib = await onDlib(finder);
    const tight = await onTight(finder, Number(values.tight));
    const smoke = await onSmoke(finder);
    const ytf = await onYtf(finder, Number(values.ytf));
    await finder.release();
    console.log(`| ${[
      detector, landmarks, look ? 'yes' : 'no', demo.found, `${dlib.found} / ${dlib.faces}`, dlib.falseFaces, dlib.dogs,
      percent(ytf.found / ytf.photos), ytf.extra, percent(ytf.error), percent(tight.found / tight.crops), tight.extra,
      `${smoke.found} / ${smoke.faces}`, smoke.falseFaces, demo.ms.toFixed(1),
    ].join(' | ')} |`);
  }
}
