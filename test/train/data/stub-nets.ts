/**
 * Nets that find and say what they are told to, for what is done with labelled images around them.
 */
import type { EyesMeasurement } from '../../../src/classify/measurement.js';
import type { Face, FaceView } from '../../../src/core/face.js';
import type { ImageNets } from '../../../src/train/data/image-nets.js';
import { StubFinder } from '../../pipeline/drawn-photo.js';

export interface StubNets extends ImageNets {
  /** What the stage of eyes was shown. */
  readonly shown: FaceView[];
}

/** Nets that find these faces in each photo, and measure this of their eyes, one after the other. */
export function stubNets(faces: readonly Face[], measured: readonly EyesMeasurement[] = []): StubNets {
  const shown: FaceView[] = [];
  const left = [...measured];
  return {
    shown,
    faces: () => Promise.resolve(new StubFinder([faces])),
    eyes: () => Promise.resolve({
      crop: { width: 48, height: 32 },
      wants: { face: 0, eye: 48 },
      measure: (views) => {
        shown.push(...views);
        return Promise.resolve(left.splice(0, views.length));
      },
      release: () => Promise.resolve(),
    }),
    exclusive: (work) => work(),
    release: () => Promise.resolve(),
  };
}
