import { describe, expect, it } from 'vitest';
import { planStages, stageAt } from '../../../src/train/loop/stages.js';

describe('progressive sizes', () => {
  it('get equal shares of the epochs, the last what is left over, with growing strength', () => {
    expect(planStages(['16x24', '24x36', '32x48'], [0.4, 1], 8)).toEqual([
      { height: 16, width: 24, strength: 0.4, from: 0, to: 2 },
      { height: 24, width: 36, strength: 0.7, from: 2, to: 4 },
      { height: 32, width: 48, strength: 1, from: 4, to: 8 },
    ]);
  });

  it('train only the last size when there are fewer epochs than sizes', () => {
    expect(planStages(['16x24', '32x48'], [0.4, 1], 1)).toEqual([{ height: 32, width: 48, strength: 1, from: 0, to: 1 }]);
  });

  it('say which stage an epoch belongs to', () => {
    const stages = planStages(['16x24', '32x48'], [0, 1], 4);
    expect([0, 1, 2, 3].map((epoch) => stageAt(stages, epoch).height)).toEqual([16, 16, 32, 32]);
    expect(() => stageAt(stages, 4)).toThrow();
  });
});
