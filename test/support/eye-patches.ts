/**
 * Small datasets of eyes for tests of training.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cutCanvas } from '../../src/train/data/canvas.js';
import { groupOf } from '../../src/train/data/groups.js';
import { datasetOf, type EyeDataset, type EyeRow } from '../../src/train/data/packed-file.js';
import { loadConfig } from '../../src/pipeline/config.js';
import { patchEye } from '../../src/train/data/labelled-eyes.js';
import { labelledSet } from './made-sets.js';

const SOURCE = 'cew_patches';

/** Every `stride`th eye of cew_patches, open and closed. */
export async function someEyes(stride: number): Promise<EyeDataset> {
  const config = loadConfig();
  const folder = await labelledSet(SOURCE);
  const rows: EyeRow[] = [];
  for (const [label, state] of (['closed', 'open'] as const).entries()) {
    const files = readdirSync(join(folder, state)).sort().filter((_, index) => index % stride === 0);
    for (const file of files) {
      const view = await patchEye(join(folder, state, file), config);
      const path = `${state}/${file}`;
      rows.push({
        pixels: cutCanvas(view.image, view.region, 'eye'), label: label === 1 ? 1 : 0, path, source: SOURCE,
        group: groupOf(SOURCE, path, config.data.groups), cropWidth: view.photoWidth, kind: state, turn: 0,
      });
    }
  }
  return datasetOf(rows);
}
