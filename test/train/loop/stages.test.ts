import { describe, expect, it } from 'vitest';
import { planStages, stageAt } from '../../../src/train/loop/stages.js';

describe('progressive sizes', () => {
  it('get equal shares of the epochs, the last what is left over, with growing strength', () => {
    expect(planStages({ sizes: ['16x24', '24x36', '32x48'], strength: [0.4, 1], epochs: 8, grow_batch: false })).toEqual([
      { height: 16, width: 24, batchFactor: 1, strength: 0.4, from: 0, to: 2 },
      { height: 24, width: 36, batchFactor: 1, strength: 0.7, from: 2, to: 4 },
      { height: 32, width: 48, batchFactor: 1, strength: 1, from: 4, to: 8 },
    ]);
  });

  it('train only the last size when there are fewer epochs than sizes', () => {
    expect(planStages({ sizes: ['16x24', '32x48'], strength: [0.4, 1], epochs: 1, grow_batch: false }))
      .toEqual([{ height: 32, width: 48, batchFactor: 1, strength: 1, from: 0, to: 1 }]);
  });

  it('have larger batches where they are smaller, if asked for: as many px a step', () => {
    const stages = planStages({ sizes: ['16x24', '24x36', '32x48'], strength: [0, 1], epochs: 3, grow_batch: true });
    expect(stages.map(({ batchFactor }) => batchFactor)).toEqual([4, 2, 1]);
  });

  it('say which stage an epoch belongs to', () => {
    const stages = planStages({ sizes: ['16x24', '32x48'], strength: [0, 1], epochs: 4, grow_batch: false });
    expect([0, 1, 2, 3].map((epoch) => stageAt(stages, epoch).height)).toEqual([16, 16, 32, 32]);
    expect(() => stageAt(stages, 4)).toThrow();
  });
});
