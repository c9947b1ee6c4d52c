/**
 * The stages of the pipeline, loaded once per worker.
 */
import pLimit from 'p-limit';
import { createEyeClassifier, type EyeClassifier } from '../classify/eye-classifier.js';
import type { Config } from '../config/schema.js';
import type { EyeThresholds } from './verdict.js';
import { createFaceFinder, type FaceFinder } from '../detect/faces.js';
import { engineOptions } from './engine.js';
import { modelPath } from './model-path.js';
import { thresholdsOf } from './thresholds.js';

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
    thresholds: thresholdsOf(config.classify, eyes.info),
    exclusive: pLimit(1),
    release: async () => { await Promise.all([faces.release(), eyes.release()]); },
  };
}
