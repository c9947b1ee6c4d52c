import { describe, expect, it } from 'vitest';
import { misplacedRegion } from '../../../src/train/data/misplaced.js';
import { Random } from '../../../src/train/data/random.js';

const image = { data: new Uint8Array(), width: 400, height: 400, channels: 1 } as const;
const region = { center: { x: 230, y: 200 }, width: 40, angle: 0.2 };
const eyes = [{ x: 230, y: 200 }, { x: 188, y: 190 }];

describe('a crop beside the eyes', () => {
  const view = { image, region, photoWidth: 40 };
  const found = Array.from({ length: 300 }, (_, seed) => misplacedRegion(view, 1, eyes, new Random(seed)));

  it('keeps away from every eye, and is as wide and as turned as theirs', () => {
    for (const each of found.filter((place) => place !== undefined)) {
      for (const eye of eyes) expect(Math.hypot(each.center.x - eye.x, each.center.y - eye.y)).toBeGreaterThan(24);
      expect(each).toMatchObject({ width: 40, angle: 0.2 });
    }
  });

  it('is found nearly always, on all sides of the eye but the other one\'s', () => {
    const places = found.filter((place) => place !== undefined);
    expect(places.length).toBeGreaterThan(250);
    expect(places.some(({ center }) => center.y > 225)).toBe(true);
    expect(places.some(({ center }) => center.y < 175)).toBe(true);
    expect(places.some(({ center }) => center.x > 265)).toBe(true);
    expect(places.some(({ center }) => center.x < 190)).toBe(false);
  });

  it('lies within the picture or nowhere', () => {
    const edge = { image, region: { ...region, center: { x: 395, y: 395 } }, photoWidth: 40 };
    for (let seed = 0; seed < 100; seed += 1) {
      const place = misplacedRegion(edge, 1, [], new Random(seed));
      if (place === undefined) continue;
      expect(place.center.x).toBeLessThan(400);
      expect(place.center.y).toBeLessThan(400);
    }
  });
});
