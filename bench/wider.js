/**
 * Recall by size of face at one false face in ten photos, for every detector, through the same code as `pipeline run`.
 *
 * npm run build && node bench/wider.js FOLDER [--only DETECTOR] [--every N] [--set KEY=VALUE]
 *
 * FOLDER holds photos with boxes as `pipeline pack --kind boxes` reads them; ../shared/data/detect/wider_val.tar unpacked where
 * none is given. `ms` is processor time a photo for finder and landmarks.
 */
import { execFileSync } from 'node:child_process';
import console from 'node:console';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { parseArgs } from 'node:util';
import { listDetectors } from '../dist/detect/registry.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { processPhoto } from '../dist/pipeline/photo.js';
import { createStages } from '../dist/pipeline/stages.js';
import { openAnnotatedSource } from '../dist/train/detection/annotations.js';
import { detectionFigures } from '../dist/train/metrics/detection-metrics.js';

const root = fileURLToPath(new URL('../', import.meta.url));

function sharedSet() {
  const cache = join(root, '.cache', 'shared');
  if (!existsSync(join(cache, 'wider_val'))) {
    mkdirSync(cache, { recursive: true });
    execFileSync('tar', ['-xf', join(root, '..', 'shared', 'data', 'detect', 'wider_val.tar'), '-C', cache]);
  }
  return join(cache, 'wider_val');
}

async function judge(photos, settings) {
  const config = loadConfig(undefined, settings);
  const stages = await createStages(config);
  const scored = [];
  let milliseconds = 0;
  for (const { file, path, faces } of photos) {
    const result = await processPhoto({ path: file, photo: path }, stages, { config });
    milliseconds += (result.times?.detect ?? 0) + (result.times?.landmarks ?? 0);
    scored.push({ faces, found: result.faces.map(({ box, score }) => ({ box, score })) });
  }
  await stages.release();
  return { figures: detectionFigures(scored, 0.1), found: detectionFigures(scored, Infinity), ms: milliseconds / photos.length };
}

const { values, positionals: [folder = sharedSet()] } = parseArgs({
  options: { only: { type: 'string' }, every: { type: 'string', default: '1' }, set: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
});
const source = await openAnnotatedSource(folder);
const photos = source.photos.filter((_, index) => index % Number(values.every) === 0);
console.log(`${photos.length} photos of ${source.name}; recall at no more than ${Math.floor(0.1 * photos.length)} false faces, and as `
  + 'the settings are');
console.log('| detector | 12-24 | 24-48 | 48-96 | >=96 | score | as set: 12-24 | 24-48 | 48-96 | >=96 | false | ms a photo |');
console.log(`|${' --- |'.repeat(12)}`);
for (const { name } of listDetectors()) {
  if (values.only !== undefined && values.only !== name) continue;
  const { figures, found, ms } = await judge(photos, [`detect.detector=${name}`, ...values.set]);
  const recalls = ({ sizes }) => sizes.map(({ recall }) => recall.toFixed(3));
  console.log(`| ${[name, ...recalls(figures), figures.threshold.toFixed(2), ...recalls(found), found.falseFaces, ms.toFixed(0)].join(' | ')} |`);
}
