import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { StageClock } from '../../src/pipeline/stage-clock.js';

describe('the clock of a photo', () => {
  it('adds up what was measured elsewhere, stage by stage, to the microsecond', () => {
    const clock = new StageClock();
    clock.add('detect', 1.5);
    clock.add('landmarks', 0.25);
    clock.add('detect', 2.000_44);
    expect(clock.times()).toEqual({ detect: 3.5, landmarks: 0.25 });
  });

  it('books the time of some work, also of work that fails, and gives what the work gives', async () => {
    const clock = new StageClock();
    expect(await clock.time('decode', () => 7)).toBe(7);
    expect(await clock.time('decode', () => setTimeout(20, 'pixels'))).toBe('pixels');
    await expect(clock.time('blur', async () => { await setTimeout(20); throw new Error('no pixels'); })).rejects.toThrow('no pixels');
    // A timer may fire a millisecond early; no work of these takes minutes.
    for (const stage of ['decode', 'blur']) {
      expect(clock.times()[stage]).toBeGreaterThan(15);
      expect(clock.times()[stage]).toBeLessThan(60_000);
    }
  });
});
