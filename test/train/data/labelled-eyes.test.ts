import { describe, expect, it } from 'vitest';
import type { Box } from '../../../src/core/raster.js';
import { matchFaces } from '../../../src/train/data/labelled-eyes.js';

const square = (x: number, y: number, width: number): { readonly box: Box } => ({ box: { x, y, width, height: width } });

/** What was found at each labelled face. */
function match(labelled: readonly { readonly box?: Box }[], found: readonly { readonly box: Box }[]): unknown[] {
  const faces = matchFaces(labelled, found);
  expect(faces.map(({ labels }) => labels)).toEqual(labelled);
  return faces.map((face) => face.found);
}

describe('labelled faces', () => {
  const [large, small] = [square(300, 0, 120), square(0, 0, 100)];

  it('are the largest one found where no box says which', () => {
    expect(match([{}], [large, small])).toEqual([large]);
    expect(match([{}], [])).toEqual([undefined]);
  });

  it('are the ones found in their boxes, in whatever order either are', () => {
    expect(match([square(5, 5, 100), square(310, 10, 100)], [large, small])).toEqual([small, large]);
    expect(match([square(310, 10, 100), square(5, 5, 100)], [large, small])).toEqual([large, small]);
  });

  it('go without where nothing overlaps their boxes by a quarter', () => {
    // 63 px of 100 in common each way are 3969 of the 16 031 that both cover, 64 px are 4096 of 15 904.
    expect(match([square(37, 37, 100)], [small])).toEqual([undefined]);
    expect(match([square(36, 36, 100)], [small])).toEqual([small]);
  });

  it('are the one that fits the box best where several do', () => {
    const [low, high] = [square(0, 20, 100), square(0, -10, 100)];
    expect(match([square(0, 0, 100)], [low, high])).toEqual([high]);
    expect(match([square(0, 0, 100)], [high, low])).toEqual([high]);
  });

  it('get each found face but once: the one whose box fits it better has it', () => {
    const between = square(40, 0, 100);
    expect(match([square(0, 0, 100), square(50, 0, 100)], [between])).toEqual([undefined, between]);
    // The other one has what is left, where that fits it at all.
    expect(match([square(0, 0, 100), square(50, 0, 100)], [between, square(0, 20, 100)])).toEqual([square(0, 20, 100), between]);
  });
});
