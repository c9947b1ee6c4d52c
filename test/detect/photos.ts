/**
 * Photos and their annotated faces for the tests of detection.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decodePhoto, openPhoto, shrinkFor } from '../../src/image/decode.js';
import type { Box, Raster } from '../../src/core/raster.js';
import { sharedSet } from '../support/shared-data.js';

/** A photo as the pipeline sees it: shrunk while it is opened, to no less than 1000 px. */
export async function readRaster(path: string): Promise<Raster> {
  const photo = await openPhoto(path, { max_megapixels: 50, max_megabytes: 50, timeout_seconds: 60 });
  return (await decodePhoto(photo, shrinkFor(photo, 1000))).raster;
}

/** The photos of dlib_faces that have annotated faces, boxes in px. */
export function annotatedPhotos(): { path: string; faces: Box[] }[] {
  const folder = sharedSet('dlib_faces');
  return ['testing.xml', 'training.xml'].flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(/<image file='([^']+)'[^>]*>(.*?)<\/image>/gs)]
      .map(([, name = '', boxes = '']) => ({ path: join(folder, name), faces: boxesIn(boxes) })));
}

function boxesIn(xml: string): Box[] {
  return [...xml.matchAll(/<box top='(-?\d+)' left='(-?\d+)' width='(\d+)' height='(\d+)'/g)]
    .map(([, top, left, width, height]) => ({ x: Number(left), y: Number(top), width: Number(width), height: Number(height) }));
}

/** `count` crops that a face fills, half of them with closed eyes; always the same ones. */
export function tightCrops(count: number): string[] {
  return [
    ...drawn(join(sharedSet('cew_closed'), 'closed'), count / 2),
    ...drawn(join(sharedSet('utkface_open'), 'open'), count / 2),
  ];
}

/** Files of a folder in a random but fixed order: a linear congruential generator (Numerical Recipes) with seed 11. */
function drawn(folder: string, count: number): string[] {
  let state = 11;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const names = readdirSync(folder).sort();
  return Array.from({ length: count }, () => join(folder, names.splice(random(names.length), 1)[0] ?? ''));
}
