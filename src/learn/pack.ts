/**
 * Packing from end to end: folders and tars of labelled images into one file to train on, on worker processes.
 */
import type { CropKind } from '../core/eye.js';
import { UsageError } from '../core/usage-error.js';
import { loadConfig, type SomeSettings } from '../pipeline/config.js';
import { settleEngine } from '../pipeline/engine.js';
import type { ImageKind } from '../train/data/labelled-eyes.js';
import { packSource, type PackedSource } from '../train/data/pack.js';
import { datasetOf, writePackedFile } from '../train/data/packed-file.js';
import { checkApart, noLabels, openSource, unusedTables, unusedTableWarning, type LabelFiles, type LabelledSource } from '../train/data/sources.js';
import { openImagePool } from './image-pool.js';

export interface PackImagesOptions extends LabelFiles {
  /** Any part of config.yaml, as an object or the path of a YAML file. */
  readonly config?: string | SomeSettings;
  /** `photo`: whole faces, found by the detector; `eye`: cut around one eye already; `auto`: looks (default). */
  readonly kind?: ImageKind | 'auto';
  /** What a net is to look at (default: an eye). */
  readonly crop?: CropKind;
  /** Called with each source before its first image. */
  readonly onSource?: (source: LabelledSource) => void;
  /** Called when the source is done, or failed. */
  readonly onSourceDone?: () => void;
  /** Called after each image. */
  readonly onImage?: () => void;
  /** Called with each source when it is packed, before anything is written. */
  readonly onPacked?: (source: PackedSource) => void;
  /** Called with what is odd about the images or their labels. */
  readonly onNote?: (note: string) => void;
}

/**
 * Packs labelled images into a file for `trainEyes`.
 * @param inputs folders or .tar files with open/ and closed/ inside, or with a labels.csv; each has another name
 * @param output the packed file, Apache Arrow
 * @returns what was packed and what was left out, a value a source
 * @throws UsageError where there are no such images; Error where nothing could be cut out of any, and nothing is written then
 */
export async function packImages(inputs: readonly string[], output: string, options: PackImagesOptions = {}): Promise<PackedSource[]> {
  const { kind = 'auto', crop = 'eye' } = options;
  const config = loadConfig(options.config);
  checkApart(inputs);
  const { config: settled } = await settleEngine(config);
  const pool = openImagePool();
  const packed: PackedSource[] = [];
  const opened: LabelledSource[] = [];
  try {
    for (const input of inputs) {
      const source = await openSource(input, options);
      opened.push(source);
      if (opened.length === inputs.length) for (const table of unusedTables(opened)) options.onNote?.(unusedTableWarning(table));
      options.onSource?.(source);
      try {
        if (source.images.length === 0) throw new UsageError(noLabels(input, source));
        if (!Object.hasOwn(config.data.groups, source.name) && source.images.length > 1) options.onNote?.(noGroupRule(source.name));
        if (source.unlabelled > 0) options.onNote?.(`${source.name}: ${String(source.unlabelled)} image(s) without a label were left out.`);
        packed.push(await packSource(source, pool.ask, { kind, crop, config: settled, onImage: () => { options.onImage?.(); } }));
      } finally {
        options.onSourceDone?.();
        source.close();
      }
    }
  } finally {
    await pool.close();
  }
  for (const source of packed) options.onPacked?.(source);
  const rows = packed.flatMap((source) => source.rows);
  if (rows.length === 0) throw new Error(`No ${crop} could be cut out of any image; nothing was written. The reasons are above.`);
  writePackedFile(output, datasetOf(rows, crop));
  return packed;
}

function noGroupRule(source: string): string {
  return `${source} has no rule in data.groups: each image is a group by itself, and photos of one person or burst can be trained on `
    + `and tested on. If their names tell who belongs together, add one, as in --set 'data.groups.${source}={pattern: "^(.+)_"}'.`;
}
