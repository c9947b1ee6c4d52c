import { describe, expect, it } from 'vitest';
import { attention, epochOrder, lossWeights, type Cell } from '../../../src/train/data/balance.js';
import type { EyeDataset } from '../../../src/train/data/packed-file.js';

type Row = readonly [source: string, label: number, kind?: string];

/** A dataset of nothing but what balance looks at. */
function rowsOf(...rows: readonly Row[]): EyeDataset {
  const all = new Array<string>(rows.length).fill('');
  return {
    length: rows.length, crop: 'eye', pixels: new Uint8Array(), labels: Uint8Array.from(rows, ([, label]) => label), kinds: rows.map(([, , kind = '']) => kind),
    sources: rows.map(([source]) => source), groups: all, paths: all, cropWidths: new Float32Array(), turns: new Float32Array(),
  };
}
const times = (count: number, row: Row): Row[] => new Array<Row>(count).fill(row);
const all = ({ length }: EyeDataset): Int32Array => Int32Array.from({ length }, (_, row) => row);
const cellsOf = (dataset: EyeDataset, emphasis: Record<string, number> = {}): Cell[] => attention(dataset, all(dataset), emphasis);
/** The share of attention of the cells that fit. */
const share = (cells: readonly Cell[], fits: (cell: Cell) => boolean): number => cells.filter(fits).reduce((sum, cell) => sum + cell.share, 0);

describe('attention', () => {
  it('goes to cells of one source, class and kind, by name, and to all rows once', () => {
    const dataset = rowsOf(['b', 1], ['a', 1, 'narrow'], ['a', 0], ['a', 1, 'wide'], ['a', 1, 'narrow']);
    const cells = cellsOf(dataset);
    expect(cells.map(({ source, label, kind, rows }) => [source, label, kind, [...rows]])).toEqual([
      ['a', 0, '', [2]], ['a', 1, 'narrow', [1, 4]], ['a', 1, 'wide', [3]], ['b', 1, '', [0]],
    ]);
    expect(share(cells, () => true)).toBeCloseTo(1, 9);
    expect(attention(dataset, Int32Array.of(0, 2), {}).map(({ rows }) => [...rows])).toEqual([[2], [0]]);
  });

  it('goes half to closed and half to open eyes, and as much to either within a source', () => {
    const cells = cellsOf(rowsOf(...times(30, ['a', 0]), ...times(70, ['a', 1]), ...times(10, ['b', 0]), ...times(20, ['b', 1])));
    expect(share(cells, ({ label }) => label === 0)).toBeCloseTo(0.5, 9);
    expect(share(cells, ({ source, label }) => source === 'a' && label === 0)).toBeCloseTo(share(cells, ({ source, label }) => source === 'a' && label === 1), 9);
  });

  it('goes to sources by the square root of their size', () => {
    const cells = cellsOf(rowsOf(...times(50, ['a', 0]), ...times(50, ['a', 1]), ...times(5, ['b', 0]), ...times(20, ['b', 1])));
    expect(share(cells, ({ source }) => source === 'a') / share(cells, ({ source }) => source === 'b')).toBeCloseTo(10 / 5, 9);
  });

  it('goes to a source as many times as is said', () => {
    const dataset = rowsOf(...times(8, ['a', 0]), ...times(8, ['a', 1]), ...times(8, ['b', 0]), ...times(8, ['b', 1]), ...times(4, ['a', 2]), ...times(4, ['b', 2]));
    const cells = cellsOf(dataset, { a: 3 });
    const ofA = (label: number): number => share(cells, (cell) => cell.source === 'a' && cell.label === label) / share(cells, (cell) => cell.label === label);
    expect([ofA(0), ofA(1), ofA(2)].map((value) => Math.round(1000 * value))).toEqual([750, 750, 750]);
  });

  it('evens out classes though sources have one of them alone', () => {
    // 100 closed eyes of one source, 400 open ones of another, and a third source of both.
    const cells = cellsOf(rowsOf(...times(100, ['a', 0]), ...times(400, ['b', 1]), ...times(18, ['c', 0]), ...times(18, ['c', 1])));
    const of = (source: string): number => share(cells, (cell) => cell.source === source);
    expect(share(cells, ({ label }) => label === 0)).toBeCloseTo(0.5, 9);
    // Sources of one class are scaled to the geometric mean of their masses, 10 and 20; that of the third is 6, once for each class.
    expect(of('a')).toBeCloseTo(of('b'), 9);
    expect(of('a') / of('c')).toBeCloseTo(Math.sqrt(200) / 12, 9);
  });

  it('goes to the only class where there is one', () => {
    const cells = cellsOf(rowsOf(...times(9, ['a', 1]), ...times(4, ['b', 1])));
    expect(share(cells, ({ source }) => source === 'a')).toBeCloseTo(3 / 5, 9);
    expect(share(cells, ({ source }) => source === 'b')).toBeCloseTo(2 / 5, 9);
    const paired = cellsOf(rowsOf(...times(9, ['a', 1]), ...times(8, ['b', 1]), ...times(8, ['b', 0])));
    expect(share(paired, ({ label }) => label === 1)).toBeCloseTo(0.5, 9);
    expect(share(paired, ({ source }) => source === 'a')).toBeCloseTo(0.5 * 3 / 7, 9);
  });

  it('goes to a fifth to crops without an eye, by the square root of their sources\' sizes; to them alone where nothing else is', () => {
    const lids = [...times(10, ['a', 0]), ...times(10, ['a', 1])] as const;
    const hidden = [...times(4, ['a', 2]), ...times(36, ['b', 2])] as const;
    const cells = cellsOf(rowsOf(...lids, ...hidden));
    expect(share(cells, ({ label }) => label === 2)).toBeCloseTo(0.2, 9);
    expect(share(cells, ({ source, label }) => label === 2 && source === 'b')).toBeCloseTo(0.15, 9);
    expect(share(cellsOf(rowsOf(...lids)), ({ label }) => label === 2)).toBe(0);
    expect(share(cellsOf(rowsOf(...hidden)), ({ source }) => source === 'a')).toBeCloseTo(0.25, 9);
    expect(share(cellsOf(rowsOf(...hidden)), ({ source }) => source === 'b')).toBeCloseTo(0.75, 9);
  });

  it('goes to kinds by the square root of their number', () => {
    const cells = cellsOf(rowsOf(...times(64, ['a', 1, 'open']), ...times(4, ['a', 1, 'narrow']), ...times(9, ['a', 0])));
    const of = (kind: string): number => share(cells, (cell) => cell.label === 1 && cell.kind === kind);
    expect(of('open') / of('narrow')).toBeCloseTo(4, 9);
  });
});

describe('the order of an epoch', () => {
  const dataset = rowsOf(...times(6, ['a', 0]), ...times(30, ['a', 1]));
  const cells = cellsOf(dataset);
  const order = (length: number, balance: 'sampling' | 'weights' | 'none', epoch = 0, seed = 1): number[] => [...epochOrder(cells, length, seed, epoch, balance)];
  const closed = (rows: readonly number[]): number => rows.filter((row) => row < 6).length;

  it('follows from seed and epoch alone, and differs with either', () => {
    for (const balance of ['sampling', 'weights'] as const) {
      expect(order(36, balance)).toEqual(order(36, balance));
      expect(order(36, balance, 1)).not.toEqual(order(36, balance));
      expect(order(36, balance, 0, 2)).not.toEqual(order(36, balance));
    }
  });

  it('shows each cell as often as its share, evenly over the epoch', () => {
    const rows = order(120, 'sampling');
    expect(rows).toHaveLength(120);
    expect(closed(rows)).toBe(60);
    for (let at = 0; at < 120; at += 20) expect(Math.abs(closed(rows.slice(at, at + 20)) - 10)).toBeLessThanOrEqual(2);
    // Each row of a cell is shown once before any is shown again.
    expect([0, 1, 2, 3, 4, 5].map((row) => rows.filter((each) => each === row).length)).toEqual([10, 10, 10, 10, 10, 10]);
    expect(new Set(rows.filter((row) => row >= 6)).size).toBe(30);
  });

  it('gives what cannot be divided to the cells that are nearest to one more', () => {
    const three: Cell[] = [0.5, 0.3, 0.2].map((each, index) => ({ source: '', label: 0, kind: '', rows: Int32Array.of(index), share: each }));
    const counts = [...epochOrder(three, 7, 1, 0, 'sampling')].reduce((sum, row) => sum.map((count, index) => count + (index === row ? 1 : 0)), [0, 0, 0]);
    // 3.5, 2.1 and 1.4.
    expect(counts).toEqual([4, 2, 1]);
  });

  it('without sampling shows all rows once, shuffled, and begins anew after that', () => {
    for (const balance of ['weights', 'none'] as const) {
      const rows = order(80, balance);
      const sorted = (from: number, to: number): number[] => rows.slice(from, to).sort((a, b) => a - b);
      expect(sorted(0, 36)).toEqual([...all(dataset)]);
      expect(sorted(36, 72)).toEqual([...all(dataset)]);
      expect(rows.slice(0, 36)).not.toEqual([...all(dataset)]);
      expect(rows.slice(36, 72)).not.toEqual(rows.slice(0, 36));
      expect(new Set(rows.slice(72)).size).toBe(8);
    }
  });

  it('shows another part of a large cell in each epoch', () => {
    const seen = (epoch: number): number[] => order(12, 'sampling', epoch).filter((row) => row >= 6).sort((a, b) => a - b);
    expect(seen(0)).toHaveLength(6);
    expect(seen(1)).not.toEqual(seen(0));
  });
});

describe('weights of the loss', () => {
  const dataset = rowsOf(...times(2, ['a', 0]), ...times(6, ['a', 1]), ['b', 1]);
  const cells = attention(dataset, Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7), {});

  it('are 1 where nothing is evened out by them, and 0 for rows that are not trained on', () => {
    for (const balance of ['sampling', 'none'] as const) expect([...lossWeights(cells, 9, balance)]).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0]);
  });

  it('are larger for what is rare, 1 on average', () => {
    const weights = [...lossWeights(cells, 9, 'weights')];
    weights.forEach((weight, row) => { expect(weight).toBeCloseTo(row < 2 ? 2 : row < 8 ? 2 / 3 : 0, 6); });
  });
});
