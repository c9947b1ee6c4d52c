/**
 * What all choices so far come to, and which of them can be undone and redone.
 */
import type { Choice } from './choice.js';
import type { ChoiceRecord, PhotoChange, PhotoContent } from './record.js';

export class ChoiceHistory {
  private readonly choices = new Map<string, Choice>();
  /** From a content to another of the same photo, which may lead further. */
  private readonly same = new Map<string, string>();
  private readonly sizes = new Set<number>();
  private readonly done: (readonly PhotoChange[])[] = [];
  private undone: (readonly PhotoChange[])[] = [];

  /** The choice for a photo's content; empty where nothing was chosen. */
  of(key: string): Choice {
    return this.choices.get(this.nameOf(key)) ?? {};
  }

  /** The one of a photo's contents that it is known by here; `apply` speaks of photos by these. */
  nameOf(key: string): string {
    let name = key;
    for (let next = this.same.get(name); next !== undefined; next = this.same.get(name)) name = next;
    return name;
  }

  /** Whether a choice may be about a file of so many bytes. */
  knowsSize(bytes: number): boolean {
    return this.sizes.has(bytes);
  }

  /** Whether anything was ever chosen. */
  get knowsAny(): boolean {
    return this.sizes.size > 0;
  }

  /** Photos that something is chosen for. */
  get size(): number {
    return this.choices.size;
  }

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /** Takes a record in. @returns the photos that it changed, with what is chosen for them now */
  apply(record: ChoiceRecord): ReadonlyMap<string, Choice> {
    switch (record.kind) {
      case 'begin': return new Map();
      case 'choose':
        this.done.push(record.changes);
        this.undone = [];
        return this.set(record.changes.map(({ key, size, after }) => ({ key, size, choice: after })));
      case 'undo': {
        const changes = this.done.pop();
        if (changes === undefined) return new Map();
        this.undone.push(changes);
        return this.set(changes.map(({ key, size, before }) => ({ key, size, choice: before })));
      }
      case 'redo': {
        const changes = this.undone.pop();
        if (changes === undefined) return new Map();
        this.done.push(changes);
        return this.set(changes.map(({ key, size, after }) => ({ key, size, choice: after })));
      }
      case 'same': return this.unite(record.before, record.after);
    }
  }

  private unite(before: PhotoContent, after: PhotoContent): ReadonlyMap<string, Choice> {
    const [name, other] = [this.nameOf(before.key), this.nameOf(after.key)];
    this.sizes.add(before.size).add(after.size);
    if (name === other) return new Map();
    const choice = this.choices.get(name) ?? this.choices.get(other);
    this.choices.delete(other);
    this.same.set(other, name);
    if (choice !== undefined) this.choices.set(name, choice);
    return new Map([[name, choice ?? {}]]);
  }

  private set(photos: readonly { readonly key: string; readonly size: number; readonly choice: Choice }[]): ReadonlyMap<string, Choice> {
    for (const { key, size, choice } of photos) {
      if (Object.keys(choice).length === 0) this.choices.delete(this.nameOf(key));
      else this.choices.set(this.nameOf(key), choice);
      this.sizes.add(size);
    }
    return new Map(photos.map(({ key, choice }) => [this.nameOf(key), choice]));
  }
}
