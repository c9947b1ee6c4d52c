import { describe, expect, it } from 'vitest';
import { nearDuplicates } from '../../../src/train/data/near-duplicates.js';
import { checkPartition, partitionDataset, type PartitionOptions } from '../../../src/train/data/partition.js';
import { Random } from '../../../src/train/data/random.js';
import { UsageError } from '../../../src/core/usage-error.js';
import { eyes, many, pattern } from './eyes.js';

const options: PartitionOptions = {
  validation: 0.2, test: 0.2, split: 'group', split_seed: 1, holdout: [], validate_on: [], duplicate_correlation: 0.93,
};
const dataset = eyes([...many('a', 0, 60), ...many('a', 1, 60), ...many('b', 0, 20), ...many('b', 1, 80)]);

describe('a partition', () => {
  // Row 80 is a brighter copy of row 3.
  const brighter = pattern(3).map((value) => Math.min(255, value * 1.1 + 4));
  const copies = eyes([...many('a', 0, 40), ...many('a', 1, 40), { source: 'b', label: 0, group: 'copy', pixels: brighter }]);

  it('puts every eye in one part, near the shares asked for in each source and class', () => {
    const { train, validation, test } = partitionDataset(dataset, options);
    expect([...train, ...validation, ...test].sort((a, b) => a - b)).toEqual([...dataset.labels.keys()]);
    for (const part of [validation, test]) {
      for (const [source, label, count] of [['a', 0, 60], ['a', 1, 60], ['b', 0, 20], ['b', 1, 80]] as const) {
        const got = part.filter((row) => dataset.sources[row] === source && dataset.labels[row] === label).length;
        expect(got).toBeGreaterThanOrEqual(0.2 * count - 2);
        expect(got).toBeLessThanOrEqual(0.2 * count + 2);
      }
    }
  });

  it('keeps groups whole', () => {
    expect(() => { checkPartition(dataset, partitionDataset(dataset, options)); }).not.toThrow();
  });

  it('is the same for a seed and another for another', () => {
    expect(partitionDataset(dataset, options)).toEqual(partitionDataset(dataset, options));
    expect(partitionDataset(dataset, { ...options, split_seed: 2 }).test).not.toEqual(partitionDataset(dataset, options).test);
  });

  it('is the same whatever the order of the rows', () => {
    const rows = [...many('b', 1, 40, 3), ...many('a', 0, 60), ...many('a', 1, 60), ...many('b', 0, 20)]
      .map((row, index) => ({ ...row, path: `${String((index * 37) % 180)}.jpg`, pixels: pattern(index) }))
      // Groups that reach over both sources and classes.
      .map((row, index) => (index % 9 === 0 ? { ...row, group: `shared-${String(index % 5)}` } : row));
    const testNames = (ordered: typeof rows): string[] => {
      const packed = eyes(ordered);
      return Array.from(partitionDataset(packed, options).test, (row) => `${String(packed.sources[row])}/${String(packed.paths[row])}`).sort();
    };
    const expected = testNames(rows);
    expect(testNames(rows.toReversed())).toEqual(expected);
    expect(testNames(new Random(3).shuffle([...rows]))).toEqual(expected);
  });

  it('keeps copies of a picture together, whatever their names', () => {
    expect(nearDuplicates(copies, 0.93).map(({ first, second }) => [first, second])).toEqual([[3, 80]]);
    const { train, validation, test } = partitionDataset(copies, options);
    expect([train, validation, test].filter((part) => part.includes(3) !== part.includes(80))).toEqual([]);
  });

  it('is checked for copies of a picture in two parts', () => {
    const { train, validation, test, duplicates } = partitionDataset(copies, options);
    const without = (part: Int32Array): Int32Array => part.filter((row) => row !== 80);
    const partition = { train: without(train), validation: without(validation), test: without(test), duplicates };
    const other = train.includes(80) ? 'test' : 'train';
    expect(() => { checkPartition(copies, { ...partition, [other]: Int32Array.of(...partition[other], 80) }); }).toThrow(/look the same/);
  });

  it('leaks at random, and the check says where', () => {
    const partition = partitionDataset(dataset, { ...options, split: 'random' });
    expect(() => { checkPartition(dataset, partition); }).toThrow(/leaks: group "/);
  });

  it('with a source held out tests on it alone, and on no group that was learnt from', () => {
    const shared = eyes([...many('a', 0, 40), ...many('a', 1, 40), ...many('b', 1, 40),
      { source: 'b', label: 0, group: 'a-0-0' }, { source: 'b', label: 0, group: 'fresh' }]);
    const { train, validation, test } = partitionDataset(shared, { ...options, holdout: ['b'], test: 0, validation: 0.3, split_seed: 3 });
    expect([...train, ...validation].every((row) => shared.sources[row] === 'a')).toBe(true);
    expect([...test].every((row) => shared.sources[row] === 'b')).toBe(true);
    expect(test.includes(121)).toBe(true);
    expect(test.includes(120)).toBe(false);
  });

  it('with a source to validate on has it, and what is tied to it, in the validation part alone', () => {
    const shared = eyes([...many('a', 0, 40), ...many('a', 1, 40), ...many('b', 1, 20), { source: 'b', label: 0, group: 'a-0-0' }]);
    const { train, validation, test } = partitionDataset(shared, { ...options, validate_on: ['b'] });
    expect([...train, ...test].some((row) => shared.sources[row] === 'b' || shared.groups[row] === 'a-0-0')).toBe(false);
    expect(validation.filter((row) => shared.sources[row] === 'b')).toHaveLength(21);
    expect(validation.some((row) => shared.sources[row] === 'a')).toBe(true);
  });

  it('needs open and closed eyes in each part: hidden ones are neither', () => {
    expect(() => partitionDataset(eyes([...many('a', 0, 40), ...many('a', 2, 40)]), options)).toThrow(/closed and 0 open/);
  });

  it('says so where a class is missing or a held-out source is unknown', () => {
    expect(() => partitionDataset(eyes(many('a', 1, 40)), options)).toThrow(/0 closed.*both classes are needed/);
    expect(() => partitionDataset(dataset, { ...options, validation: 0 })).toThrow(/validation part has 0 closed and 0 open/);
    expect(() => partitionDataset(dataset, { ...options, holdout: ['c'] })).toThrow(UsageError);
    expect(() => partitionDataset(dataset, { ...options, holdout: ['c'] })).toThrow(/holdout names c.*It holds: a, b/);
  });
});

describe('the order of a partition', () => {
  it('is that of the rows, in each part', () => {
    const parts = partitionDataset(dataset, options);
    for (const part of [parts.train, parts.validation, parts.test]) expect([...part]).toEqual([...part].sort((a, b) => a - b));
    expect(parts.duplicates).toEqual(nearDuplicates(dataset, 0.93));
  });

  it('deals single eyes out at random where that is asked for, near their shares', () => {
    const together = eyes([...many('a', 0, 50, 50), ...many('a', 1, 50, 50)]);
    const { train, validation, test } = partitionDataset(together, { ...options, split: 'random' });
    expect([train.length, validation.length, test.length]).toEqual([60, 20, 20]);
  });

  it('joins what one group or look ties, over any number of links', () => {
    const chained = eyes([...many('a', 0, 40), ...many('a', 1, 40),
      { source: 'b', label: 0, group: 'link', pixels: pattern(90) }, { source: 'c', label: 1, group: 'link', pixels: pattern(91) }, { source: 'd', label: 1, group: 'end', pixels: pattern(91) }]);
    for (const seed of [1, 2, 3, 4, 5]) {
      const parts = partitionDataset(chained, { ...options, split_seed: seed });
      expect([parts.train, parts.validation, parts.test].map((part) => [80, 81, 82].filter((row) => part.includes(row)).length).sort()).toEqual([0, 0, 3]);
    }
  });

  it('has no test part, and nothing in it, where none is asked for', () => {
    const { train, validation, test } = partitionDataset(dataset, { ...options, test: 0 });
    expect(test).toHaveLength(0);
    expect(train.length + validation.length).toBe(dataset.length);
  });
});

describe('a source that is held out', () => {
  const shared = eyes([...many('a', 0, 60), ...many('a', 1, 60), ...many('b', 0, 20), ...many('b', 1, 20)]);

  it('is tested on whole, and nothing else is: what would have been is left out', () => {
    const { train, validation, test } = partitionDataset(shared, { ...options, holdout: ['b'] });
    expect([...test]).toEqual(Array.from({ length: 40 }, (_, index) => 120 + index));
    expect(train.length + validation.length).toBeLessThan(120);
    expect(train.length).toBeGreaterThan(60);
  });

  it('is tested on where it is tied to nothing but what is left out', () => {
    const tied = eyes([{ source: 'a', label: 0, group: 'tied' }, ...many('a', 0, 19), ...many('a', 1, 20), ...many('b', 0, 12), ...many('b', 1, 12), { source: 'b', label: 0, group: 'tied' }]);
    const row = tied.length - 1;
    const seen = new Set<boolean>();
    for (let seed = 1; seed <= 30; seed += 1) {
      const { train, validation, test } = partitionDataset(tied, { ...options, holdout: ['b'], split_seed: seed });
      const isLearnt = train.includes(0) || validation.includes(0);
      seen.add(isLearnt);
      expect(test.includes(row)).toBe(!isLearnt);
      expect(test.includes(0)).toBe(false);
    }
    expect(seen.size).toBe(2);
  });

  it('may be one of several', () => {
    const three = eyes([...many('a', 0, 60), ...many('a', 1, 60), ...many('b', 0, 20), ...many('c', 1, 20)]);
    const { test } = partitionDataset(three, { ...options, holdout: ['b', 'c'] });
    expect(test).toHaveLength(40);
  });
});

describe('what cannot be split', () => {
  it('is said with the part, what it has, and what to do', () => {
    expect(() => partitionDataset(eyes(many('a', 1, 40)), options)).toThrow(/^The train part has 0 closed and \d+ open eyes; both classes are needed\. Add images of the missing class, check the group rules \(data\.groups: is everything one group\?\), or change data\.validation and data\.test\.$/);
    expect(() => partitionDataset(eyes([...many('a', 0, 40), ...many('a', 1, 1)]), options)).toThrow(/closed and [01] open/);
    const oneGroup = eyes([...many('a', 0, 2), ...many('a', 1, 40), ...many('b', 0, 10), ...many('b', 1, 10)]);
    expect(() => partitionDataset(oneGroup, { ...options, validate_on: ['b'] })).toThrow(/^The test part has 0 closed and \d+ open eyes/);
    expect(() => partitionDataset(dataset, { ...options, validate_on: ['x', 'y'] })).toThrow(
      new UsageError('data.validate_on names x, y, which the packed file does not hold. It holds: a, b.'));
  });
});

describe('the check of a partition', () => {
  const [none, pairs] = [new Int32Array(), [{ first: 0, second: 3, correlation: 0.98765 }]];
  const four = eyes([{ source: 'a', label: 0, group: 'x' }, { source: 'a', label: 1, group: 'x' }, { source: 'a', label: 0, group: 'y' }, { source: 'a', label: 1, group: 'z' }]);

  it('names the group that is in two parts, and both', () => {
    expect(() => { checkPartition(four, { train: Int32Array.of(0), validation: Int32Array.of(1, 2), test: none, duplicates: [] }); })
      .toThrow(new Error('The split leaks: group "x" is in the train part and in the validation part.'));
    expect(() => { checkPartition(four, { train: Int32Array.of(2), validation: Int32Array.of(3), test: Int32Array.of(0, 1), duplicates: [] }); }).not.toThrow();
  });

  it('names the pictures that look the same, and where they are', () => {
    expect(() => { checkPartition(four, { train: Int32Array.of(0, 1), validation: none, test: Int32Array.of(3), duplicates: pairs }); })
      .toThrow(new Error('The split leaks: 0.jpg (train) and 3.jpg (test) look the same: their pixels correlate by 0.988.'));
  });

  it('passes over copies in one part', () => {
    expect(() => { checkPartition(four, { train: Int32Array.of(0, 1, 3), validation: none, test: Int32Array.of(2), duplicates: pairs }); }).not.toThrow();
  });

  it('passes over copies of which one is in no part', () => {
    expect(() => { checkPartition(four, { train: Int32Array.of(0, 1), validation: none, test: Int32Array.of(2), duplicates: pairs }); }).not.toThrow();
    expect(() => { checkPartition(four, { train: Int32Array.of(3), validation: none, test: Int32Array.of(2), duplicates: pairs }); }).not.toThrow();
  });
});
