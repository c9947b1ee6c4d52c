import { describe, expect, it } from 'vitest';
import { mixSeed, Random } from '../../../src/train/data/random.js';

const draws = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('random numbers', () => {
  it('are those of Mulberry32, the same on every machine', () => {
    const zero = new Random(0);
    expect(draws(3, () => zero.next())).toEqual([0.26642920868471265, 0.0003297457005828619, 0.2232720274478197]);
    expect(new Random(1).next()).toBe(0.6270739405881613);
    // A seed is any integer of 32 bits.
    expect(new Random(-1).next()).toBe(new Random(0xffffffff).next());
  });

  it('are spread evenly over the range asked for', () => {
    const random = new Random(5);
    const between = draws(4000, () => random.between(10, 20));
    expect([Math.min(...between) >= 10, Math.max(...between) < 20]).toEqual([true, true]);
    expect(mean(between)).toBeCloseTo(15, 0);
    const signed = draws(4000, () => random.signed());
    expect([Math.min(...signed) >= -1, Math.max(...signed) < 1, Math.min(...signed) < -0.99, Math.max(...signed) > 0.99]).toEqual([true, true, true, true]);
    expect(mean(signed)).toBeCloseTo(0, 1);
  });

  it('are whole below a count, each as often', () => {
    const random = new Random(6);
    const counts = [0, 0, 0, 0];
    for (const value of draws(4000, () => random.below(4))) counts[value] = (counts[value] ?? 0) + 1;
    expect(counts).toHaveLength(4);
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  it('come true as often as is said, never and always at the ends', () => {
    const random = new Random(7);
    const share = (probability: number): number => draws(2000, () => random.chance(probability)).filter(Boolean).length / 2000;
    expect([share(0), share(1)]).toEqual([0, 1]);
    expect(share(0.3)).toBeCloseTo(0.3, 1);
  });

  it('shuffle: each item lands in each place as often, in the same array', () => {
    const random = new Random(8);
    const places = draws(3, () => [0, 0, 0]);
    for (let round = 0; round < 3000; round += 1) {
      const items = ['a', 'b', 'c'];
      const shuffled = random.shuffle(items);
      expect(shuffled).toBe(items);
      expect([...shuffled].sort()).toEqual(['a', 'b', 'c']);
      shuffled.forEach((item, place) => {
        const row = places['abc'.indexOf(item)] ?? [];
        row[place] = (row[place] ?? 0) + 1;
      });
    }
    for (const count of places.flat()) expect(Math.abs(count - 1000)).toBeLessThan(120);
    expect(random.shuffle(Int32Array.of(4))).toEqual(Int32Array.of(4));
  });
});

describe('mixed seeds', () => {
  const bits = (value: number): number => draws(32, () => 0).reduce((sum, _, bit) => sum + ((value >>> bit) & 1), 0);

  it('are integers of 32 bits, of which half change where any part changes by one', () => {
    for (let part = 0; part < 50; part += 1) {
      const seed = mixSeed(1, part, 3);
      expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
      for (const other of [mixSeed(1, part + 1, 3), mixSeed(2, part, 3), mixSeed(1, part, 4)]) {
        expect(bits((seed ^ other) >>> 0)).toBeGreaterThan(4);
      }
    }
    const changed = draws(500, () => 0).map((_, part) => bits((mixSeed(part, 7) ^ mixSeed(part + 1, 7)) >>> 0));
    expect(mean(changed)).toBeCloseTo(16, 0);
  });

  it('depend on the order of the parts and on how many there are', () => {
    const seeds = [mixSeed(), mixSeed(0), mixSeed(0, 0), mixSeed(1, 2), mixSeed(2, 1), mixSeed(1)];
    expect(new Set(seeds).size).toBe(seeds.length);
    expect(mixSeed(1, 2)).toBe(mixSeed(1, 2));
  });
});
