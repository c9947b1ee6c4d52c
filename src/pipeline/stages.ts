/**
 * The stages of the pipeline, loaded once per worker.
 */
import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import pLimit from 'p-limit';
import { createEyeClassifier, type EyeClassifier } from '../classify/eye-classifier.js';
import { packageFolder, UsageError } from '../config/load.js';
import type { Config } from '../config/schema.js';
import type { EyeThresholds } from './verdict.js';
import { createFaceFinder, type FaceFinder } from '../detect/faces.js';
import { engineOptions } from './engine.js';

/** Everything that a photo passes through, with its settings. */
export interface Stages {
  readonly config: Config;
  readonly faces: FaceFinder;
  readonly eyes: EyeClassifier;
  readonly thresholds: EyeThresholds;
  /** Runs `work` when no other is running: the nets' buffers are shared by all photos of a worker. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  release(): Promise<void>;
}

/**
 * Loads the nets.
 * @throws if a model is missing or damaged
 */
export async function createStages(config: Config): Promise<Stages> {
  const [faces, eyes] = await Promise.all([
    engineOptions(config).then((options) => createFaceFinder(config.detect, options)),
    createEyeClassifier(modelPath(config.classify.model)),
  ]);
  return {
    config,
    faces,
    eyes,
    thresholds: thresholdsOf(config.classify, eyes),
    exclusive: pLimit(1),
    release: async () => { await Promise.all([faces.release(), eyes.release()]); },
  };
}

/** The settings' thresholds or, where they say `auto`, those that were chosen when the model was trained. */
function thresholdsOf(settings: Config['classify'], { info }: EyeClassifier): EyeThresholds {
  return {
    closed_below: settings.closed_below === 'auto' ? info.closedBelow : settings.closed_below,
    open_above: settings.open_above === 'auto' ? info.openAbove : settings.open_above,
  };
}

/**
 * Whether the settings' eye-state model is there: worth knowing before a run begins.
 * @throws UsageError
 */
export function checkModel(config: Config): void {
  const path = modelPath(config.classify.model);
  if (!existsSync(path)) throw new UsageError(`There is no eye-state model ${path} (classify.model). pipeline train makes one.`);
}

/** A relative path means a file in the current folder or, where there is none, one of the package's own. */
export function modelPath(path: string): string {
  if (isAbsolute(path) || existsSync(path)) return resolve(path);
  return join(packageFolder, path);
}
