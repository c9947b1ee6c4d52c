/**
 * Labelled sets for a checkout without ../shared/data: eye patches that are drawn, and faces cut from the demo photos. They
 * stand in for the research sets where a test needs labelled images of some kind, not those in particular.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { Random } from '../../src/train/data/random.js';
import { demoPhotos, hasSharedData, root, sharedSet } from './shared-data.js';

export type LabelledSet = 'cew_patches' | 'cew_closed' | 'utkface_open';

const cache = join(root, '.cache', 'made');

/** A set of labelled images, `<folder>/open` and `<folder>/closed`: the research set or, without it, one that is made here. */
export async function labelledSet(name: LabelledSet): Promise<string> {
  if (hasSharedData) return sharedSet(name);
  const folder = join(cache, name);
  if (existsSync(folder)) return folder;
  mkdirSync(cache, { recursive: true });
  // Made beside and renamed, so that two test files that start together never see half a set.
  const beside = mkdtempSync(join(cache, `${name}-`));
  await makers[name](beside);
  try {
    renameSync(beside, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    rmSync(beside, { recursive: true, force: true });
  }
  return folder;
}

const makers: Readonly<Record<LabelledSet, (folder: string) => Promise<void>>> = {
  cew_patches: drawPatches,
  cew_closed: (folder) => cutFaces(folder, 'closed'),
  utkface_open: (folder) => cutFaces(folder, 'open'),
};

/** 24 px gray patches, 400 of each class, two of each person as in the original. */
async function drawPatches(folder: string): Promise<void> {
  const random = new Random(7);
  for (const state of ['closed', 'open'] as const) {
    mkdirSync(join(folder, state), { recursive: true });
    for (let person = 0; person < 200; person += 1) {
      const number = String(person).padStart(4, '0');
      const name = state === 'closed' ? `closed_eye_${number}.jpg_face_1` : `Somebody_${String.fromCharCode(65 + (person % 26))}_${number}`;
      const look = { skin: 110 + 110 * random.next(), iris: 20 + 60 * random.next(), noise: 2 + 10 * random.next() };
      for (const side of ['L', 'R']) await drawEye(state, look, random).toFile(join(folder, state, `${name}_${side}.jpg`));
    }
  }
}

interface Look {
  readonly skin: number;
  readonly iris: number;
  readonly noise: number;
}

/** An almond with an iris in it, or the line of two lids that meet; turned, shifted, soft and grainy by chance. */
function drawEye(state: 'closed' | 'open', look: Look, random: Random): Sharp {
  const gray = (value: number): string => `rgb(${[value, value, value].map((each) => String(Math.round(each))).join(',')})`;
  const [x, y] = [12 + 4 * (random.next() - 0.5), 12 + 4 * (random.next() - 0.5)];
  const [width, height] = [7 + 2 * random.next(), 2.5 + 2 * random.next()];
  const [left, right] = [x - width, x + width];
  const almond = `M${left.toFixed(2)},${y.toFixed(2)} Q${x.toFixed(2)},${(y - 2 * height).toFixed(2)} ${right.toFixed(2)},${y.toFixed(2)} `
    + `Q${x.toFixed(2)},${(y + 2 * height).toFixed(2)} ${left.toFixed(2)},${y.toFixed(2)}Z`;
  const lids = `M${left.toFixed(2)},${y.toFixed(2)} Q${x.toFixed(2)},${(y + height).toFixed(2)} ${right.toFixed(2)},${y.toFixed(2)}`;
  const brow = `<path d="M${left.toFixed(2)},${(y - 8).toFixed(2)} Q${x.toFixed(2)},${(y - 11).toFixed(2)} ${right.toFixed(2)},${(y - 8).toFixed(2)}" stroke="${gray(look.iris)}" stroke-width="1.6" fill="none"/>`;
  const eye = state === 'open'
    ? `<path d="${almond}" fill="${gray(Math.min(250, look.skin + 50))}" stroke="${gray(look.iris)}" stroke-width="1"/>`
      + `<circle cx="${(x + 2 * (random.next() - 0.5)).toFixed(2)}" cy="${y.toFixed(2)}" r="${(height * 1.1).toFixed(2)}" fill="${gray(look.iris)}"/>`
    : `<path d="${lids}" fill="none" stroke="${gray(look.iris + 20)}" stroke-width="1.4"/>`;
  const turn = 16 * (random.next() - 0.5);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24"><rect width="24" height="24" fill="${gray(look.skin)}"/>`
    + `<g transform="rotate(${turn.toFixed(1)} 12 12)">${brow}${eye}</g></svg>`;
  const grain = { raw: { width: 24, height: 24, channels: 1 as const } };
  const noise = Uint8Array.from({ length: 576 }, () => Math.round(128 + look.noise * (random.next() + random.next() - 1)));
  return sharp(Buffer.from(svg)).blur(0.4 + random.next()).removeAlpha()
    .composite([{ input: Buffer.from(noise), ...grain, blend: 'soft-light' }]).grayscale().jpeg({ quality: 85 });
}

/** Faces of the demo photos: photo, left, top, side in px, as a person sees them. */
const faces: Readonly<Record<'open' | 'closed', readonly (readonly [number, number, number, number])[]>> = {
  closed: [
    [1, 786, 405, 300], [2, 798, 178, 353], [2, 1389, 128, 334], [4, 901, 157, 346],
  ],
  open: [
    [1, 350, 338, 329], [1, 1442, 220, 243], [3, 977, 169, 426], [3, 1397, 284, 346], [3, 519, 313, 346],
    [4, 173, 181, 306], [4, 619, 70, 278], [5, 1346, 367, 358], [5, 287, 871, 346], [5, 501, 388, 338],
    [5, 722, 104, 280], [6, 568, 288, 419],
  ],
};

/** A dozen pictures of faces, each shown both ways round and in several lights where there are not enough. */
async function cutFaces(folder: string, state: 'open' | 'closed'): Promise<void> {
  mkdirSync(join(folder, state), { recursive: true });
  const lights = [1, 0.8, 1.15, 0.9];
  let number = 0;
  for (const light of lights) {
    for (const [photo, left, top, side] of faces[state]) {
      for (const flipped of [false, true]) {
        if (number >= 24) return;
        const name = state === 'closed' ? `closed_eye_${String(number).padStart(4, '0')}.jpg_face_1.jpg` : `face_${String(number)}.jpg`;
        const cut = sharp(demoPhotos[photo - 1]).extract({ left, top, width: side, height: side }).resize(240, 240).modulate({ brightness: light });
        await (flipped ? cut.flop() : cut).jpeg({ quality: 92 }).toFile(join(folder, state, name));
        number += 1;
      }
    }
  }
}
