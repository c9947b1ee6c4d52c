/**
 * What a sort will do, worked out before anything is touched.
 */
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from 'node:path';
import { UsageError } from '../core/usage-error.js';
import type { FileLooks } from '../core/result.js';
import type { Disk, DiskEntry } from '../files/disk.js';
import { isInside } from '../files/file-name.js';
import { namesByStem, stemOf } from './companions.js';
import { nearestThere, problemOfSource, timeTolerance, type Action, type Step } from './place.js';
import { verdictFolders, type JudgedPhoto, type VerdictFolder } from './verdicts.js';

/** Which photos are sorted, and where to. */
export interface SortRequest {
  readonly folder: string;
  /** From the report, by name. */
  readonly photos: ReadonlyMap<string, JudgedPhoto>;
  readonly to: string;
  readonly action: Action;
  /** Whether a photo that looks otherwise now is the one that was judged all the same. */
  readonly isSame?: (photo: string, then: FileLooks, now: FileLooks) => boolean;
}

export interface SortPlan {
  /** Absolute, without links. */
  readonly folder: string;
  /** Absolute, without links; it need not be there yet. */
  readonly target: string;
  readonly action: Action;
  readonly steps: readonly Step[];
  /** Photos of the report that are not in the folder. */
  readonly missing: readonly string[];
  /** Photos that are there, but are not those that the report speaks of. */
  readonly others: readonly string[];
  /** Files that lie where they should already. */
  readonly already: number;
  /** Files that will be left where they are, each with the reason. */
  readonly left: readonly string[];
}

/**
 * Plans a sort: `TO/VERDICT/NAME`, sub-folders kept, with RAW twins and sidecars.
 *
 * Photos that share a stem stay together in the best verdict that one of them got: a RAW is not thrown out because of its
 * small twin. A name that is taken gets a number, the same for all files of a stem.
 * @throws UsageError where a name leads out of the folder, or a link leads out of the target
 */
export async function planSort(disk: Disk, { folder, photos, to, action, isSame = () => false }: SortRequest): Promise<SortPlan> {
  const root = await realFolder(disk, folder);
  const target = await realFolder(disk, to);
  const planner = new Planner(disk, root, target, action, isSame);
  for (const group of await planner.groups(photos)) await planner.add(group);
  return planner.plan();
}

/** The path of a folder without links, also of one that is not there yet. */
export async function realFolder(disk: Disk, folder: string): Promise<string> {
  const path = resolve(folder);
  const nearest = await nearestThere(disk, path);
  return join(await disk.realPath(nearest), relative(nearest, path));
}

/** The files of one stem in one folder. */
interface Group {
  /** Absolute, without links. */
  readonly parent: string;
  readonly stem: string;
  /** Names of the photos in the report, by the name of their file. */
  readonly photos: Map<string, { readonly photo: string; readonly judged: JudgedPhoto }>;
  verdict: VerdictFolder;
}

class Planner {
  private readonly steps: Step[] = [];
  private readonly missing: string[] = [];
  private readonly others: string[] = [];
  private readonly left: string[] = [];
  private already = 0;
  private readonly taken = new Set<string>();
  private readonly listings = new Map<string, ReadonlyMap<string, readonly string[]>>();
  private readonly parents = new Map<string, string | undefined>();

  constructor(
    private readonly disk: Disk,
    private readonly root: string,
    private readonly target: string,
    private readonly action: Action,
    private readonly isSame: (photo: string, then: FileLooks, now: FileLooks) => boolean,
  ) {}

  plan(): SortPlan {
    const { root: folder, target, action, steps, missing, others, already, left } = this;
    return { folder, target, action, steps, missing, others, already, left };
  }

  /** However a report spells a photo, it is one. */
  async groups(photos: ReadonlyMap<string, JudgedPhoto>): Promise<Group[]> {
    const groups = new Map<string, Group>();
    for (const [photo, judged] of photos) {
      const path = this.pathOf(photo);
      const parent = await this.parentOf(dirname(path), photo);
      if (parent === undefined) continue;
      const stem = stemOf(basename(path));
      const key = join(parent, stem);
      const group = groups.get(key) ?? { parent, stem, photos: new Map(), verdict: judged.verdict };
      groups.set(key, group);
      group.photos.set(basename(path), { photo, judged });
      group.verdict = better(group.verdict, judged.verdict);
    }
    return [...groups.values()];
  }

  /** Adds the steps for the files of one stem. Files that are there already, with the same content, need none. */
  async add({ parent, stem, photos, verdict }: Group): Promise<void> {
    const listing = this.listings.get(parent) ?? await namesByStem(this.disk, parent);
    this.listings.set(parent, listing);
    const files: Source[] = [];
    const found = new Set<string>();
    for (const name of listing.get(stem) ?? []) {
      const entry = await this.disk.look(join(parent, name));
      // A folder may have the name of a photo without its ending.
      if (entry === undefined || entry.kind === 'folder') continue;
      found.add(name);
      const file = await this.sourceOf(join(parent, name), entry);
      const named = photos.get(name);
      if (file !== undefined && named !== undefined && !this.isJudgedFile(file, named)) {
        this.others.push(named.photo);
        this.left.push(`${file.path}: it is not the file that was judged: its size or time is another. Judge it again.`);
        return;
      }
      if (file !== undefined) files.push(file);
    }
    for (const [name, { photo }] of photos) if (!found.has(name)) this.missing.push(photo);
    const folder = join(this.target, verdict, relative(this.root, parent));
    await this.checkTarget(folder);
    await this.place(files, stem, folder);
  }

  /** @throws UsageError where a name leads out of the folder */
  private pathOf(photo: string): string {
    const parts = photo.split('/').filter((part) => part !== '' && part !== '.');
    if (isAbsolute(photo) || parts.length === 0 || parts.includes('..') || photo.includes('\0')) {
      throw new UsageError(`The report names ${photo}, which lies outside ${this.root}. Is this the folder that was judged?`);
    }
    return join(this.root, ...parts);
  }

  /** The folder of a photo without links; undefined where it is none of ours. */
  private async parentOf(folder: string, photo: string): Promise<string | undefined> {
    if (!this.parents.has(folder)) {
      const there = await this.disk.follow(folder);
      this.parents.set(folder, there?.kind === 'folder' ? await this.disk.realPath(folder) : folder);
    }
    const real = this.parents.get(folder) ?? folder;
    if (isInside(real, this.root)) return real;
    this.left.push(`${join(folder, basename(photo))}: its folder is a link that leads out of ${this.root}, to ${real}.`);
    return undefined;
  }

  /** A file to place, or undefined where it has to be left. */
  private async sourceOf(path: string, entry: DiskEntry): Promise<Source | undefined> {
    const problem = await problemOfSource(this.disk, path, entry, this.action, [this.root]);
    const file = entry.kind === 'link' ? await this.disk.follow(path) : entry;
    if (problem === undefined && file !== undefined) return { path, size: file.size, modified: file.modified };
    this.left.push(`${path}: ${problem ?? 'it is not there any more.'}`);
    return undefined;
  }

  /** Whether a file is the one that was judged, as far as the report says what that was. */
  private isJudgedFile(file: Source, { photo, judged: { file: judged } }: { readonly photo: string; readonly judged: JudgedPhoto }): boolean {
    if (judged === undefined) return true;
    // Reports have whole seconds.
    const seconds = (time: number): number => Math.floor(time / 1000) * 1000;
    if (file.size === judged.size && Math.abs(seconds(file.modified) - seconds(judged.modified)) <= timeTolerance) return true;
    return this.isSame(photo, judged, file);
  }

  /** @throws UsageError where a link would lead out of the target */
  private async checkTarget(folder: string): Promise<void> {
    const nearest = await nearestThere(this.disk, folder);
    const real = await this.disk.realPath(nearest);
    if (real === nearest || !isInside(nearest, this.target)) return;
    throw new UsageError(`${nearest} is a link, to ${real}. A sort follows no links in the folder it sorts into; `
      + 'rename it, or name the folder that it leads to with --to.');
  }

  private async place(files: readonly Source[], stem: string, folder: string): Promise<void> {
    for (let number = 1; ; number += 1) {
      const steps = files.map(({ path, size, modified }) =>
        ({ from: path, to: join(folder, numbered(basename(path), stem, number)), size, modified }));
      const states = await Promise.all(steps.map((step) => this.stateOf(step)));
      if (states.includes('taken')) continue;
      const open = steps.filter((_, index) => states[index] === 'free');
      for (const { to } of open) this.taken.add(to);
      this.steps.push(...open);
      this.already += steps.length - open.length;
      return;
    }
  }

  private async stateOf({ from, to, size }: Step): Promise<'free' | 'taken' | 'same'> {
    if (from === to) return 'same';
    if (this.taken.has(to)) return 'taken';
    const entry = await this.disk.look(to);
    if (entry === undefined) return 'free';
    if (entry.kind !== 'file' || entry.size !== size) return 'taken';
    const isSame = entry.identity === (await this.disk.follow(from))?.identity || await this.disk.hash(from) === await this.disk.hash(to);
    return isSame ? 'same' : 'taken';
  }
}

interface Source {
  readonly path: string;
  readonly size: number;
  readonly modified: number;
}

function better(a: VerdictFolder, b: VerdictFolder): VerdictFolder {
  return verdictFolders.indexOf(a) < verdictFolders.indexOf(b) ? a : b;
}

/** `IMG.CR2.xmp` becomes `IMG-2.CR2.xmp`. */
function numbered(name: string, stem: string, number: number): string {
  if (number === 1) return name;
  return `${stem}-${String(number)}${stem === name ? extname(name) : name.slice(stem.length)}`;
}
