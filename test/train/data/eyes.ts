/** Small datasets for tests: patterns instead of eyes, so that each row can be told from the others. */
import { CANVASES, canvasBytes } from '../../../src/train/data/canvas.js';
import type { Label } from '../../../src/train/data/labels.js';
import { datasetOf, type EyeDataset, type EyeRow } from '../../../src/train/data/packed-file.js';
import { Random } from '../../../src/train/data/random.js';

const CANVAS = CANVASES.eye;
const CANVAS_BYTES = canvasBytes('eye');

const patterns = new Map<number, Uint8Array>();

/** A smooth random pattern; the same number gives the same pattern, made once. */
export function pattern(number: number): Uint8Array {
  const made = patterns.get(number) ?? drawPattern(number);
  patterns.set(number, made);
  return made;
}

function drawPattern(number: number): Uint8Array {
  const random = new Random(number * 7919 + 1);
  const waves = Array.from({ length: 6 }, () => ({
    x: random.signed() * 0.4, y: random.signed() * 0.4, phase: random.next() * 6, size: random.next() * 25,
  }));
  return Uint8Array.from({ length: CANVAS_BYTES }, (_, i) =>
    128 + waves.reduce((sum, { x, y, phase, size }) =>
      sum + size * Math.sin(x * (i % CANVAS.width) + y * Math.floor(i / CANVAS.width) + phase), 0) * 0.8);
}

/** Rows in the order given; pixels are a pattern of their own where none are given. */
export function eyes(rows: readonly (Partial<EyeRow> & Pick<EyeRow, 'label' | 'source' | 'group'>)[]): EyeDataset {
  return datasetOf(rows.map((row, index) => ({ pixels: pattern(index), path: `${String(index)}.jpg`, kind: '', cropWidth: 48, turn: 0, ...row })));
}

/** `count` eyes of one source and class, `perGroup` to a group. */
export function many(source: string, label: Label, count: number, perGroup = 2): { source: string; label: Label; group: string }[] {
  return Array.from({ length: count }, (_, i) => ({ source, label, group: `${source}-${String(label)}-${String(Math.floor(i / perGroup))}` }));
}
