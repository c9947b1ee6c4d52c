import { describe, expect, it } from 'vitest';
import { lookSide, type Capture, type Look } from '../../src/core/capture.js';
import type { PhotoResult } from '../../src/core/result.js';
import { SceneGrouping } from '../../src/scenes/group.js';
import { likeness, shapesOf } from '../../src/scenes/likeness.js';
import { Random } from '../../src/train/data/random.js';
import { face, photoResult } from '../support/results.js';

/** A picture of its own for each seed: blobs of light, a few cells wide. */
function look(seed: number, moved = 0, light = 1): Look {
  const key = [seed, moved, light].join();
  const known = looks.get(key) ?? draw(seed, moved, light);
  looks.set(key, known);
  return known;
}

const looks = new Map<string, Look>();

function draw(seed: number, moved: number, light: number): Look {
  const random = new Random(seed);
  const blobs = Array.from({ length: 25 }, () => ({ x: random.between(-2, 26), y: random.between(-2, 26), size: random.between(1, 3), light: 90 * random.signed() }));
  return Uint8Array.from({ length: lookSide * lookSide }, (_, at) => {
    const [x, y] = [at % lookSide + moved, Math.floor(at / lookSide)];
    return light * blobs.reduce((sum, blob) => sum + blob.light * Math.exp(-((x - blob.x) ** 2 + (y - blob.y) ** 2) / (2 * blob.size ** 2)), 120);
  });
}

interface Shot extends Capture {
  readonly name?: string;
  readonly seed?: number;
  readonly faces?: PhotoResult['faces'];
}

const start = Date.UTC(2026, 5, 1, 12);

function photos(...shots: readonly Shot[]): PhotoResult[] {
  const grouping = new SceneGrouping();
  const out = shots.flatMap(({ name, seed = 1, faces, ...capture }, index) => grouping.take(photoResult(name ?? `${String(index)}.jpg`, {
    capture, look: look(seed, index % 2), ...(faces === undefined ? {} : { faces }),
  })));
  return [...out, ...grouping.rest()];
}

/** Number of the scene of each photo; 0: it is alone. */
function scenes(...shots: readonly Shot[]): number[] {
  return photos(...shots).map(({ scene }) => scene?.scene ?? 0);
}

const at = (seconds: number, more: Shot = {}): Shot => ({ time: start + seconds * 1000, camera: 'A', ...more });

describe('likeness', () => {
  it('is high for a frame that moved, zoomed a little or is darker, and low for another picture', () => {
    const shapes = shapesOf(look(1));
    expect(likeness(shapes, shapesOf(look(1, 1.5, 0.6)))).toBeGreaterThan(0.8);
    expect(likeness(shapes, shapesOf(look(2)))).toBeLessThan(0.5);
  });

  it('says nothing about a wall', () => {
    const wall = shapesOf(new Uint8Array(lookSide * lookSide).fill(128));
    expect(likeness(wall, wall)).toBe(0);
  });
});

describe('scenes', () => {
  it('are frames that are alike and taken within moments', () => {
    expect(scenes(at(0), at(0.3), at(0.6), at(2, { seed: 2 }), at(2.4, { seed: 2 }), at(9, { seed: 3 }))).toEqual([1, 1, 1, 2, 2, 0]);
  });

  it('do not join what is alike but taken much later, nor what is taken at once but looks different', () => {
    expect(scenes(at(0), at(300))).toEqual([0, 0]);
    expect(scenes(at(0), at(0.2, { seed: 2 }))).toEqual([0, 0]);
  });

  it('hold together where the photos of another camera are named in between', () => {
    const b = (seconds: number): Shot => at(seconds, { camera: 'B', seed: 9 });
    expect(scenes(at(0), b(0.1), at(0.5), b(0.6), at(1), b(1.1))).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it('go by likeness and neighbourhood where the camera wrote no time down', () => {
    expect(scenes({}, {}, { seed: 2 }, { seed: 2 }, { seed: 3 }, { seed: 4 }, { seed: 5 }, {})).toEqual([1, 1, 2, 2, 0, 0, 0, 0]);
  });

  it('count a RAW and its JPEG twin as one frame', () => {
    expect(scenes(at(0, { name: 'a.CR2' }), at(0, { name: 'a.jpg' }))).toEqual([0, 0]);
    const burst = photos(...['a.CR2', 'a.jpg', 'b.CR2', 'b.jpg'].map((name, index) => at(Math.floor(index / 2) * 0.3, { name })));
    expect(burst.map(({ scene }) => [scene?.frames, scene?.rank])).toEqual([[2, 1], [2, 1], [2, 2], [2, 2]]);
  });

  it('count twins that lie in two folders as one, and photos of two cameras by one number as two', () => {
    const twins = photos(...['raw/a.CR2', 'jpg/a.jpg', 'raw/b.CR2', 'jpg/b.jpg'].map((name, index) => at(Math.floor(index / 2) * 0.3, { name })));
    expect(twins.map(({ scene }) => scene?.frames)).toEqual([2, 2, 2, 2]);
    const cameras = photos(at(0, { name: 'left/1.jpg' }), at(0, { name: 'right/1.jpg', camera: 'B' }), at(0.4, { name: 'left/2.jpg' }));
    expect(cameras.map(({ scene }) => scene?.frames)).toEqual([3, 3, 3]);
  });

  it('keep the order of the photos, lose none, and wait for no more than a few hundred', () => {
    const shots = Array.from({ length: 300 }, (_, index) => at(index * 0.1));
    const results = photos(...shots);
    expect(results.map(({ photo }) => photo)).toEqual(shots.map((_, index) => `${String(index)}.jpg`));
    const grouping = new SceneGrouping();
    let waiting = 0;
    let most = 0;
    for (const [index, { time = 0 }] of shots.entries()) {
      waiting += 1 - grouping.take(photoResult(`${String(index)}.jpg`, { capture: { time }, look: look(1) })).length;
      most = Math.max(most, waiting);
    }
    expect(most).toBeLessThanOrEqual(257);
  });

  it('let a photo go on as soon as its moment is over', () => {
    const grouping = new SceneGrouping();
    const shot = (seconds: number, seed: number): PhotoResult =>
      photoResult(`${String(seconds)}.jpg`, { capture: { time: start + seconds * 1000, camera: 'A' }, look: look(seed) });
    expect(grouping.take(shot(0, 1))).toEqual([]);
    expect(grouping.take(shot(1, 1))).toEqual([]);
    expect(grouping.take(shot(100, 2)).map(({ photo }) => photo)).toEqual(['0.jpg', '1.jpg']);
  });

  it('pass a photo that could not be read by', () => {
    const grouping = new SceneGrouping();
    const unread = photoResult('broken.jpg', { status: 'error', faces: [], error: 'The file is empty.' });
    expect(grouping.take(unread)).toEqual([unread]);
  });
});

describe('the best frame of a scene', () => {
  const ranks = (...frames: readonly PhotoResult['faces'][]): (number | undefined)[] =>
    photos(...frames.map((faces, index) => at(index * 0.3, { faces }))).map(({ scene }) => scene?.rank);
  const reasons = (...frames: readonly PhotoResult['faces'][]): (string | undefined)[] =>
    photos(...frames.map((faces, index) => at(index * 0.3, { faces }))).map(({ scene }) => scene?.reason);

  it('has all eyes that matter open, however sharp the others are', () => {
    expect(ranks([face({ eyes: 'closed', open: 0.02, sharpness: 99 })], [face({ sharpness: 62 })])).toEqual([2, 1]);
    expect(ranks([face({ eyes: 'unsure', open: 0.5, sharpness: 99 })], [face({ sharpness: 62 })])).toEqual([2, 1]);
  });

  it('is not one of which nothing is sharp, for the sake of somebody who has closed eyes in the others', () => {
    const [blurred, sharp] = photos(
      at(0, { faces: [face({ sharpness: 10, eyes: 'unknown' }), face({ x: 900, sharpness: 10 })] }),
      at(0.3, { faces: [face(), face({ x: 900, eyes: 'closed' })] }));
    expect([blurred?.scene?.rank, sharp?.scene?.rank]).toEqual([2, 1]);
    expect(blurred?.scene?.reason).toBe('softer than 1.jpg: 10 against 80');
  });

  it('is not a blurred one, though its eyes look open, while in the others they may be closed', () => {
    expect(ranks([face({ sharpness: 5 })], [face({ eyes: 'unsure', open: 0.5, sharpness: 90 })])).toEqual([2, 1]);
  });

  it('is not one in which nobody is well, though fewer faces were found there to be lost', () => {
    const [group, blurred] = photos(
      at(0, { faces: [face(), face({ x: 700, eyes: 'closed' }), face({ x: 1000, eyes: 'closed' }), face({ x: 1300, eyes: 'closed' })] }),
      at(0.3, { faces: [face({ sharpness: 10, eyes: 'unknown' }), face({ x: 700, sharpness: 10, eyes: 'unknown' })] }));
    expect([group?.scene?.rank, blurred?.scene?.rank]).toEqual([1, 2]);
    expect([group?.scene?.reason, blurred?.scene?.reason]).toEqual([
      'best of 2: 1 of 4 faces neither blurred nor with closed eyes, sharpest (80), most faces (4)', 'softer than 0.jpg: 10 against 80',
    ]);
  });

  it('does not care for the eyes of a bystander', () => {
    const shut = face({ eyes: 'closed', bystander: true });
    expect(ranks([face({ sharpness: 90 }), shut], [face({ sharpness: 70 })])).toEqual([1, 2]);
  });

  it('is then the sharpest, by the softest face, where anybody can see a difference', () => {
    expect(ranks([face({ sharpness: 95 }), face({ sharpness: 60, x: 900 })], [face({ sharpness: 80 }), face({ sharpness: 80, x: 900 })])).toEqual([2, 1]);
  });

  it('has most faces where it is as sharp as the others', () => {
    expect(ranks([face({ sharpness: 82 })], [face({ sharpness: 80 }), face({ sharpness: 80, x: 900 })])).toEqual([2, 1]);
  });

  it('is said to be so, and why, in words', () => {
    expect(reasons([face({ sharpness: 80 })], [face({ eyes: 'closed' })], [face({ sharpness: 50 })])).toEqual([
      'best of 3: all eyes open, sharpest (80)', 'more eyes closed than 0.jpg', 'softer than 0.jpg: 50 against 80',
    ]);
    expect(reasons([face()], [face()])[1]).toBe('no better than 0.jpg');
    expect(reasons([face(), face({ x: 900 })], [face(), face({ x: 900, eyes: 'closed' })])[1]).toBe('more eyes closed than 0.jpg: face 2');
  });
});

describe('an exposure bracket', () => {
  const bracket = (seconds: number, compensation: number, more: Shot = {}): Shot => at(seconds, { compensation, exposure: 10 - compensation, ...more });

  it('is no scene to choose from: all its frames belong together', () => {
    for (const { scene } of photos(...[-2, 0, 2].map((ev, index) => bracket(index * 0.3, ev, { bracketing: true })))) {
      expect(scene).toMatchObject({ scene: 1, frames: 3, rank: undefined });
      expect(scene?.reason).toBe('exposure bracket of 3: all frames belong together');
    }
  });

  it('is told by the exposures alone where the camera has no word for it', () => {
    expect(photos(...[0, -1, 1].map((ev, index) => bracket(index * 0.4, ev))).map(({ scene }) => scene?.rank)).toEqual([undefined, undefined, undefined]);
  });

  it('is not mixed up with the burst around it', () => {
    const shots = [at(0), at(0.3), ...[-2, 0, 2].map((ev, index) => bracket(0.6 + index * 0.3, ev, { bracketing: true })), at(1.6), at(1.9)];
    expect(photos(...shots).map(({ scene }) => [scene?.scene, scene?.rank === undefined])).toEqual(
      [[1, false], [1, false], [2, true], [2, true], [2, true], [1, false], [1, false]]);
  });

  it('is not a burst in changing light', () => {
    expect(photos(bracket(0, 0, { exposure: 10 }), bracket(0.3, 0, { exposure: 10.7 }), bracket(0.6, 0, { exposure: 10.1 }))
      .map(({ scene }) => scene?.rank)).toEqual([1, 2, 3]);
  });
});
