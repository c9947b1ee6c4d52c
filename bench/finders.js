/**
 * Time of finding faces and their eye points, one thread, against the finder as it was before the portrait net: a Markdown table.
 *
 * npm run build && node bench/finders.js [--rounds N] [PHOTOS...]
 *
 * The six demo photos (3.7 faces each) where none are given, shrunk to about 1,000 px as a run shrinks them. All rows take their turn at each photo; `ms` is the median
 * over rounds of the mean over photos, processor time in brackets.
 */
import console from 'node:console';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { demoPhotos } from '../dist/bench/photo-sets.js';
import { createFaceFinder } from '../dist/detect/faces.js';
import { portraitPath } from '../dist/detect/portrait.js';
import { createSecondOpinion } from '../dist/detect/second-opinion.js';
import { decodePhoto, openPhoto, shrinkFor } from '../dist/image/decode.js';
import { loadConfig } from '../dist/pipeline/config.js';

const { values, positionals } = parseArgs({ options: { rounds: { type: 'string', default: '15' } }, allowPositionals: true });
const { image: limits } = loadConfig();
const rasters = [];
for (const path of positionals.length > 0 ? positionals : demoPhotos().map((photo) => photo.path)) {
  const photo = await openPhoto(path, limits);
  rasters.push((await decodePhoto(photo, shrinkFor(photo, limits.decode_side))).raster);
}

const finder = async (...set) => {
  const { find } = await createFaceFinder(loadConfig(undefined, set).detect);
  return find;
};
/** The net sees faces and eye points in one look: what an end to landmark nets would cost. */
const { look } = await createSecondOpinion(portraitPath);
const rows = Object.entries({
  'blazeface and facemesh, as before': await finder('detect.second_opinion=none'),
  'the default, with second opinions': await finder(),
  'portrait and facemesh': await finder('detect.detector=portrait'),
  'portrait and facemesh, one look': await finder('detect.detector=portrait', 'detect.second_look=false'),
  'portrait alone, one look at the photo as it is, its own eye points': look,
}).map(([name, find]) => ({ name, find, faces: 0, wall: [], cpu: [] }));

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
for (let round = -1; round < Number(values.rounds); round += 1) {
  const sums = rows.map(() => ({ wall: 0, cpu: 0 }));
  for (const raster of rasters) {
    for (const [at, row] of rows.entries()) {
      const [start, before] = [performance.now(), process.cpuUsage()];
      const faces = await row.find(raster);
      const { user, system } = process.cpuUsage(before);
      sums[at].wall += performance.now() - start;
      sums[at].cpu += (user + system) / 1000;
      if (round < 0) row.faces += faces.filter(({ score }) => score >= 0.5).length;
    }
  }
  if (round < 0) continue;
  for (const [at, row] of rows.entries()) {
    row.wall.push(sums[at].wall / rasters.length);
    row.cpu.push(sums[at].cpu / rasters.length);
  }
}
console.log(`${rasters.length} photos, ${values.rounds} rounds\n\n| finder | faces | ms a photo | of the first row |\n| --- | --- | --- | --- |`);
for (const { name, faces, wall, cpu } of rows) {
  console.log(`| ${name} | ${faces} | ${median(wall).toFixed(1)} (${median(cpu).toFixed(1)}) | ${(median(wall) / median(rows[0].wall)).toFixed(2)} |`);
}
