/**
 * Between which probabilities an eye is unsure.
 */
import { readFile } from 'node:fs/promises';
import { UsageError } from '../core/usage-error.js';
import { readMetadata } from '../onnx/model-file.js';
import { infoFromMetadata, type EyeModelInfo } from './model-info.js';
import { DETECTOR, type ClassifySettings } from './settings.js';

/** The band of probabilities between which an eye is `unsure`. */
export interface EyeThresholds {
  readonly closed_below: number;
  readonly open_above: number;
}

/** For the word of a detector, where the settings say `auto`: its chances are believed as they are. */
const detectedBand = { closedBelow: 0.2, openAbove: 0.8 } as const;

/**
 * The settings' thresholds or, where they say `auto`, those that were chosen when the model was trained.
 * @throws UsageError if one of the settings' and one of the model's are in the wrong order
 */
export function thresholdsOf(settings: ClassifySettings, model: Pick<EyeModelInfo, 'closedBelow' | 'openAbove'>): EyeThresholds {
  const closed = settings.closed_below === 'auto' ? model.closedBelow : settings.closed_below;
  const open = settings.open_above === 'auto' ? model.openAbove : settings.open_above;
  if (closed > open) {
    const short = (value: number): number => Number(value.toFixed(4));
    throw new UsageError(`classify.closed_below (${String(short(closed))}) must not be above classify.open_above (${String(short(open))}); `
      + `${settings.closed_below === 'auto' ? 'the first' : 'the second'} is the model's own. Set both.`);
  }
  return { closed_below: closed, open_above: open };
}

/**
 * The same from the model's file, without loading what runs it; or of the detector's word. Undefined where that is no eye-state
 * model: opening it says so.
 * @throws UsageError as `thresholdsOf` and `checkCrop` do
 */
export async function readThresholds(settings: ClassifySettings): Promise<EyeThresholds | undefined> {
  if (settings.model === DETECTOR) return detectedThresholds(settings);
  const info = await readInfo(settings.model);
  if (info === undefined) return undefined;
  checkCrop(settings, info);
  return thresholdsOf(settings, info);
}

/**
 * The thresholds for what the detector says.
 * @throws UsageError as `thresholdsOf` does, or where faces or whole photos are to be looked at
 */
export function detectedThresholds(settings: ClassifySettings): EyeThresholds {
  if (settings.crop !== 'eye') {
    throw new UsageError(`classify.model: ${DETECTOR} takes what the detector says of each eye, and classify.crop is ${settings.crop}. Set classify.crop=eye.`);
  }
  return thresholdsOf(settings, detectedBand);
}

/** @throws UsageError if the model looks at something else than the settings say */
export function checkCrop({ model, crop }: Pick<ClassifySettings, 'model' | 'crop'>, info: Pick<EyeModelInfo, 'crop'>): void {
  if (info.crop === crop) return;
  const what = { eye: 'eyes', face: 'faces', photo: 'whole photos' };
  throw new UsageError(`The model ${model} (classify.model) was trained on ${what[info.crop]}, and classify.crop is ${crop}. `
    + `Set classify.crop=${info.crop}, or name a model trained on ${what[crop]} (pipeline pack --crop ${crop}).`);
}

async function readInfo(path: string): Promise<EyeModelInfo | undefined> {
  try {
    return infoFromMetadata(readMetadata(await readFile(path)));
  } catch {
    return undefined;
  }
}
