import { describe, expect, it } from 'vitest';
import type { CropFace } from '../../../src/train/detection/faces.js';
import { cellCount, TARGETS, TARGETS_PER_CELL, writeTargets } from '../../../src/train/detection/targets.js';

const SIZE = 128;
const CELLS = cellCount(SIZE);
/** Where the cells of each grid begin: 16 x 16 of 8 px, 8 x 8 of 16 px, 4 x 4 of 32 px. */
const STARTS = [0, 256, 320] as const;

function face(x: number, y: number, width: number, height: number, more: Partial<CropFace> = {}): CropFace {
  return { x, y, width, height, ignored: false, eyes: [{}, {}], ...more };
}

function targets(...faces: CropFace[]): (target: number, cell: number) => number {
  const out = new Float32Array(TARGETS_PER_CELL * CELLS);
  writeTargets(faces, SIZE, out, 0);
  return (target, cell) => out[target * CELLS + cell] ?? NaN;
}

function cellsWith(of: (target: number, cell: number) => number, target: number, value: number): number[] {
  return Array.from({ length: CELLS }, (_, cell) => cell).filter((cell) => of(target, cell) === value);
}

describe('targets of a crop', () => {
  it('give a small face to the cell of the finest grid at its centre', () => {
    // Centre (36, 44): the cell in column 4, row 5, whose own centre that is.
    const of = targets(face(30, 37, 12, 14));
    expect(cellsWith(of, TARGETS.face, 1)).toEqual([5 * 16 + 4]);
    const cell = 5 * 16 + 4;
    expect([0, 1, 2, 3].map((index) => of(TARGETS.box + index, cell))).toEqual([0, 0, 12 / 8, 14 / 8]);
    expect(of(TARGETS.inverseSize, cell)).toBeCloseTo(8 / Math.sqrt(12 * 14), 5);
  });

  it('give a large face to coarser grids, and one between two sizes to both', () => {
    const of = targets(face(10, 10, 100, 110));
    expect(cellsWith(of, TARGETS.face, 1).every((cell) => cell >= STARTS[2])).toBe(true);
    const between = cellsWith(targets(face(40, 40, 32, 36)), TARGETS.face, 1);
    expect(between.some((cell) => cell < STARTS[1])).toBe(true);
    expect(between.some((cell) => cell >= STARTS[1] && cell < STARTS[2])).toBe(true);
  });

  it('give a cell between two faces to the one whose centre is nearer', () => {
    const of = targets(face(30, 37, 12, 14), face(27, 37, 12, 14));
    expect(of(TARGETS.box, 5 * 16 + 4)).toBe(0);
  });

  it('do not count around faces that are ignored or too small', () => {
    for (const ignored of [face(30, 30, 40, 40, { ignored: true }), face(60, 60, 6, 6)]) {
      const of = targets(ignored);
      expect(cellsWith(of, TARGETS.face, 1)).toEqual([]);
      const out = cellsWith(of, TARGETS.counts, 0);
      expect(out.length).toBeGreaterThan(0);
      expect(of(TARGETS.counts, 0)).toBe(1);
    }
  });

  it('measure points and eyes from the cell, where they are known', () => {
    const points = [31, 40, 35, 40, 33, 40, 41, 40, 37, 40, 39, 40, 36, 45];
    const of = targets(face(30, 37, 12, 14, { points, eyes: [{ visible: 1, open: 0 }, { visible: 0 }] }));
    const cell = 5 * 16 + 4;
    expect(of(TARGETS.pointsKnown, cell)).toBe(1);
    expect(of(TARGETS.points + 12, cell)).toBe(0);
    expect(of(TARGETS.points + 13, cell)).toBeCloseTo(1 / 8, 5);
    expect([0, 1].map((side) => [of(TARGETS.visible + side, cell), of(TARGETS.visibleKnown + side, cell)])).toEqual([[1, 1], [0, 1]]);
    expect([0, 1].map((side) => [of(TARGETS.open + side, cell), of(TARGETS.openKnown + side, cell)])).toEqual([[0, 1], [0, 0]]);
  });

  it('refuse a crop that the grids do not fit', () => {
    expect(() => { writeTargets([], 100, new Float32Array(1), 0); }).toThrow('100 px');
  });
});
