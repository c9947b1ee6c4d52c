/**
 * The nets that labelled images are looked at with, each loaded when it is first asked for.
 */
import pLimit from 'p-limit';
import { createEyeClassifier, type EyeClassifier } from '../../classify/eye-classifier.js';
import { checkCrop, thresholdsOf, type EyeThresholds } from '../../classify/thresholds.js';
import { createFaceFinder, type FaceFinder } from '../../detect/faces.js';
import type { Config } from '../../pipeline/config.js';
import { engineOptions } from '../../pipeline/engine.js';

/** What eyes are judged with. */
export interface Judges {
  readonly eyes: EyeClassifier;
  readonly thresholds: EyeThresholds;
}

export interface ImageNets {
  /** @throws if a model is missing or damaged */
  faces(): Promise<FaceFinder>;
  /** @throws if the model is missing or damaged */
  judges(): Promise<Judges>;
  /** Runs `work` when no other is running: the nets serve one image at a time. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  release(): Promise<void>;
}

/** Nets for these settings; none is loaded yet. */
export function createImageNets(config: Config): ImageNets {
  let [faces, judges]: [Promise<FaceFinder> | undefined, Promise<Judges> | undefined] = [undefined, undefined];
  return {
    faces: () => {
      faces ??= engineOptions(config).then((options) => createFaceFinder(config.detect, options));
      return faces;
    },
    judges: () => {
      judges ??= createEyeClassifier(config.classify.model, { threads: config.runtime.threads })
        .then((eyes) => {
          checkCrop(config.classify, eyes.info);
          return { eyes, thresholds: thresholdsOf(config.classify, eyes.info) };
        });
      return judges;
    },
    exclusive: pLimit(1),
    release: async () => { await Promise.all([faces?.then((net) => net.release()), judges?.then(({ eyes }) => eyes.release())]); },
  };
}
