/**
 * The photos of the blur benchmark, with the face boxes of the project's own detector.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import sharp from 'sharp';
import { loadConfig } from '../../dist/pipeline/config.js';
import { regionBox } from '../../dist/core/face.js';
import { eyeRegions } from '../../dist/detect/eye-region.js';
import { createFaceFinder } from '../../dist/detect/faces.js';
import { cut } from './degrade.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const shared = join(root, '..', 'shared', 'data');
const unpacked = join(root, '.cache', 'shared');

/**
 * UTKFace crops are aligned: all 200 x 200 px with the eyes and the chin in one place. This is where the detector's box
 * lies relative to both in ordinary photos.
 */
export const alignedFace = { x: 24, y: 38, width: 152, height: 152 };

/** Person or photo that a file shows: what must stay on one side of a split. */
function groupOf(name) {
  const person = /obama_and_biden/.test(name) ? 'obama'
    : /(obama|biden|lacamoire|rose|johnsnow|miranda|32bit|two_people)/.exec(name)?.[1];
  if (person === 'johnsnow') return 'rose';
  if (person === '32bit' || person === 'biden') return 'obama';
  if (person === 'two_people') return 'obama';
  return person ?? name;
}

function folder(kind, set) {
  const path = join(unpacked, set);
  if (!existsSync(path)) {
    mkdirSync(unpacked, { recursive: true });
    execFileSync('tar', ['-xf', join(shared, kind, `${set}.tar`), '-C', unpacked]);
  }
  return path;
}

/** A file as an upright 8-bit sRGB raster. */
export async function readRaster(path) {
  return toRaster(sharp(path).autoOrient().toColourspace('srgb').removeAlpha());
}

/** Pixels of a sharp pipeline. */
export async function toRaster(image) {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data: new Uint8Array(data), width: info.width, height: info.height, channels: info.channels };
}

/** A sharp pipeline that begins with a raster. */
export function fromRaster({ data, width, height, channels }) {
  return sharp(data, { raw: { width, height, channels } });
}

/**
 * Bed 1: crops labelled by hand, `label` 1 for sharp. `detected` is the box that the detector gives on the crop with a
 * border around it, or undefined.
 */
export async function labelledFaces(finder) {
  const faces = [];
  const base = folder('blur', 'utk_handlabelled');
  for (const [name, label] of [['sharp', 1], ['blurred', 0]]) {
    for (const file of readdirSync(join(base, name)).sort()) {
      const image = await readRaster(join(base, name, file));
      const framed = await toRaster(fromRaster(image).extend({ top: 100, bottom: 100, left: 100, right: 100, background: 'black' }));
      const found = largest(await finder.find(framed));
      const detected = found && { ...found.box, x: found.box.x - 100, y: found.box.y - 100 };
      faces.push({ name: file, group: file, label, image, box: alignedFace, detected, eyes: undefined });
    }
  }
  return faces;
}

/**
 * Bed 2: every face of at least `least` px of the smoke set and of the demo photos, with its surroundings (three boxes
 * wide), shrunk to at most `most` px.
 */
export async function portraits(finder, least = 48, most = 112) {
  const smoke = folder('smoke', 'face_recognition');
  const demo = join(root, 'node_modules', '@vladmandic', 'face-api', 'demo');
  const files = [
    ...readdirSync(smoke).sort().map((name) => join(smoke, name)),
    ...[1, 2, 3, 4, 5, 6].map((n) => join(demo, `sample${n}.jpg`)),
  ];
  const faces = [];
  for (const file of files) {
    const name = file.split('/').at(-1);
    const photo = await readRaster(file);
    for (const { box, landmarks } of await finder.find(photo)) {
      if (box.width < least) continue;
      const around = { x: box.x - box.width, y: box.y - box.height, width: 3 * box.width, height: 3 * box.height };
      const { raster, left, top } = cut(photo, around);
      const shrink = Math.min(1, most / box.width);
      const image = shrink === 1 ? raster
        : await toRaster(fromRaster(raster).resize(Math.round(raster.width * shrink), Math.round(raster.height * shrink), { fit: 'fill' }));
      const place = (b) => ({
        x: (b.x - left) * shrink, y: (b.y - top) * shrink, width: b.width * shrink, height: b.height * shrink,
      });
      const regions = eyeRegions(landmarks);
      const eyes = [regions.left, regions.right].map((region) => place(regionBox(region)));
      faces.push({ name, group: groupOf(name), label: 1, image, box: place(box), eyes });
    }
  }
  return faces;
}

function largest(found) {
  return [...found].sort((a, b) => b.box.width * b.box.height - a.box.width * a.box.height)[0];
}

/** The project's face finder with its default settings. */
export async function openFinder() {
  return createFaceFinder({ ...loadConfig().detect, engine: 'onnx' });
}
