/**
 * Crops and their targets for a graph that finds gradients; made by the thread that needs them.
 */
import { mixSeed, Random } from '../data/random.js';
import type { GraphInputs } from '../loop/gradients.js';
import { Cropper } from './augment.js';
import type { Scenes } from './scenes.js';
import { cellCount, TARGETS_PER_CELL, writeTargets } from './targets.js';

/** Some crops of a batch. */
export interface CropWork {
  /** Of the batch: each of its crops is the same whichever thread makes it. */
  readonly seed: number;
  /** The first crop's number in the batch. */
  readonly from: number;
  /** Crops. */
  readonly count: number;
  /** Side of a crop, px. */
  readonly size: number;
}

/** Makes `pixels` [count, size, size, 3] and `targets` [count, TARGETS_PER_CELL, cells] of crops of the scenes. */
export function cropInputs(scenes: Scenes): (work: CropWork) => GraphInputs {
  let cropper = new Cropper(scenes, 32);
  return ({ seed, from, count, size }) => {
    if (cropper.size !== size) cropper = new Cropper(scenes, size);
    const cells = cellCount(size);
    const pixels = new Uint8Array(count * size * size * 3);
    const targets = new Float32Array(count * TARGETS_PER_CELL * cells);
    for (let index = 0; index < count; index += 1) {
      const faces = cropper.crop(new Random(mixSeed(seed, from + index)), pixels, index * size * size * 3);
      writeTargets(faces, size, targets, index * TARGETS_PER_CELL * cells);
    }
    return {
      pixels: { shape: [count, size, size, 3], data: pixels },
      targets: { shape: [count, TARGETS_PER_CELL, cells], data: targets },
    };
  };
}
