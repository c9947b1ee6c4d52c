/**
 * Keeps what the pipeline finds in the photos of the blur benchmark, and in what is done to them, so that a formula can be
 * tried in seconds: `npm run bench:blur-cache` goes through all of it once (some minutes of one core, 0.5 GB in
 * .cache/blur), or through the beds that are named; `readCache` gives a bed back. Run `npm run build` first, and all of it
 * again after any change of detection.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL, URL } from 'node:url';
import { openDoor } from './door.js';
import { composite, cut, defocus, gray, motion } from './degrade.js';
import { changes } from './changes.js';
import { encode, gaussian, jpegOf, readRaster, resized } from './photos.js';
import { naturalPhotos, partOf, peoplePhotos, portraitPhotos } from './sets.js';

const folder = join(fileURLToPath(new URL('../../', import.meta.url)), '.cache', 'blur');
/** What is kept around a face, in boxes: its background is in it. */
const kept = 2;
/** A portrait's face has at least this many px. */
const leastPortrait = 560;
/** Blurs other than Gaussian are made of faces up to this size: their cost grows with its fourth power. */
const mostKinds = 760;

/** Blur in shares of the face's width. */
export const sigmas = [0, 0.0015, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01];
const discs = [0.004, 0.008, 0.016];
const lengths = [0.01, 0.02];
const angles = [0, Math.PI / 3, 2 * Math.PI / 3];

/** What is done to a portrait, by kind and amount; `face` is the box in px of `image`. */
function gradedPortraits(image, face) {
  const wide = face.width;
  const graded = sigmas.map((amount) => ({ kind: 'gaussian', amount, make: () => gaussian(image, amount * wide) }));
  if (wide > mostKinds) return graded;
  return [
    ...graded,
    ...discs.map((amount) => ({ kind: 'disc', amount, make: () => defocus(image, amount * wide) })),
    ...lengths.flatMap((amount) => angles.map((angle) => ({ kind: 'motion', amount, make: () => motion(image, amount * wide, angle) }))),
    ...[4, 8].map((amount) => ({ kind: 'blown up', amount, make: () => blownUp(image, amount * wide / leastPortrait) })),
    ...[0.01, 0.02].flatMap((amount) => [
      { kind: 'ears sharp', amount, make: () => composite(defocus(image, amount * wide), image, face, 0.8) },
      { kind: 'behind', amount, make: () => composite(defocus(image, amount * wide), image, face, 1.3) },
    ]),
  ];
}

/** A small picture made large again, saved as JPEG in between, as the web does. */
async function blownUp(image, factor) {
  const small = await jpegOf(await resized(image, 1 / factor), 75);
  return resized(small, image.width / small.width);
}

/** The beds, photo by photo: what it is, and its bytes. */
const beds = {
  natural: async function* natural() {
    for (const photo of naturalPhotos()) yield { ...photo, bytes: readFileSync(photo.path) };
  },
  portraits: async function* portraits(door) {
    for (const photo of portraitPhotos()) yield* portrait(photo, door);
  },
  harmless,
};

async function* portrait(photo, door) {
  const bytes = readFileSync(photo.path);
  const raster = await readRaster(bytes);
  if (Math.max(raster.width, raster.height) < leastPortrait * 0.6) return;
  const [view] = await door.see(bytes);
  if (view === undefined || view.place.width < leastPortrait) return;
  const image = gray(raster);
  const near = view.place;
  for (const { kind, amount, make } of gradedPortraits(image, near)) {
    yield { ...photo, kind, amount, near, bytes: await encode(await make()) };
  }
  for (const factor of [1, 2, 4, 8]) {
    const small = await resized(image, 1 / factor);
    yield { ...photo, kind: 'shrunk', amount: factor, near: scaled(near, 1 / factor), bytes: await encode(small) };
  }
}

/** Faces as they are, and changed in ways that do not blur. */
async function* harmless(door) {
  let seed = 0;
  const crops = naturalPhotos().filter(({ name }) => name === 'utk' || name === 'fqa').filter((_, i) => i % 4 === 0);
  for (const photo of [...crops, ...peoplePhotos()]) {
    const raster = await readRaster(readFileSync(photo.path));
    const views = await door.see(await encode(raster));
    for (const { place } of views.slice(0, 3).filter((view) => view.place.width >= 48)) {
      const blurs = photo.label === 0 ? [0] : [0, 0.03];
      for (const blur of blurs) {
        const base = blur === 0 ? raster : await gaussian(gray(raster), blur * place.width);
        seed += 1;
        for (const { name, factor, apply } of changes) {
          const bytes = await encode(await apply(base, seed));
          yield { ...photo, kind: name, amount: blur, at: Math.round(place.x), near: scaled(place, factor ?? 1), bytes };
        }
      }
    }
  }
}

const scaled = ({ x, y, width, height }, f) => ({ x: x * f, y: y * f, width: width * f, height: height * f });

/** The view nearest to where a face is known to be, a box in px of the photo, if it is near enough and of its size. */
export function nearest(views, { x, y, width, height }) {
  const side = Math.sqrt(width * height);
  const near = views.map((view) => {
    const { place } = view;
    const middle = { x: place.x + place.width / 2, y: place.y + place.height / 2 };
    return { view, distance: Math.hypot(middle.x - x - width / 2, middle.y - y - height / 2) / side, size: place.width / side };
  }).filter(({ distance, size }) => distance < 0.35 && size > 0.6 && size < 1.6);
  return near.sort((a, b) => a.distance - b.distance)[0]?.view;
}

async function build(bed, door) {
  const pixels = await open(join(folder, `${bed}.tmp`), 'w');
  const faces = [];
  let offset = 0;
  for await (const { bytes, ...photo } of beds[bed](door)) {
    for (const { view, ...face } of await knownFaces(photo, bytes, door)) {
      if (view === undefined) {
        faces.push({ ...face, missed: true });
        continue;
      }
      const { raster, ...points } = keptView(view);
      await pixels.write(raster.data);
      faces.push({ ...face, view: points, width: raster.width, height: raster.height, offset });
      offset += raster.data.length;
    }
  }
  await pixels.close();
  writeFileSync(join(folder, `${bed}.json`), JSON.stringify(faces));
  renameSync(join(folder, `${bed}.tmp`), join(folder, `${bed}.gray`));
  process.stdout.write(`${bed}: ${faces.length} faces, ${faces.filter(({ missed }) => missed).length} of them not found, ${Math.round(offset / 1e6)} MB\n`);
}

/** The faces of a photo of which something is known, each with the view that the pipeline has of it, if it finds it. */
async function knownFaces({ boxes, near, ...known }, bytes, door) {
  const views = await door.see(bytes);
  return (boxes ?? [{ ...(near ?? {}), label: known.label }]).map(({ label, official, ...box }) =>
    ({ ...known, part: partOf(known.group), label, official, view: 'width' in box ? nearest(views, box) : views[0] }));
}

/** Photos between two that are looked at again. */
const everyPhoto = 40;

/**
 * Whether the pipeline still finds what the cache holds, asked of some photos.
 * @throws where a face has another box than it had
 */
export async function checkCache() {
  const door = await openDoor();
  const cached = JSON.parse(readFileSync(join(folder, 'natural.json'), 'utf8'));
  const widths = (faces) => faces.map(({ view }) => view?.box.width.toFixed(1) ?? 'none').join(', ');
  for (const photo of naturalPhotos().filter((_, i) => i % everyPhoto === 0)) {
    const now = widths(await knownFaces(photo, readFileSync(photo.path), door));
    const then = widths(cached.filter(({ path }) => path === photo.path));
    if (now !== then) throw new Error(`${photo.file} has faces of ${now} px where the cache has ${then}: run npm run bench:blur-cache.`);
  }
  await door.close();
}

const around = ({ x, y, width, height }) =>
  ({ x: x - (kept - 1) / 2 * width, y: y - (kept - 1) / 2 * height, width: kept * width, height: kept * height });

/** What is kept of a view: the luminance around its face, and everything in px of that. */
export function keptView(view) {
  const { raster, left, top } = cut(gray(view.raster), around(view.box));
  return { ...moved(view, left, top), raster };
}

/** A view in px of a part of its raster. */
function moved({ box, landmarks, left, right, scale }, dx, dy) {
  const point = ({ x, y }) => ({ x: x - dx, y: y - dy });
  const eye = ({ outer, inner, center }) => ({ outer: point(outer), inner: point(inner), center: point(center) });
  const sight = (one) => one.region === undefined ? one : { ...one, region: { ...one.region, center: point(one.region.center) } };
  return {
    scale, box: { ...box, ...point(box) }, left: sight(left), right: sight(right),
    landmarks: { ...landmarks, left: eye(landmarks.left), right: eye(landmarks.right), nose: point(landmarks.nose),
      mouth: { left: point(landmarks.mouth.left), right: point(landmarks.mouth.right) } },
  };
}

/**
 * The faces of a bed, each with its `view` as a stage is given it; one by one, since all of them are large.
 * @param wanted which to read, by what is known of them
 */
export async function* readCache(bed, wanted = () => true) {
  const faces = JSON.parse(readFileSync(join(folder, `${bed}.json`), 'utf8'));
  const pixels = await open(join(folder, `${bed}.gray`), 'r');
  for (const face of faces.filter(wanted)) {
    if (face.missed) {
      yield face;
      continue;
    }
    const data = new Uint8Array(face.width * face.height);
    await pixels.read(data, 0, data.length, face.offset);
    yield { ...face, view: { ...face.view, raster: { data, width: face.width, height: face.height, channels: 1 } } };
  }
  await pixels.close();
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  mkdirSync(folder, { recursive: true });
  const door = await openDoor();
  const named = process.argv.slice(2);
  for (const bed of named.length > 0 ? named : Object.keys(beds)) await build(bed, door);
  await door.close();
}
