/**
 * The nets that labelled images are looked at with, each loaded when it is first asked for.
 */
import pLimit from 'p-limit';
import { openEyes, type OpenEyes } from '../../classify/stage.js';
import { createFaceFinder, type FaceFinder } from '../../detect/faces.js';
import type { Config } from '../../pipeline/config.js';
import { engineOptions } from '../../pipeline/engine.js';

export interface ImageNets {
  /** @throws if a model is missing or damaged */
  faces(): Promise<FaceFinder>;
  /** What judges eyes in a run. @throws if its model is missing or damaged */
  eyes(): Promise<OpenEyes>;
  /** Runs `work` when no other is running: the nets serve one image at a time. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  release(): Promise<void>;
}

/** Nets for these settings; none is loaded yet. */
export function createImageNets(config: Config): ImageNets {
  let [faces, eyes]: [Promise<FaceFinder> | undefined, Promise<OpenEyes> | undefined] = [undefined, undefined];
  return {
    faces: () => {
      faces ??= engineOptions(config).then((options) => createFaceFinder(config.detect, options));
      return faces;
    },
    eyes: () => {
      eyes ??= openEyes(config.classify, { threads: config.runtime.threads });
      return eyes;
    },
    exclusive: pLimit(1),
    release: async () => { await Promise.all([faces?.then((net) => net.release()), eyes?.then((stage) => stage.release())]); },
  };
}
