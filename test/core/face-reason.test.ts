import { describe, expect, it } from 'vitest';
import { numberedReasons, readReason, topicOf } from '../../src/core/face-reason.js';

describe('reasons of a photo', () => {
  it('say of the only face what is said, without its number', () => {
    expect(numberedReasons([['eyes closed', 'face blurred']])).toEqual(['eyes closed', 'face blurred']);
    expect(numberedReasons([[]])).toEqual([]);
  });

  it('name the face where there are several, and say once what is said of several', () => {
    expect(numberedReasons([['face blurred'], [], ['eyes closed', 'face blurred'], ['eyes closed: both']]))
      .toEqual(['faces 1, 3: face blurred', 'face 3: eyes closed', 'face 4: eyes closed: both']);
  });

  it.each<[string, number[], string, string]>([
    ['face 2: eyes not visible: profile', [2], 'eyes not visible: profile', 'eyes not visible'],
    ['faces 2, 5, 18: face blurred', [2, 5, 18], 'face blurred', 'face blurred'],
    ['face blurred', [], 'face blurred', 'face blurred'],
    ['faces below 12 px not looked for', [], 'faces below 12 px not looked for', 'faces below 12 px not looked for'],
  ])('are read again: %s', (reason, faces, text, topic) => {
    expect(readReason(reason)).toEqual({ faces, text });
    expect(topicOf(reason)).toBe(topic);
  });
});
