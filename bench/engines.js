/**
 * Engines and devices side by side, on the demo photos: what `pipeline bench --engine` measures. Run `npm run build` first.
 *
 * `node bench/engines.js --rounds 5 --set detect.detector=ssd-mobilenet-v1 --set detect.landmarks=landmarks68`
 */
import { parseArgs } from 'node:util';
import { compareEngines, engineTable } from '../dist/bench/engines.js';
import { machineName } from '../dist/bench/machine.js';
import { loadConfig } from '../dist/pipeline/config.js';
import { packageFilePath } from '../dist/files/weight-packages.js';
import { findPhotos } from '../dist/run/walk.js';

const { values: { rounds, set } } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, set: { type: 'string', multiple: true, default: [] } },
});
const config = loadConfig(undefined, set);
const folder = packageFilePath('@vladmandic/face-api', 'demo');
const { photos } = await findPhotos([folder], { followLinks: false });
const comparison = await compareEngines(photos, config, Number(rounds));
process.stdout.write(`${machineName()}\n${config.detect.detector} and ${config.detect.landmarks}, ${photos.length} photos, `
  + `${rounds} rounds after a warm-up\n\n${engineTable(comparison)}`);
