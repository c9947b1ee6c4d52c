/**
 * Between which probabilities an eye is unsure.
 */
import { readFile } from 'node:fs/promises';
import { infoFromMetadata, type EyeModelInfo } from '../classify/model-info.js';
import type { Config } from '../config/schema.js';
import { readMetadata } from '../onnx/model-file.js';
import { modelPath } from './model-path.js';
import type { EyeThresholds } from './verdict.js';

/** The settings' thresholds or, where they say `auto`, those that were chosen when the model was trained. */
export function thresholdsOf(settings: Config['classify'], model: Pick<EyeModelInfo, 'closedBelow' | 'openAbove'>): EyeThresholds {
  return {
    closed_below: settings.closed_below === 'auto' ? model.closedBelow : settings.closed_below,
    open_above: settings.open_above === 'auto' ? model.openAbove : settings.open_above,
  };
}

/** The same from the model's file, without loading what runs it. Undefined where that is no eye-state model: opening it says so. */
export async function readThresholds(settings: Config['classify']): Promise<EyeThresholds | undefined> {
  try {
    const info = infoFromMetadata(readMetadata(await readFile(modelPath(settings.model))));
    return info === undefined ? undefined : thresholdsOf(settings, info);
  } catch {
    return undefined;
  }
}
