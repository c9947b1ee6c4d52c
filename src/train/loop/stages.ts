/**
 * Progressive sizes: small crops first, the full size last, augmentation growing along (as in EfficientNetV2, Tan & Le
 * 2021).
 */

/** Some epochs at one size. */
export interface Stage {
  /** px. */
  readonly height: number;
  readonly width: number;
  /** Of the augmentation, 0 to 1. */
  readonly strength: number;
  /** Eyes a step, in times of those at the last size. */
  readonly batchFactor: number;
  /** The stage's first epoch, and the one after its last. */
  readonly from: number;
  readonly to: number;
}

/** The settings that say how sizes follow each other. */
export interface ScheduleSettings {
  /** `height x width` in px, as in `32x48`. */
  readonly sizes: readonly string[];
  /** Of the augmentation, at the first and at the last size. */
  readonly strength: readonly [number, number];
  readonly epochs: number;
  /** Whether smaller images make larger batches: about as many px a step at every size. */
  readonly grow_batch: boolean;
}

/**
 * Divides epochs among sizes: an equal share each, what is left over goes to the last. The same size several times in a
 * row is several stages of growing strength.
 */
export function planStages({ sizes, strength, epochs, grow_batch: growBatch }: ScheduleSettings): Stage[] {
  const share = Math.floor(epochs / sizes.length);
  const [weakest, strongest] = strength;
  const areas = sizes.map((size) => size.split('x').map(Number).reduce((area, side) => area * side, 1));
  const stages = sizes.map((size, index): Stage => {
    const [height = 0, width = 0] = size.split('x').map(Number);
    const batchFactor = growBatch ? Math.max(1, Math.round((areas.at(-1) ?? 1) / (areas[index] ?? 1))) : 1;
    const progress = sizes.length === 1 ? 1 : index / (sizes.length - 1);
    const last = index === sizes.length - 1;
    return {
      height, width, batchFactor, strength: weakest + (strongest - weakest) * progress,
      from: index * share, to: last ? epochs : (index + 1) * share,
    };
  });
  // Fewer epochs than sizes: only the last size is trained.
  return stages.filter(({ from, to }) => to > from);
}

/** The stage that an epoch belongs to. @throws if the run has no such epoch */
export function stageAt(stages: readonly Stage[], epoch: number): Stage {
  const stage = stages.find(({ from, to }) => epoch >= from && epoch < to);
  if (!stage) throw new Error(`the run has no epoch ${String(epoch)}`);
  return stage;
}
