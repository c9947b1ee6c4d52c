/**
 * The photos of a review: what is known of each so far, and what a person chose.
 */
import { stat } from 'node:fs/promises';
import pLimit from 'p-limit';
import type { Change, Choice } from '../choices/choice.js';
import type { ChangedChoices, ChoicesFile, ChosenPhoto } from '../choices/file.js';
import type { PhotoFile } from '../core/result.js';
import { contentHash } from '../files/content-hash.js';
import { isInside, realPath, systemPath } from '../files/file-name.js';
import { fileProblem } from '../files/problem.js';
import { PhotoError } from '../image/decode.js';
import type { ReportData } from '../reports/html/data.js';
import type { ItemData, NewsData, ProgressData, ReviewPhoto, ShootData } from './data.js';

/** A photo of the review. Its number is its place in the list. */
interface Entry extends PhotoFile {
  known: ReviewPhoto | undefined;
  /** Of its content; found out once. */
  chosen: Promise<ChosenPhoto> | undefined;
}

/** Where photos may be opened. */
export interface OpenedPlaces {
  readonly folder: string;
  /** Single files, paths without links. */
  readonly elsewhere: ReadonlySet<string>;
}

export class Shoot {
  private readonly entries: readonly Entry[];
  private readonly idOf: ReadonlyMap<string, number>;
  private readonly idsOfKey = new Map<string, number[]>();
  private readonly listeners = new Set<(news: NewsData) => void>();
  private readonly hashing = pLimit(2);
  private judged = 0;
  private problem: string | undefined;

  /**
   * @param photos in the order of the list
   * @param within nothing else is opened, whatever links there are by now
   */
  constructor(readonly report: ReportData, photos: readonly PhotoFile[], private readonly choices: ChoicesFile, private readonly within: OpenedPlaces) {
    this.entries = photos.map((file) => ({ ...file, known: undefined, chosen: undefined }));
    this.idOf = new Map(photos.map(({ photo }, id) => [photo, id]));
  }

  /**
   * Where a photo is to be read from: a path without links. Undefined for a number that no photo has.
   * @throws PhotoError where it is gone, or has become a link that leads to what is not of this review
   */
  async pathOf(id: number): Promise<string | undefined> {
    const entry = this.entries[id];
    return entry === undefined ? undefined : this.placeOf(entry);
  }

  photo(id: number): ReviewPhoto | undefined {
    return this.entries[id]?.known;
  }

  /** Takes in what was found out about some photos. Names that are not in the list are left out. */
  add(photos: readonly ReviewPhoto[]): void {
    const items: ItemData[] = [];
    for (const known of photos) {
      const id = this.idOf.get(known.photo);
      const entry = id === undefined ? undefined : this.entries[id];
      if (id === undefined || entry === undefined) continue;
      if (entry.known === undefined) this.judged += 1;
      entry.known = known;
      items.push(itemOf(id, entry));
    }
    if (items.length > 0) this.tell({ kind: 'items', items, progress: this.progress });
  }

  /** Says that judging came to an end that was not meant. */
  fail(problem: string): void {
    this.problem = problem;
    this.tell({ kind: 'items', items: [], progress: this.progress });
  }

  /** Everything, for a page that opens. */
  data(): ShootData {
    return {
      report: this.report,
      items: this.entries.map((entry, id) => itemOf(id, entry)),
      choices: [...this.idsOfKey].flatMap(([key, ids]) => idsWith(ids, this.choices.history.of(key))).filter(([, choice]) => Object.keys(choice).length > 0),
      undo: this.choices.history.canUndo,
      redo: this.choices.history.canRedo,
      progress: this.progress,
    };
  }

  /** All photos with the person's choices, in the order of the list. */
  async chosen(): Promise<(PhotoFile & { readonly known: ReviewPhoto | undefined; readonly choice: Choice })[]> {
    await this.recognize();
    const byId = new Map([...this.idsOfKey].flatMap(([key, ids]) => ids.map((id) => [id, this.choices.history.of(key)] as const)));
    return this.entries.map(({ path, photo, known }, id) => ({ path, photo, known, choice: byId.get(id) ?? {} }));
  }

  /** Chooses for photos, all at once; unknown numbers are left out. @throws WriteError */
  async choose(wishes: readonly { readonly ids: readonly number[]; readonly change: Change }[]): Promise<void> {
    const all = wishes.flatMap(({ ids, change }) => ids.map(async (id) => ({ photo: await this.contentOf(id), change })));
    const known = (await Promise.all(all)).flatMap(({ photo, change }) => (photo === undefined ? [] : [{ photo, change }]));
    this.tellChoices(await this.choices.choose(known));
  }

  /** Chooses by name, each for itself, all at once. @returns how many names are in the list */
  async chooseByName(changes: ReadonlyMap<string, Change>): Promise<number> {
    const all = await Promise.all([...changes].map(async ([name, change]) => {
      const photo = await this.contentOf(this.idOf.get(name) ?? -1);
      return photo === undefined ? [] : [{ photo, change }];
    }));
    const known = all.flat();
    this.tellChoices(await this.choices.choose(known));
    return known.length;
  }

  /** @returns the photos that it was about */
  async undo(): Promise<readonly number[]> {
    return this.tellChoices(await this.choices.undo());
  }

  /** @returns the photos that it was about */
  async redo(): Promise<readonly number[]> {
    return this.tellChoices(await this.choices.redo());
  }

  /** Calls back with all that happens. @returns ends it */
  listen(listener: (news: NewsData) => void): () => void {
    this.listeners.add(listener);
    return () => { this.listeners.delete(listener); };
  }

  /** Finds the photos that something was chosen for before. Files of a size that no choice knows are not read. */
  async recognize(): Promise<void> {
    const { history } = this.choices;
    if (!history.knowsAny) return;
    await Promise.all(this.entries.map(async ({ path }, id) => {
      const size = await stat(systemPath(path)).then((stats) => stats.size, () => undefined);
      if (size !== undefined && history.knowsSize(size)) await this.contentOf(id);
    }));
  }

  private get progress(): ProgressData {
    return { judged: this.judged, total: this.entries.length, ...(this.problem === undefined ? {} : { problem: this.problem }) };
  }

  private async contentOf(id: number): Promise<ChosenPhoto | undefined> {
    const entry = this.entries[id];
    if (entry === undefined) return undefined;
    entry.chosen ??= this.hashing(async () => {
      const path = await this.placeOf(entry);
      const { size } = await stat(systemPath(path));
      const key = this.choices.history.nameOf(await contentHash(path));
      this.idsOfKey.set(key, [...this.idsOfKey.get(key) ?? [], id]);
      return { key, size, photo: entry.photo };
    });
    return entry.chosen.catch(() => {
      // Gone, or not to be read just now: the next one who asks tries again.
      entry.chosen = undefined;
      return undefined;
    });
  }

  private async placeOf({ path }: Entry): Promise<string> {
    const [real, folder] = await Promise.all([realPath(path), realPath(this.within.folder)]).catch((error: unknown) => {
      throw new PhotoError(`The file cannot be read: ${fileProblem(error, 'read')}`);
    });
    if (!isInside(real, folder) && !this.within.elsewhere.has(real)) throw new PhotoError('It is behind a link by now that leads out of the folder of this review.');
    return real;
  }

  private tellChoices(changed: ChangedChoices): readonly number[] {
    const choices = [...changed].flatMap(([key, choice]) => idsWith(this.idsOfKey.get(key) ?? [], choice));
    this.tell({ kind: 'choices', choices, undo: this.choices.history.canUndo, redo: this.choices.history.canRedo });
    return choices.map(([id]) => id);
  }

  private tell(news: NewsData): void {
    for (const listener of this.listeners) listener(news);
  }
}

function idsWith(ids: readonly number[], choice: Choice): (readonly [number, Choice])[] {
  return ids.map((id) => [id, choice] as const);
}

function itemOf(id: number, { photo, known }: Entry): ItemData {
  if (known === undefined) return { id, photo, reasons: '' };
  return {
    id, photo, verdict: known.verdict, reasons: known.error ?? known.reasons.join('; '),
    ...(known.error === undefined ? {} : { failed: true }),
    ...(known.scene === undefined ? {} : { scene: known.scene }),
  };
}
