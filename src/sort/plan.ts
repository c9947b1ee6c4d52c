/**
 * What a sort will do, worked out before anything is touched.
 */
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import { filesByStem, stemOf } from './companions.js';
import { exists, isSameContent, type Action } from './place.js';
import { verdictFolders, type VerdictFolder } from './verdicts.js';

/** One file from here to there; absolute paths. */
export interface Step {
  readonly from: string;
  readonly to: string;
}

export interface SortPlan {
  readonly action: Action;
  readonly steps: readonly Step[];
  /** Photos of the report that are not in the folder. */
  readonly missing: readonly string[];
  /** Files that lie where they should already. */
  readonly already: number;
}

/**
 * Plans a sort: `TO/VERDICT/NAME`, sub-folders kept, with RAW twins and sidecars.
 *
 * Photos that share a stem stay together in the best verdict that one of them got: a RAW is not thrown out because of its
 * small twin. A name that is taken gets a number, the same for all files of a stem.
 * @throws UsageError where a name leads out of the folder
 */
export async function planSort(
  folder: string,
  verdicts: ReadonlyMap<string, VerdictFolder>,
  to: string,
  action: Action,
): Promise<SortPlan> {
  const root = resolve(folder);
  const steps: Step[] = [];
  const missing: string[] = [];
  const taken = new Set<string>();
  let already = 0;
  const groups = groupByStem(root, verdicts);
  const listings = new Map<string, Map<string, string[]>>();
  for (const { parent, stem, photos, verdict } of groups) {
    const listing = listings.get(parent) ?? await filesByStem(parent);
    listings.set(parent, listing);
    const names = listing.get(stem) ?? [];
    missing.push(...photos.filter((photo) => !names.includes(photo.split('/').at(-1) ?? '')));
    const target = join(resolve(to), verdict, relative(root, parent));
    const group = await placeGroup(parent, names, stem, target, taken);
    already += names.length - group.length;
    steps.push(...group);
  }
  return { action, steps, missing, already };
}

interface Group {
  /** Absolute folder. */
  readonly parent: string;
  readonly stem: string;
  readonly photos: readonly string[];
  readonly verdict: VerdictFolder;
}

function groupByStem(root: string, verdicts: ReadonlyMap<string, VerdictFolder>): Group[] {
  const groups = new Map<string, Group>();
  for (const [photo, verdict] of verdicts) {
    const path = resolve(root, photo);
    if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep)) {
      throw new UsageError(`The report names ${photo}, which lies outside ${root}. Is this the folder that was judged?`);
    }
    const parent = dirname(path);
    const stem = stemOf(photo.split('/').at(-1) ?? photo);
    const key = join(parent, stem);
    const known = groups.get(key);
    groups.set(key, {
      parent, stem, photos: [...(known?.photos ?? []), photo], verdict: better(verdict, known?.verdict),
    });
  }
  return [...groups.values()];
}

function better(a: VerdictFolder, b: VerdictFolder | undefined): VerdictFolder {
  if (b === undefined) return a;
  return verdictFolders.indexOf(a) < verdictFolders.indexOf(b) ? a : b;
}

/** Steps for the files of one stem. Files that are there already, with the same content, need none. */
async function placeGroup(
  parent: string,
  names: readonly string[],
  stem: string,
  target: string,
  taken: Set<string>,
): Promise<Step[]> {
  for (let number = 1; ; number += 1) {
    const steps = names.map((name) => ({ from: join(parent, name), to: join(target, numbered(name, stem, number)) }));
    const states = await Promise.all(steps.map((step) => stateOf(step, taken)));
    if (states.includes('taken')) continue;
    const open = steps.filter((_, index) => states[index] === 'free');
    for (const { to } of open) taken.add(to);
    return open;
  }
}

async function stateOf({ from, to }: Step, taken: ReadonlySet<string>): Promise<'free' | 'taken' | 'same'> {
  if (taken.has(to)) return 'taken';
  if (!(await exists(to))) return 'free';
  return await isSameContent(from, to).catch(() => false) ? 'same' : 'taken';
}

/** `IMG.CR2.xmp` becomes `IMG-2.CR2.xmp`. */
function numbered(name: string, stem: string, number: number): string {
  if (number === 1) return name;
  return `${stem}-${number}${stem === name ? extname(name) : name.slice(stem.length)}`;
}
