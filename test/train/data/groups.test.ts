import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/pipeline/config.js';
import { DisjointSets, groupOf } from '../../../src/train/data/groups.js';

describe('the group of an image', () => {
  const rules = loadConfig().data.groups;

  it.each([
    ['cew_closed', 'closed/closed_eye_0012.jpg_face_2.jpg', 'closed_eye_0012'],
    ['cew_patches', 'closed/closed_eye_0012.jpg_face_2_L.jpg', 'closed_eye_0012'],
    ['cew_patches', 'open/Aaron_Guiel_0001_R.jpg', 'Aaron_Guiel'],
    ['ytf68', 'images/Aaron_Guiel_52.jpg', 'Aaron_Guiel'],
    ['kaggle_drowsiness', 'open/_39.jpg', 'kaggle_drowsiness:1'],
    ['mine', 'open/a.jpg', 'mine/open/a.jpg'],
  ])('of %s %s is %s', (source, path, group) => {
    expect(groupOf(source, path, rules)).toBe(group);
  });

  it('is its own where the rule does not match its name: folders are not looked at', () => {
    const rule = { mine: { pattern: '(ann)_', block: 1 } };
    expect(groupOf('mine', 'open/ann_1.jpg', rule)).toBe('ann');
    expect(groupOf('mine', 'ann_1.jpg', rule)).toBe('ann');
    expect(groupOf('mine', 'ann_/ben.jpg', rule)).toBe('mine/ann_/ben.jpg');
    expect(groupOf('mine', 'open/ben_1.jpg', rule)).toBe('mine/open/ben_1.jpg');
  });

  it('of numbers is a block of neighbours, within the source', () => {
    const rule = { burst: { pattern: '^(\\d+)', block: 10 }, mixed: { pattern: '^(\\w+)\\.', block: 10 } };
    expect(['9', '10', '19', '20'].map((name) => groupOf('burst', `${name}.jpg`, rule))).toEqual(['burst:0', 'burst:1', 'burst:1', 'burst:2']);
    // What has a letter in it is a name.
    expect(groupOf('mixed', '12a.jpg', rule)).toBe('12a');
    expect(groupOf('mixed', 'a12.jpg', rule)).toBe('a12');
  });

  it('is what the first part of the pattern that matched captures', () => {
    const rule = { two: { pattern: '^x(\\w)|^y(\\w)', block: 1 } };
    expect([groupOf('two', 'xa.jpg', rule), groupOf('two', 'yb.jpg', rule)]).toEqual(['a', 'b']);
  });

  it('takes rules for the user\'s own sources, and refuses a pattern that captures nothing', () => {
    const { groups } = loadConfig(undefined, ['data.groups.mine={pattern: "^(.+)_"}']).data;
    expect(groupOf('mine', 'open/ann_1.jpg', groups)).toBe('ann');
    expect(() => loadConfig(undefined, ['data.groups.mine={pattern: "ann"}'])).toThrow(/data.groups.mine.pattern/);
  });
});

describe('disjoint sets', () => {
  it('begin with a set for each member, and stand for the smallest after they were joined, in whatever order', () => {
    const sets = new DisjointSets(6);
    const found = (): number[] => [0, 1, 2, 3, 4, 5].map((member) => sets.find(member));
    expect(found()).toEqual([0, 1, 2, 3, 4, 5]);
    sets.join(5, 4);
    sets.join(2, 3);
    expect(found()).toEqual([0, 1, 2, 2, 4, 4]);
    sets.join(3, 5);
    expect(found()).toEqual([0, 1, 2, 2, 2, 2]);
    sets.join(2, 5);
    sets.join(1, 0);
    expect(found()).toEqual([0, 0, 2, 2, 2, 2]);
  });

  it('stay right over long chains', () => {
    const sets = new DisjointSets(50);
    for (let member = 49; member > 0; member -= 1) sets.join(member, member - 1);
    expect(new Set(Array.from({ length: 50 }, (_, member) => sets.find(member)))).toEqual(new Set([0]));
  });
});
