/**
 * How often each kind of eye is seen in training, and in which order.
 */
import { byteAt } from '../../core/typed-array.js';
import { HIDDEN } from './labels.js';
import type { EyeDataset } from './packed-file.js';
import { mixSeed, Random } from './random.js';

/**
 * How unequal classes and sources are evened out: `sampling` draws rare kinds more often, `weights` gives them a larger
 * loss instead, `none` leaves things as they are.
 */
export type Balance = 'sampling' | 'weights' | 'none';

/** The rows of one source, class and kind, and the share of attention that they get. */
export interface Cell {
  readonly source: string;
  /** 0 closed, 1 open, 2 hidden. */
  readonly label: number;
  /** `narrow`, `sunglasses` and the like. */
  readonly kind: string;
  readonly rows: Int32Array;
  /** Share of all attention, 0 to 1. */
  readonly share: number;
}

/** How many times the attention a source gets that its size would give it; once where it is not named. */
export type Emphasis = Readonly<Record<string, number>>;

/** Share of all attention that crops without an eye get, where there are any. */
const HIDDEN_SHARE = 0.2;

/**
 * Divides attention over sources, classes and kinds.
 *
 * A source gets attention by the square root of its size, so that large sets lead without drowning small ones. Within a
 * source that has both open and closed eyes they get the same, so that the source says nothing about the class. Sources with
 * one of them are scaled so that in the end closed and open get the same. Within a source and class, kinds share by the square
 * root of their number: rare ones, such as narrow eyes, are seen more often.
 */
export function attention(dataset: EyeDataset, indices: Int32Array, emphasis: Emphasis = {}): Cell[] {
  const strata = new Map<string, Stratum>();
  for (const row of indices) {
    const source = dataset.sources[row] ?? '';
    const label = byteAt(dataset.labels, row);
    const key = `${String(label)}${source}`;
    const stratum = strata.get(key) ?? { source, label, size: 0, kinds: new Map<string, number[]>() };
    strata.set(key, stratum);
    stratum.size += 1;
    const kind = dataset.kinds[row] ?? '';
    const rows = stratum.kinds.get(kind) ?? [];
    stratum.kinds.set(kind, rows);
    rows.push(row);
  }
  const list = [...strata.values()].sort((a, b) => (`${a.source}${String(a.label)}` < `${b.source}${String(b.label)}` ? -1 : 1));
  const hidden = list.filter(({ label }) => label === HIDDEN);
  const lids = list.filter(({ label }) => label !== HIDDEN);
  const hiddenShare = hidden.length === 0 ? 0 : lids.length === 0 ? 1 : HIDDEN_SHARE;
  const masses = classesEvened(lids.map(({ source, label, size }) => {
    const other = strata.get(`${String(1 - label)}${source}`);
    return { label, paired: other !== undefined, mass: (emphasis[source] ?? 1) * Math.sqrt(size + (other?.size ?? 0)) };
  }));
  const massOf = ({ source, size }: Stratum): number => (emphasis[source] ?? 1) * Math.sqrt(size);
  const hiddenMass = hidden.reduce((sum, stratum) => sum + massOf(stratum), 0);
  return [
    ...lids.flatMap((stratum, index) => cellsOf(stratum, (1 - hiddenShare) * (masses[index] ?? 0))),
    ...hidden.flatMap((stratum) => cellsOf(stratum, (hiddenShare * massOf(stratum)) / hiddenMass)),
  ];
}

/** The eyes of one source and class, rows by kind. */
interface Stratum {
  readonly source: string;
  readonly label: number;
  size: number;
  readonly kinds: Map<string, number[]>;
}

function cellsOf({ source, label, kinds }: Stratum, share: number): Cell[] {
  const list = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1));
  const mass = list.reduce((sum, [, rows]) => sum + Math.sqrt(rows.length), 0);
  return list.map(([kind, rows]) =>
    ({ source, label, kind, rows: Int32Array.from(rows), share: (share * Math.sqrt(rows.length)) / mass }));
}

/** Masses scaled to sum to one, half of it for each class where there are two. */
function classesEvened(cells: readonly { label: number; paired: boolean; mass: number }[]): number[] {
  const sum = (label: number, paired: boolean): number =>
    cells.reduce((total, cell) => total + (cell.label === label && cell.paired === paired ? cell.mass : 0), 0);
  const alone = [sum(0, false), sum(1, false)] as const;
  const common = Math.sqrt(alone[0] * alone[1]);
  const scaled = cells.map((cell) => {
    const own = alone[cell.label === 0 ? 0 : 1];
    return cell.paired || common === 0 ? cell.mass : (cell.mass * common) / own;
  });
  const totals = [0, 0];
  cells.forEach(({ label }, cell) => { totals[label] = (totals[label] ?? 0) + (scaled[cell] ?? 0); });
  const classes = totals.filter((total) => total > 0).length;
  return cells.map(({ label }, cell) => (scaled[cell] ?? 0) / ((totals[label] ?? 1) * classes));
}

/**
 * The rows of one epoch in order: a pure function of its arguments.
 *
 * With `sampling` each cell's rows are spread evenly over the epoch, so that every batch is close to balanced; a cell
 * with more rows than its share shows another part of them in each epoch.
 * @param length rows in the epoch
 */
export function epochOrder(cells: readonly Cell[], length: number, seed: number, epoch: number, balance: Balance): Int32Array {
  const random = new Random(mixSeed(seed, epoch, 0xe90c));
  if (balance !== 'sampling') return cycled(allRows(cells), length, random);
  const keyed: { key: number; row: number }[] = [];
  quotas(cells, length).forEach((quota, cell) => {
    const rows = cycled(cells[cell]?.rows ?? new Int32Array(), quota, random);
    rows.forEach((row, index) => { keyed.push({ key: (index + random.next()) / quota, row }); });
  });
  return Int32Array.from(keyed.sort((a, b) => a.key - b.key), ({ row }) => row);
}

/**
 * What the loss of each row counts, 1 on average: rare kinds count more with `weights`, all the same otherwise.
 * @returns weight by row of the dataset; 0 for rows that are in no cell
 */
export function lossWeights(cells: readonly Cell[], rows: number, balance: Balance): Float32Array {
  const total = cells.reduce((sum, cell) => sum + cell.rows.length, 0);
  const weights = new Float32Array(rows);
  for (const cell of cells) {
    const weight = balance === 'weights' ? (cell.share * total) / cell.rows.length : 1;
    for (const row of cell.rows) weights[row] = weight;
  }
  return weights;
}

function allRows(cells: readonly Cell[]): Int32Array {
  return Int32Array.from(cells.flatMap((cell) => [...cell.rows])).sort();
}

/** `length` rows: whole shuffled rounds through `rows` and a part of one more. */
function cycled(rows: Int32Array, length: number, random: Random): Int32Array {
  const order = new Int32Array(length);
  for (let at = 0; at < length; at += rows.length) {
    const round = random.shuffle(Int32Array.from(rows));
    order.set(round.subarray(0, Math.min(rows.length, length - at)), at);
  }
  return order;
}

/** Whole numbers that sum to `length`, as near to the shares as can be (largest remainder). */
function quotas(cells: readonly Cell[], length: number): number[] {
  const exact = cells.map((cell) => cell.share * length);
  const whole = exact.map(Math.floor);
  const left = length - whole.reduce((sum, count) => sum + count, 0);
  const byRemainder = exact.map((value, cell) => ({ cell, rest: value - Math.floor(value) })).sort((a, b) => b.rest - a.rest);
  for (const { cell } of byRemainder.slice(0, left)) whole[cell] = (whole[cell] ?? 0) + 1;
  return whole;
}
