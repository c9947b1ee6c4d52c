/**
 * Evaluation from end to end: a folder or tar of labelled images into figures, on worker processes.
 */
import type { EyeCrop } from '../core/eye.js';
import { UsageError } from '../core/usage-error.js';
import { loadConfig, type SomeSettings } from '../pipeline/config.js';
import { settleEngine } from '../pipeline/engine.js';
import { checkStages } from '../pipeline/stages.js';
import { evaluateSource, type Evaluation } from '../train/data/evaluate.js';
import type { LabelledEye } from '../train/data/image-task.js';
import type { ImageKind } from '../train/data/labelled-eyes.js';
import { noLabels, openSource, unusedTables, unusedTableWarning, type LabelFiles } from '../train/data/sources.js';
import { openImagePool } from './image-pool.js';

export interface EvaluateImagesOptions extends LabelFiles {
  /** Any part of config.yaml, as an object or the path of a YAML file. */
  readonly config?: string | SomeSettings;
  /** `photo`: whole faces, found by the detector; `eye`: cut around one eye already; `auto`: looks (default). */
  readonly kind?: ImageKind | 'auto';
  /** Called with the number of images, before the first. */
  readonly onOpen?: (images: number) => void;
  /** Called after each image. */
  readonly onImage?: () => void;
  /** Called for each eye in the order of the images, with what the classifier saw. */
  readonly onEye?: (eye: LabelledEye & { readonly crop: EyeCrop }) => Promise<void>;
  /** Called with what is odd about the images or their labels. */
  readonly onNote?: (note: string) => void;
}

/**
 * Says how right the tool is on labelled images.
 * @param input a folder or a .tar with open/ and closed/ inside, or with a labels.csv
 * @throws UsageError where there are no such images, or settings cannot be used
 */
export async function evaluateImages(input: string, options: EvaluateImagesOptions = {}): Promise<Evaluation> {
  const config = loadConfig(options.config);
  await checkStages(config);
  const source = await openSource(input, options);
  const pool = openImagePool();
  try {
    if (source.images.length === 0) throw new UsageError(noLabels(input, source));
    for (const table of unusedTables([source])) options.onNote?.(unusedTableWarning(table));
    if (source.unlabelled > 0) options.onNote?.(`${String(source.unlabelled)} image(s) without a label were left out.`);
    options.onOpen?.(source.images.length);
    const { config: settled } = await settleEngine(config);
    return await evaluateSource(source, pool.ask, {
      kind: options.kind ?? 'auto', config: settled,
      onImage: () => { options.onImage?.(); },
      ...(options.onEye === undefined ? {} : { onEye: options.onEye }),
    });
  } finally {
    source.close();
    await pool.close();
  }
}
