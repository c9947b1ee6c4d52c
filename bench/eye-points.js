/**
 * Where the portrait net sees eyes against where FaceMesh does, and what its points do to the eye net: two Markdown tables.
 *
 * npm run build && node bench/eye-points.js [--every N]
 *
 * Needs ../shared/data. Faces: those of wider_val of which FaceMesh is at least 0.95 sure; distances are between centres of eyes, in widths of the eye
 * (corner to corner, FaceMesh's). F1: labelled portraits, each eye cut once by FaceMesh's points and once by the portrait net's, which looks once at the whole photo.
 * Many of these portraits were trained on: only the difference between the rows means something. `--every N` takes every Nth photo.
 */
import console from 'node:console';
import { URL } from 'node:url';
import { parseArgs } from 'node:util';
import { openEyes } from '../dist/classify/stage.js';
import { growBox, intersectionOverUnion } from '../dist/core/raster.js';
import { findEyes } from '../dist/detect/eye-region.js';
import { createFaceFinder } from '../dist/detect/faces.js';
import { toImage } from '../dist/detect/face-net.js';
import { POINTS } from '../dist/detect/portrait-cells.js';
import { loadPortraitModel } from '../dist/detect/portrait-model.js';
import { detectionOf, PORTRAIT_FIT, portraitPath } from '../dist/detect/portrait.js';
import { fromSquare, sampleSquare } from '../dist/detect/sample.js';
import { decodePhoto, openPhoto, shrinkFor } from '../dist/image/decode.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { openSource } from '../dist/train/data/sources.js';
import { BinaryMetrics } from '../dist/train/metrics/binary-metrics.js';
import { sharedSet } from './shared-set.js';

const { values } = parseArgs({ options: { every: { type: 'string', default: '1' } } });
const config = loadConfig();
const finder = await createFaceFinder(config.detect);
const net = await loadPortraitModel(portraitPath, 0.3);
const eyes = await openEyes(config.classify, config.runtime);

async function read(path) {
  const photo = await openPhoto(path, config.image);
  return (await decodePhoto(photo, shrinkFor(photo, config.image.decode_side))).raster;
}

/** The portrait net's faces, with all their points, px of the image: one look at a square of `side` px, around it as much again where `grown`. */
async function portraits(image, side, grown = 1) {
  const whole = growBox({ x: 0, y: 0, width: image.width, height: image.height }, 1);
  const square = { center: { x: whole.width / 2, y: whole.height / 2 }, side: grown * Math.max(image.width, image.height), angle: 0 };
  const pixels = new Uint8Array(side * side * 3);
  sampleSquare(image, square, side, pixels);
  const [faces = []] = await net.run(pixels, 1, side, side);
  return faces.map((face) => ({
    ...toImage({ inputSize: side, fit: PORTRAIT_FIT }, detectionOf(face), square),
    points: new Map(POINTS.map((name, at) => [name, fromSquare(square, side, face.points[at].x, face.points[at].y)])),
  }));
}

const sameOf = (faces, { box }) => faces.map((face) => ({ face, overlap: intersectionOverUnion(face.box, box) }))
  .sort((a, b) => b.overlap - a.overlap).find(({ overlap }) => overlap > 0.4)?.face;
const apart = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
const share = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]?.toFixed(3) ?? '';

const { images } = await openSource(sharedSet('detect', 'wider_val'), { labels: [new URL('../data/labels/wider_val_eyes.csv', import.meta.url).pathname] });
const off = [];
for (const { file } of images.filter((_, at) => at % Number(values.every) === 0)) {
  const image = await read(file);
  const seen = await portraits(image, Math.ceil(Math.max(image.width, image.height) / 32) * 32);
  for (const face of await finder.find(image)) {
    const same = face.landmarks.faceScore < 0.95 ? undefined : sameOf(seen, face);
    if (same === undefined) continue;
    for (const side of ['left', 'right']) {
      const { outer, inner, center } = face.landmarks[side];
      off.push({ width: face.box.width, error: apart(same.points.get(`${side}.center`), center) / Math.max(1, apart(outer, inner)) });
    }
  }
}
console.log('| faces, px | eyes | median | 95th percentile |\n| --- | --- | --- | --- |');
for (const [low, high] of [[0, 48], [48, 96], [96, Infinity], [0, Infinity]]) {
  const errors = off.filter(({ width }) => width >= low && width < high).map(({ error }) => error).sort((a, b) => a - b);
  console.log(`| ${low === 0 && high === Infinity ? 'all' : `${low}-${high}`} | ${errors.length} | ${share(errors, 0.5)} | ${share(errors, 0.95)} |`);
}

/** FaceMesh's landmarks with the eyes where the portrait net sees them. */
function withPoints(landmarks, points) {
  const eye = (side) => ({ outer: points.get(`${side}.outer`), inner: points.get(`${side}.inner`), center: points.get(`${side}.center`) });
  return { ...landmarks, left: eye('left'), right: eye('right') };
}

const metrics = { facemesh: new BinaryMetrics(), portrait: new BinaryMetrics() };
for (const [kind, set, each] of [['faces', 'cew_closed', 8], ['faces', 'utkface_open', 40], ['faces', 'aps_webfaces', 2], ['faces', 'ar_faces', 2]]) {
  const source = await openSource(sharedSet(kind, set));
  for (const { file, path, faces: [label] } of source.images.filter((_, at) => at % (each * Number(values.every)) === 0)) {
    const image = await read(file);
    const [face] = await finder.find(image);
    const same = face === undefined ? undefined : sameOf(await portraits(image, 640, 1.4), face);
    if (same === undefined) continue;
    const views = [face.landmarks, withPoints(face.landmarks, same.points)].map((landmarks) =>
      ({ raster: image, photo: image, scale: 1, box: face.box, landmarks, ...findEyes(landmarks, image, config.eyes) }));
    const [facemesh, portrait] = await eyes.measure(views);
    for (const side of ['left', 'right']) {
      const truth = label?.[side]?.label;
      const [one, other] = [facemesh[side].open, portrait[side].open];
      if (truth === undefined || truth === 2 || one === undefined || other === undefined) continue;
      metrics.facemesh.add(one, truth, `${set}/${path}`);
      metrics.portrait.add(other, truth, `${set}/${path}`);
    }
  }
  source.close();
}
console.log('\n| eye net, points of | eyes | weighted F1 | AUC |\n| --- | --- | --- | --- |');
for (const [name, figures] of Object.entries(metrics).map(([key, each]) => [key, each.figures()])) {
  console.log(`| ${name} | ${figures.n} | ${figures.weighted_f1.toFixed(4)} | ${figures.auc.toFixed(4)} |`);
}
await Promise.all([finder.release(), net.release(), eyes.release()]);
