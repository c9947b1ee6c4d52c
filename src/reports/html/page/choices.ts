/**
 * The reader's own choices, which stand above the tool's verdicts. Kept in the browser, so that closing the page loses none.
 */
import type { VerdictName } from '../data.js';
import type { Photo } from './photos.js';

/** Stars go with `keep` only. */
export interface Choice {
  readonly verdict: VerdictName;
  /** 1 to 5, or 0 for none. */
  readonly stars: number;
}

function isChoice(value: unknown): value is Choice {
  return typeof value === 'object' && value !== null && 'verdict' in value && 'stars' in value;
}

export class Choices {
  private readonly chosen = new Map<string, Choice>();
  private readonly key = `choices:${location.pathname}`;

  constructor() {
    for (const [photo, choice] of Object.entries(this.stored())) this.chosen.set(photo, choice);
  }

  of(photo: Photo): Choice | undefined {
    return this.chosen.get(photo.photo);
  }

  /** What counts: the reader's choice or, without one, the tool's verdict. */
  verdict(photo: Photo): VerdictName {
    return this.of(photo)?.verdict ?? photo.verdict;
  }

  stars(photo: Photo): number {
    return this.of(photo)?.stars ?? 0;
  }

  /** Sets a choice, or takes it back with undefined. */
  set(photo: Photo, choice: Choice | undefined): void {
    if (choice === undefined) this.chosen.delete(photo.photo);
    else this.chosen.set(photo.photo, choice);
    this.store();
  }

  private stored(): Record<string, Choice> {
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(this.key) ?? '{}');
      if (typeof stored !== 'object' || stored === null) return {};
      return Object.fromEntries(Object.entries(stored).filter((entry): entry is [string, Choice] => isChoice(entry[1])));
    } catch {
      return {};
    }
  }

  private store(): void {
    try {
      localStorage.setItem(this.key, JSON.stringify(Object.fromEntries(this.chosen)));
    } catch {
      // A browser that keeps nothing for files on disk: the choices live as long as the page.
      return;
    }
  }
}
