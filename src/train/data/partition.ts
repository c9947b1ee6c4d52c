/**
 * Splits a dataset into train, validation and test so that no photo, person, burst or near-duplicate is in two of them.
 */
import { UsageError } from '../../core/usage-error.js';
import { DisjointSets } from './groups.js';
import { CLOSED, OPEN } from './labels.js';
import { nearDuplicates, type DuplicatePair } from './near-duplicates.js';
import { countLabel, type EyeDataset } from './packed-file.js';
import { mixSeed, Random } from './random.js';

/** How to split; `config.data` fits. */
export interface PartitionOptions {
  /** Share of the eyes kept for validation, 0 to 1. */
  readonly validation: number;
  /** Share of the eyes kept for the test, 0 to 1. */
  readonly test: number;
  /** `random` deals out single eyes and leaks: it exists to show by how much that flatters. */
  readonly split: 'group' | 'random';
  readonly split_seed: number;
  /** Sources that are only tested on. */
  readonly holdout: readonly string[];
  /** Sources that are only validated on. */
  readonly validate_on: readonly string[];
  /** Eyes whose pixels correlate at least this much count as the same picture, 0 to 1. */
  readonly duplicate_correlation: number;
}

/** Row numbers of a dataset, ascending in each part. */
export interface Partition {
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
  /** All pairs of near-duplicates; a split by group keeps them together. */
  readonly duplicates: readonly DuplicatePair[];
}

type Part = 'train' | 'validation' | 'test';
const PARTS: readonly Part[] = ['train', 'validation', 'test'];

/**
 * Splits by group, stratified by source and class, the same for the same seed whatever the order of the rows in the file
 * was. With `holdout`, those sources' eyes are in the test part only, and of them only the ones that share no group with
 * an eye trained or validated on. Sources of `validate_on`, and what is tied to them, are in the validation part only.
 * @throws Error that says what is missing if a part is without a class (only the test part may be empty);
 *   UsageError if a source of `holdout` or `validate_on` is unknown
 */
export function partitionDataset(dataset: EyeDataset, options: PartitionOptions): Partition {
  requireSources(dataset, 'data.holdout', options.holdout);
  requireSources(dataset, 'data.validate_on', options.validate_on);
  const pairs = nearDuplicates(dataset, options.duplicate_correlation);
  const components = options.split === 'random' ? singles(dataset) : joined(dataset, pairs);
  const parts = applyHoldout(dataset, deal(dataset, components, options), components, options);
  const rowsOf = (part: Part): Int32Array =>
    Int32Array.from(parts.flatMap((assigned, row) => (assigned === part ? [row] : [])));
  const partition = {
    train: rowsOf('train'), validation: rowsOf('validation'), test: rowsOf('test'), duplicates: pairs,
  };
  requireBothClasses(dataset, partition, options);
  return partition;
}

function requireSources(dataset: EyeDataset, setting: string, names: readonly string[]): void {
  const unknown = names.filter((source) => !dataset.sources.includes(source));
  if (unknown.length === 0) return;
  const known = [...new Set(dataset.sources)].join(', ');
  throw new UsageError(`${setting} names ${unknown.join(', ')}, which the packed file does not hold. It holds: ${known}.`);
}

function singles(dataset: EyeDataset): Int32Array {
  return Int32Array.from({ length: dataset.length }, (_, row) => row);
}

/** For every row the smallest row of its component: rows tied by a group or by looking the same. */
function joined(dataset: EyeDataset, pairs: readonly { readonly first: number; readonly second: number }[]): Int32Array {
  const sets = new DisjointSets(dataset.length);
  const firstOf = new Map<string, number>();
  dataset.groups.forEach((group, row) => {
    const first = firstOf.get(group);
    if (first === undefined) firstOf.set(group, row);
    else sets.join(first, row);
  });
  for (const { first, second } of pairs) sets.join(first, second);
  return Int32Array.from({ length: dataset.length }, (_, row) => sets.find(row));
}

/** One component: its rows, and how many of them are in each stratum (source and class). */
interface Component {
  readonly rows: number[];
  readonly strata: Map<string, number>;
}

/** All rows, ordered by what they are called; two of one name by their class. */
function byName(dataset: EyeDataset): number[] {
  const names = Array.from({ length: dataset.length }, (_, row) =>
    `${String(dataset.sources[row])}/${String(dataset.paths[row])}|${String(dataset.labels[row])}`);
  return [...names.keys()].sort((a, b) => {
    const [first = '', second = ''] = [names[a], names[b]];
    return first < second ? -1 : first > second ? 1 : 0;
  });
}

function stratumOf(dataset: EyeDataset, row: number): string {
  return `${String(dataset.sources[row])}|${String(dataset.labels[row])}`;
}

/** Nothing here follows from the order of rows in the file: neither the order of components nor that of their strata. */
function gather(dataset: EyeDataset, components: Int32Array): Component[] {
  const byRoot = new Map<number, Component>();
  for (const row of byName(dataset)) {
    const root = components[row] ?? row;
    const component = byRoot.get(root) ?? { rows: [], strata: new Map<string, number>() };
    byRoot.set(root, component);
    const stratum = stratumOf(dataset, row);
    component.rows.push(row);
    component.strata.set(stratum, (component.strata.get(stratum) ?? 0) + 1);
  }
  return [...byRoot.values()];
}

/**
 * Deals components out, large ones first, each to the part that is furthest below its share of the component's strata
 * (after Sechidis et al., "On the Stratification of Multi-label Data", 2011).
 */
function deal(dataset: EyeDataset, roots: Int32Array, options: PartitionOptions): Part[] {
  const shares: Record<Part, number> = {
    train: 1 - options.validation - options.test, validation: options.validation, test: options.test,
  };
  const components = new Random(mixSeed(options.split_seed, 0x5011)).shuffle(gather(dataset, roots));
  components.sort((a, b) => b.rows.length - a.rows.length);
  const totals = new Map<string, number>();
  for (const { strata } of components) {
    for (const [stratum, count] of strata) totals.set(stratum, (totals.get(stratum) ?? 0) + count);
  }
  const filled: Record<Part, Map<string, number>> = { train: new Map(), validation: new Map(), test: new Map() };
  const parts = new Array<Part>(dataset.length).fill('train');
  for (const component of components) {
    const need = (part: Part): number => {
      let sum = 0;
      for (const [stratum, count] of component.strata) {
        const want = shares[part] * (totals.get(stratum) ?? 0);
        // Relative to the share, so that the small parts are filled as evenly as the large one.
        sum += (count * (want - (filled[part].get(stratum) ?? 0))) / Math.max(want, 1e-9);
      }
      return sum;
    };
    const open = PARTS.filter((part) => shares[part] > 0);
    const kept = component.rows.some((row) => options.validate_on.includes(dataset.sources[row] ?? ''));
    const best = kept ? 'validation' : open.reduce((chosen, part) => (need(part) > need(chosen) + 1e-12 ? part : chosen));
    for (const row of component.rows) parts[row] = best;
    for (const [stratum, count] of component.strata) {
      filled[best].set(stratum, (filled[best].get(stratum) ?? 0) + count);
    }
  }
  return parts;
}

function applyHoldout(
  dataset: EyeDataset, parts: readonly Part[], components: Int32Array, options: PartitionOptions,
): (Part | undefined)[] {
  if (options.holdout.length === 0) return [...parts];
  const held = (row: number): boolean => options.holdout.includes(dataset.sources[row] ?? '');
  const learnt = new Set<number>();
  parts.forEach((part, row) => {
    if (!held(row) && part !== 'test') learnt.add(components[row] ?? row);
  });
  return parts.map((part, row) => {
    if (held(row)) return learnt.has(components[row] ?? row) ? undefined : 'test';
    return part === 'test' ? undefined : part;
  });
}

function requireBothClasses(dataset: EyeDataset, partition: Partition, options: PartitionOptions): void {
  for (const part of PARTS) {
    if (part === 'test' && options.test === 0) continue;
    const [closed, open] = [countLabel(dataset, partition[part], CLOSED), countLabel(dataset, partition[part], OPEN)];
    if (closed > 0 && open > 0) continue;
    throw new Error(
      `The ${part} part has ${String(closed)} closed and ${String(open)} open eyes; both classes are needed. Add images of the missing ` +
      'class, check the group rules (data.groups: is everything one group?), or change data.validation and data.test.');
  }
}

/**
 * Checks a split for leaks.
 * @throws Error that names the group or the pair of images that is in two parts
 */
export function checkPartition(dataset: EyeDataset, partition: Partition): void {
  const partOf = new Map<number, Part>();
  for (const part of PARTS) for (const row of partition[part]) partOf.set(row, part);
  const partOfGroup = new Map<string, Part>();
  for (const [row, part] of partOf) {
    const group = dataset.groups[row] ?? '';
    const before = partOfGroup.get(group);
    if (before !== undefined && before !== part) {
      throw new Error(`The split leaks: group "${group}" is in the ${before} part and in the ${part} part.`);
    }
    partOfGroup.set(group, part);
  }
  for (const { first, second, correlation } of partition.duplicates) {
    const [a, b] = [partOf.get(first), partOf.get(second)];
    if (a === undefined || b === undefined || a === b) continue;
    throw new Error(
      `The split leaks: ${String(dataset.paths[first])} (${a}) and ${String(dataset.paths[second])} (${b}) look the same: their pixels ` +
      `correlate by ${correlation.toFixed(3)}.`);
  }
}
