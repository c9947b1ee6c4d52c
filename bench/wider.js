/**
 * Recall by size of face at one false face in ten photos, for every detector, through the same code as `pipeline run`.
 *
 * npm run build && node bench/wider.js FOLDER [--only DETECTOR] [--every N] [--from N] [--set KEY=VALUE]
 *   [--against KEY=VALUE] [--false FILE]
 *
 * FOLDER, or a tar, holds photos with boxes as `pipeline pack --kind boxes` reads them; ../shared/data/detect/wider_val.tar unpacked where
 * none is given. Every N-th photo is looked at, from the first or from --from on. `--against` adds a row with that setting: all
 * rows of a detector look at the same photo one after the other, so that their times can be compared. `ms` is time for finder and
 * landmarks, per photo, and per photo of at most three people whose boxes are all 96 px or more.
 *
 * False is whatever lies, by centre and size, on no box that the annotators drew; their own "invalid" boxes and finds below 12 px
 * count neither way. People whom the annotators left out count as false, too: nothing was added to the boxes. `--false FILE` writes
 * down what is false, to be looked at.
 */
import console from 'node:console';
import process from 'node:process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { listDetectors } from '../dist/detect/registry.js';
import { sameAnnotatedFace } from '../dist/detect/scoring.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { processPhoto } from '../dist/pipeline/photo.js';
import { createStages } from '../dist/pipeline/stages.js';
import { openAnnotatedSource } from '../dist/train/detection/annotations.js';
import { detectionFigures } from '../dist/train/metrics/detection-metrics.js';
import { sharedSet } from './shared-set.js';

/** A photo on which finding people is cheap. */
const few = (faces) => faces.length > 0 && faces.length <= 3 && faces.every(({ width, height }) => Math.max(width, height) >= 96);

async function judge(photos, variants) {
  const rows = [];
  for (const settings of variants) {
    const config = loadConfig(undefined, settings);
    rows.push({ settings, config, stages: await createStages(config), scored: [], times: [], fewTimes: [] });
  }
  for (const { file, path, faces } of photos) {
    for (const row of rows) {
      const result = await processPhoto({ path: file, photo: path }, row.stages, { config: row.config });
      const found = result.faces.map(({ box, score }) => ({ box, score }));
      row.scored.push({ path, faces, found });
      const time = (result.times?.detect ?? 0) + (result.times?.landmarks ?? 0);
      row.times.push(time);
      if (few(faces)) row.fewTimes.push(time);
    }
  }
  for (const { stages } of rows) await stages.release();
  return rows;
}

/** Finds that are on no face, with their photo. */
function falseFaces(scored) {
  return scored.flatMap(({ path, faces, found }) => found
    .filter(({ box }) => !faces.some((face) => sameAnnotatedFace(face, box)))
    .map(({ box, score }) => [path, ...[box.x, box.y, box.width, box.height].map(Math.round), score.toFixed(3)].join(',')));
}

const { values, positionals: [folder = sharedSet('detect', 'wider_val')] } = parseArgs({
  options: {
    only: { type: 'string' }, every: { type: 'string', default: '1' }, from: { type: 'string', default: '0' }, false: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] }, against: { type: 'string', multiple: true, default: [] },
  },
  allowPositionals: true,
});
const source = await openAnnotatedSource(folder);
const photos = source.photos.filter((_, index) => index % Number(values.every) === Number(values.from));
console.log(`${photos.length} photos of ${source.name}; recall at no more than ${Math.floor(0.1 * photos.length)} false faces, and as `
  + 'the settings are');
console.log('| detector | 12-24 | 24-48 | 48-96 | >=96 | score | as set: 12-24 | 24-48 | 48-96 | >=96 | false |'
  + ' ms a photo | ms, few and large |');
console.log(`|${' --- |'.repeat(13)}`);
process.once('exit', source.close);
for (const { name } of listDetectors()) {
  if (values.only !== undefined && values.only !== name) continue;
  const set = [`detect.detector=${name}`, ...values.set];
  for (const row of await judge(photos, [set, ...values.against.map((setting) => [...set, setting])])) {
    const [limited, found] = [detectionFigures(row.scored, 0.1), detectionFigures(row.scored, Infinity)];
    const recalls = ({ sizes }) => sizes.map(({ recall }) => recall.toFixed(3));
    const mean = (times) => (times.reduce((sum, time) => sum + time, 0) / times.length).toFixed(1);
    console.log(`| ${[
      [name, ...row.settings.slice(1)].join(' '), ...recalls(limited), limited.threshold.toFixed(2), ...recalls(found), found.falseFaces,
      mean(row.times), mean(row.fewTimes),
    ].join(' | ')} |`);
    if (values.false !== undefined) writeFileSync(values.false, `image,x,y,width,height,score\n${falseFaces(row.scored).join('\n')}\n`);
  }
}
